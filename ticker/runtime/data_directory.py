"""The data directory of ``ticker up``.

    lock            held (flock) by the running `ticker up`
    run.json        its address and process ids while it runs
    key             the editor key, mode 0600
    key.registered  hash of the key and the store that knows it
    vapid.pem       the Web Push key (``ticker.push.vapid_keys``), mode 0600
    valkey/         files of the embedded Valkey, mode 0700
    media/          pictures that editors uploaded, mode 0700
    archive.sqlite3 the archive, mode 0600; SQLite has files beside it while it is open
    .gitignore      "*", in a directory that is new: git leaves out all of it

A new directory has mode 0700. The secrets in it have private modes of their own, also in a
directory that existed before.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_KEY = re.compile(r"tk_[A-Za-z0-9_-]{32}", re.ASCII)


class DataDirError(Exception):
    """The directory cannot be used. The message is for the user and says what to do."""


@dataclass(frozen=True, slots=True)
class DataDir:
    """A data directory that this process has locked. ``locked`` creates it."""

    path: Path

    @property
    def key_file(self) -> Path:
        """The path of the editor key."""
        return self.path / "key"

    @property
    def vapid_key_file(self) -> Path:
        """The path of the Web Push key."""
        return self.path / "vapid.pem"

    @property
    def valkey(self) -> Path:
        """The directory of the embedded Valkey."""
        return self.path / "valkey"

    @property
    def archive(self) -> Path:
        """The path of the archive."""
        return self.path / "archive.sqlite3"

    @property
    def media(self) -> Path:
        """The directory of uploaded pictures."""
        return self.path / "media"

    def key(self) -> tuple[str, bool]:
        """Return the editor key and whether it is new; create it if there is none.

        Raises DataDirError when the file has no valid key, or cannot be read or written.
        """
        try:
            secret = self.key_file.read_text(encoding="ascii").strip()
        except FileNotFoundError:
            secret = "tk_" + secrets.token_urlsafe(24)
            try:
                self._write(self.key_file, secret + "\n")
            except OSError as error:
                raise DataDirError(f"Cannot write {self.key_file}: {error.strerror}") from None
            return secret, True
        except (OSError, UnicodeDecodeError) as error:
            raise DataDirError(f"Cannot read the editor key {self.key_file}: {error}") from None
        if _KEY.fullmatch(secret) is None:
            raise DataDirError(
                f"{self.key_file} has no valid editor key. Restore it, or delete the file to get "
                "a new key at the next start."
            )
        self.key_file.chmod(0o600)
        return secret, False

    def is_registered(self, secret: str, store: str) -> bool:
        """Return whether the key was registered in ``store`` before (see ``mark_registered``).

        Registering it again at every start would restore a key that was revoked.
        """
        with suppress(OSError):
            return self._registration.read_text(encoding="utf-8") == _hash(secret, store)
        return False

    def mark_registered(self, secret: str, store: str) -> None:
        """Record that the key is registered in ``store``, a text that identifies it."""
        self._write(self._registration, _hash(secret, store))

    @property
    def _registration(self) -> Path:
        return self.path / "key.registered"

    def write_run(self, facts: dict[str, Any]) -> None:
        """Replace run.json, which tells other programs the address and processes."""
        self._write(self.path / "run.json", json.dumps(facts, indent=2) + "\n")

    def clear_run(self) -> None:
        """Remove run.json."""
        (self.path / "run.json").unlink(missing_ok=True)

    def _write(self, path: Path, text: str) -> None:
        """Replace a file atomically and durably, with mode 0600."""
        new = path.with_suffix(".new")
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with open(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(descriptor)
        new.replace(path)


@contextmanager
def locked(path: Path) -> Iterator[DataDir]:
    """Context manager that creates the directory if necessary, and holds its lock.

    The lock ends with the process, also after a crash. Raises DataDirError when another process
    holds it or the directory cannot be created.
    """
    path = path.expanduser().absolute()
    try:
        new = not path.exists()
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        if new:  # in a clone, `git add .` must not take the keys
            (path / ".gitignore").write_text("*\n", encoding="ascii")
        descriptor = os.open(path / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise DataDirError(f"The data directory {path} cannot be used: {error.strerror}") from None
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise DataDirError(_busy(path)) from None
        except OSError as error:
            raise DataDirError(f"Cannot lock {path}: {error.strerror}") from None
        data = DataDir(path)
        data.clear_run()  # left by a process that was killed
        yield data
    finally:
        os.close(descriptor)


def read_run(path: Path) -> dict[str, Any] | None:
    """Return the content of run.json in the data directory ``path``, None if it is missing."""
    with suppress(OSError, ValueError):
        facts = json.loads((path / "run.json").read_text(encoding="utf-8"))
        return facts if isinstance(facts, dict) else None
    return None


def _hash(secret: str, store: str) -> str:
    return hashlib.sha256(f"{secret}\n{store}".encode()).hexdigest()


def _busy(path: Path) -> str:
    run = read_run(path) or {}
    owner = f" (process {run['pid']}, {run['url']})" if "pid" in run and "url" in run else ""
    return (
        f"Another `ticker up`{owner} is using {path}.\n"
        "Stop it first, or start a second newsroom with --data DIR --port 0."
    )

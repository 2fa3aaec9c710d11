"""The data directory of `ticker up`: one newsroom on one machine.

    lock       held (flock) by the `ticker up` that runs on it
    run.json   its address and process ids while it runs
    key        the first editor key, mode 0600; key.registered: which store knows it
    vapid.pem  the Web Push key (``ticker.push.vapid_keys``), mode 0600
    valkey/    the embedded server's files

It is made with mode 0700, and what is secret in it (the key, embargoed items) is that in any case.
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
    """The directory cannot be used; the text says why and what to do, for a person."""


@dataclass(frozen=True, slots=True)
class DataDir:
    """A data directory that this process has locked; made by ``locked``."""

    path: Path

    @property
    def key_file(self) -> Path:
        """Return the path of the editor key."""
        return self.path / "key"

    @property
    def vapid_key_file(self) -> Path:
        """Return the path of the Web Push key."""
        return self.path / "vapid.pem"

    @property
    def valkey(self) -> Path:
        """Return the embedded server's directory."""
        return self.path / "valkey"

    def key(self) -> tuple[str, bool]:
        """Return the editor key and whether it was made just now.

        Raises DataDirError when the file is there but holds no key, and when it cannot be made.
        """
        try:
            secret = self.key_file.read_text(encoding="ascii").strip()
        except FileNotFoundError:
            secret = "tk_" + secrets.token_urlsafe(24)
            try:
                self._write(self.key_file, secret + "\n")
            except OSError as error:
                raise DataDirError(f"{self.key_file} cannot be written: {error.strerror}") from None
            return secret, True
        except (OSError, UnicodeDecodeError) as error:
            raise DataDirError(f"The editor key {self.key_file} is not readable: {error}") from None
        if _KEY.fullmatch(secret) is None:
            raise DataDirError(
                f"{self.key_file} holds no editor key. Put one back, or delete the file: the next "
                "start makes a new key."
            )
        self.key_file.chmod(0o600)
        return secret, False

    def is_registered(self, secret: str, where: str) -> bool:
        """Return whether ``registered`` was called with the same: then leave it at that.

        Registering a key again at every start would bring back one that was revoked since.
        """
        with suppress(OSError):
            return self._registration.read_text(encoding="utf-8") == _mark(secret, where)
        return False

    def registered(self, secret: str, where: str) -> None:
        """Remember that the store ``where`` has been told of the key."""
        self._write(self._registration, _mark(secret, where))

    @property
    def _registration(self) -> Path:
        return self.path / "key.registered"

    def write_run(self, facts: dict[str, Any]) -> None:
        """Tell tools and tests what runs here: replace run.json."""
        self._write(self.path / "run.json", json.dumps(facts, indent=2) + "\n")

    def clear_run(self) -> None:
        """Remove run.json: nothing runs here any more."""
        (self.path / "run.json").unlink(missing_ok=True)

    def _write(self, path: Path, text: str) -> None:
        """Replace a file at once and for good, readable by its owner only."""
        new = path.with_suffix(".new")
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with open(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(descriptor)
        new.replace(path)


@contextmanager
def locked(path: Path) -> Iterator[DataDir]:
    """Make the directory if need be and hold its lock for the length of a block.

    The lock goes with the process, however that ends. Raises DataDirError when another process
    holds it or the directory cannot be made.
    """
    path = path.expanduser().absolute()
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(path / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise DataDirError(f"The data directory {path} cannot be used: {error.strerror}") from None
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise DataDirError(_busy(path)) from None
        except OSError as error:
            raise DataDirError(f"{path} is on a disk without locks: {error.strerror}") from None
        data = DataDir(path)
        data.clear_run()  # of a process that was killed
        yield data
    finally:
        os.close(descriptor)


def read_run(path: Path) -> dict[str, Any] | None:
    """Return what run.json in the data directory ``path`` says, or None when nothing runs there."""
    with suppress(OSError, ValueError):
        facts = json.loads((path / "run.json").read_text(encoding="utf-8"))
        return facts if isinstance(facts, dict) else None
    return None


def _mark(secret: str, where: str) -> str:
    return hashlib.sha256(f"{secret}\n{where}".encode()).hexdigest()


def _busy(path: Path) -> str:
    run = read_run(path) or {}
    who = f" (process {run['pid']}, {run['url']})" if "pid" in run and "url" in run else ""
    return (
        f"Another `ticker up`{who} is already running on {path}.\n"
        "Stop that one first, or start a second newsroom with --data DIR --port 0."
    )

"""The file of a backup: gzip of JSON lines, with a manifest before and a checksum behind.

    {"ticker_backup": 1, "schema": …, "namespace": …, "version": …, "made_at": …}
    {"key": "item:…", "type": "hash", "expires": null, "part": 0, "items": [[field, value], …]}
    …
    {"end": {"records": …, "entries": …, "sha256": …}}

A key's name has no namespace, so a backup can be restored under another one. A key with many items
has several parts. Part 0 begins the key anew, so what the file said of it before is void: a key
that changed while the backup ran is in it twice. Unlike that of DUMP, the form does not depend on
the version of Redis. The checksum is of everything before the last line.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, TypeAlias

import orjson

FORMAT = 1
LINE_MAX = 64 * 1_048_576
"""Bytes in one line; a longer one is damage."""

KeyType: TypeAlias = Literal["string", "hash", "list", "set", "zset", "stream"]


class BackupError(Exception):
    """The file is not a whole backup, or not one that this version can read."""


@dataclass(frozen=True)
class Part:
    """A part of one key. ``items`` are lists of bytes, numbers and such lists, by type."""

    key: str
    type: KeyType
    number: int
    items: list[Any]
    expires_ms: int | None = None
    state: dict[str, Any] = field(default_factory=dict)
    """Of a stream: its ids and groups. With its last part."""


@dataclass(frozen=True)
class Summary:
    """The contents of a whole file."""

    schema: int
    namespace: str
    version: str
    made_at: str
    keys: int
    entries: int
    top: str
    """The lane's last id. Events after it are not in the backup."""


class Writer:
    """Writes a file that is complete only after ``finish``; without it the file is removed."""

    def __init__(self, path: Path, manifest: dict[str, Any]) -> None:
        self._path = path
        self._partial = path.with_name(path.name + ".partial")
        self._file = gzip.GzipFile(self._partial, "wb", compresslevel=5)
        self._partial.chmod(0o600)  # it has everything, also hashes of keys and drafts
        self._digest = hashlib.sha256()
        self._records = self._entries = 0
        self._finished = False
        self._line({"ticker_backup": FORMAT, **manifest})

    def add(self, part: Part) -> None:
        """Write one part."""
        self._records += 1
        self._entries += len(part.items)
        self._line(
            {
                "key": part.key,
                "type": part.type,
                "part": part.number,
                "expires": part.expires_ms,
                "items": _encoded(part.items),
                **({"state": _encoded(part.state)} if part.state else {}),
            }
        )

    def finish(self) -> None:
        """Write the end, and give the file its name."""
        sums = {"records": self._records, "entries": self._entries}
        self._line({"end": {**sums, "sha256": self._digest.hexdigest()}})
        self._file.close()
        self._partial.replace(self._path)
        self._finished = True

    def __enter__(self) -> Writer:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if not self._finished:
            self._file.close()
            self._partial.unlink(missing_ok=True)

    def _line(self, value: Any) -> None:
        line = orjson.dumps(value) + b"\n"
        self._file.write(line)
        self._digest.update(line)


def parts(path: Path) -> Iterator[Part]:
    """Yield all parts of a file. Raises BackupError for one that is damaged; check it before."""
    for document in _documents(path):
        if "key" in document:
            yield Part(
                document["key"],
                document["type"],
                document["part"],
                _decoded(document["items"]),
                document["expires"],
                _decoded(document.get("state", {})),
            )


def check(path: Path) -> Summary:
    """Read the whole file, and return what it contains. Raises BackupError."""
    try:
        return _summary(path)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BackupError(f"the file is not a backup of Ticker: {error!r}") from error


def _summary(path: Path) -> Summary:
    manifest: dict[str, Any] = {}
    keys: set[str] = set()
    entries = records = 0
    top = "0-0"
    end = None
    for document in _documents(path):
        if "ticker_backup" in document:
            manifest = document
        elif "key" in document:
            records += 1
            keys.add(document["key"])
            entries += len(document["items"])
            if document["key"] == "live" and "state" in document:
                top = document["state"]["last"]
        else:
            end = document["end"]
    if end is None or (end["records"], end["entries"]) != (records, entries):
        raise BackupError("the file has no end: the backup was not finished, or it was cut")
    return Summary(
        int(manifest["schema"]),
        str(manifest["namespace"]),
        str(manifest["version"]),
        str(manifest["made_at"]),
        len(keys),
        entries,
        str(top),
    )


def _documents(path: Path) -> Iterator[dict[str, Any]]:
    digest = hashlib.sha256()
    first = True
    try:
        with gzip.open(path, "rb") as file:
            while line := file.readline(LINE_MAX):
                document = orjson.loads(line)
                if first:
                    _check_manifest(document)
                    first = False
                if "end" in document:
                    if document["end"]["sha256"] != digest.hexdigest():
                        raise BackupError("the checksum does not match: the file is damaged")
                    yield document
                    return
                digest.update(line)
                yield document
    except gzip.BadGzipFile:
        raise BackupError("the file is no backup, or its beginning is damaged") from None
    except (orjson.JSONDecodeError, EOFError, zlib.error) as error:
        raise BackupError(f"the file is damaged: {error}") from error
    except (KeyError, TypeError, AttributeError) as error:
        raise BackupError(f"the file is not a backup of Ticker: {error!r}") from error
    if first:
        raise BackupError("the file is empty")


def _check_manifest(document: Any) -> None:
    if not isinstance(document, dict) or "ticker_backup" not in document:
        raise BackupError("the file is not a backup of Ticker")
    if document["ticker_backup"] != FORMAT:
        raise BackupError(
            f"the file has format {document['ticker_backup']}; this version reads {FORMAT}"
        )


def _encoded(value: Any) -> Any:
    """Return ``value`` with bytes as text; text that is not UTF-8 as NUL and base64."""
    if isinstance(value, bytes):
        try:
            text = value.decode()
        except UnicodeDecodeError:
            return "\0" + base64.b64encode(value).decode()
        return "\0" + base64.b64encode(value).decode() if text.startswith("\0") else text
    if isinstance(value, list | tuple):
        return [_encoded(one) for one in value]
    if isinstance(value, dict):
        return {name: _encoded(one) for name, one in value.items()}
    return value


def _decoded(value: Any) -> Any:
    if isinstance(value, str):
        return base64.b64decode(value[1:]) if value.startswith("\0") else value.encode()
    if isinstance(value, list):
        return [_decoded(one) for one in value]
    if isinstance(value, dict):
        return {name: _decoded(one) for name, one in value.items()}
    return value

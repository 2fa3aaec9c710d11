"""Opens the archive that ``archive_url`` names."""

from __future__ import annotations

from pathlib import Path

from ticker.archive.sqlite import SqliteArchive, SqliteArchiveWriter
from ticker.archive.store import ArchiveReader, ArchiveWriter

SQLITE = "sqlite:"


def reader(url: str) -> ArchiveReader:
    """Return a reader of the archive at ``url``. It connects at its first use."""
    return SqliteArchive(_path(url))


def writer(url: str) -> ArchiveWriter:
    """Return a writer of the archive at ``url``. It connects at its first use."""
    return SqliteArchiveWriter(_path(url))


def _path(url: str) -> Path:
    return Path(url.removeprefix(SQLITE)).expanduser()

"""Opens the archive that ``archive_url`` names."""

from __future__ import annotations

from pathlib import Path

from ticker.archive.sqlite import SqliteArchive, SqliteArchiveWriter
from ticker.archive.store import ArchiveReader, ArchiveWriter
from ticker.domain.extras import install_command

SQLITE = "sqlite:"
INSTALL = f"archive_url names PostgreSQL; {install_command('postgres')}"


def reader(url: str, password_file: Path | None = None) -> ArchiveReader:
    """Return a reader of the archive at ``url``. It connects at its first use.

    Raises ValueError if a package for it is not installed.
    """
    if url.startswith(SQLITE):
        return SqliteArchive(_path(url))
    try:
        from ticker.archive.postgres_reader import PostgresArchive
    except ImportError:
        raise ValueError(INSTALL) from None
    return PostgresArchive(url, password_file)


def writer(url: str, password_file: Path | None = None) -> ArchiveWriter:
    """Return a writer of the archive at ``url``. It connects at its first use.

    Raises ValueError if a package for it is not installed.
    """
    if url.startswith(SQLITE):
        return SqliteArchiveWriter(_path(url))
    try:
        from ticker.archive.postgres_writer import PostgresArchiveWriter
    except ImportError:
        raise ValueError(INSTALL) from None
    return PostgresArchiveWriter(url, password_file)


def _path(url: str) -> Path:
    return Path(url.removeprefix(SQLITE)).expanduser()

"""Pictures in a directory of this machine: ``ID/WIDTH.FORMAT``.

A picture appears as a whole: its files are written into a directory beside it, synced, and renamed.
"""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping
from io import FileIO
from pathlib import Path
from typing import ParamSpec, TypeVar

from ticker.domain.errors import MediaUnavailable, StorageFull
from ticker.domain.messages import said
from ticker.media.storage import CHUNK, ID, NAME, StoredFile
from ticker.media.threads import Threads

RESERVE = 256 * 1_048_576
"""Bytes that pictures leave free on the disk: what else is there, Redis above all, must go on."""
_NEW = ".new-"
P = ParamSpec("P")
T = TypeVar("T")
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


class MediaDirectory:
    """A ``Storage`` in one directory, which the first upload creates (mode 0700)."""

    def __init__(self, path: Path, reserve: int = RESERVE) -> None:
        self._path = path.expanduser().absolute()
        self._reserve = reserve
        self._threads = Threads()

    @property
    def place(self) -> str:
        """Return the path."""
        return str(self._path)

    async def put(self, id: str, files: Mapping[str, bytes]) -> None:
        """Store all files of a picture. Raises StorageFull, MediaUnavailable."""
        await self._run(self._put, _checked(id), files)

    async def open(self, id: str, name: str) -> StoredFile | None:
        """Return a file, None if there is none."""
        if NAME.fullmatch(name) is None:
            return None
        return await self._run(self._open, _checked(id), name)

    async def delete(self, id: str) -> None:
        """Delete all files of a picture."""
        await self._run(self._delete, _checked(id))

    async def check(self) -> str:
        """Write and delete a file; return the free room."""
        return await self._run(self._check)

    async def tidy(self, before_ms: int) -> None:
        """Delete what uploads that were killed before that time have left."""
        await self._run(self._tidy, before_ms)

    async def aclose(self) -> None:
        """End the threads."""
        self._threads.close()

    async def _run(self, work: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
        try:
            return await self._threads.run(work, *arguments, **named)
        except OSError as error:
            if error.errno in _FULL:
                raise StorageFull(said("disk-full")) from error
            why = error.strerror or type(error).__name__
            raise MediaUnavailable(f"the directory of pictures cannot be used: {why}") from error

    async def _chunks(self, file: FileIO) -> AsyncIterator[bytes]:
        """Yield the file's content; a chunk is read when the one before was sent."""
        while chunk := await self._run(file.read, CHUNK):
            yield chunk

    def _put(self, id: str, files: Mapping[str, bytes]) -> None:
        final = self._path / id
        if final.is_dir():
            return  # equal content has an equal name
        self._path.mkdir(mode=0o700, parents=True, exist_ok=True)
        size = sum(map(len, files.values()))
        free = shutil.disk_usage(self._path).free
        if free < size + self._reserve:
            kept = self._reserve // 1_048_576
            raise StorageFull(said("disk-reserve", free=free // 1_048_576, kept=kept))
        new = Path(tempfile.mkdtemp(prefix=_NEW, dir=self._path))
        try:
            for name, content in files.items():
                _write(new / name, content)
            _sync(new)
            try:
                new.rename(final)
            except OSError:
                if not final.is_dir():  # another upload of the same picture came first
                    raise
            _sync(self._path)
        finally:
            shutil.rmtree(new, ignore_errors=True)

    def _open(self, id: str, name: str) -> StoredFile | None:
        try:
            file = FileIO(self._path / id / name)  # the reader closes it
        except (FileNotFoundError, NotADirectoryError):
            return None
        return StoredFile(os.fstat(file.fileno()).st_size, self._chunks(file), file.close)

    def _delete(self, id: str) -> None:
        path = self._path / id
        if not path.is_dir():
            return
        # Renamed first: a reader finds the whole picture or nothing.
        gone = Path(tempfile.mkdtemp(prefix=_NEW, dir=self._path))
        path.rename(gone / id)
        _sync(self._path)
        shutil.rmtree(gone)

    def _check(self) -> str:
        self._path.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(prefix=_NEW, dir=self._path) as file:
            file.write(b"check")
            file.flush()
        free = shutil.disk_usage(self._path).free
        if free < self._reserve:
            raise StorageFull(said("disk-low", free=free // 1_048_576))
        return f"{free // 1_048_576:,} MB free"

    def _tidy(self, before_ms: int) -> None:
        if not self._path.is_dir():
            return
        for path in self._path.glob(_NEW + "*"):
            if path.stat().st_mtime_ns // 1_000_000 < before_ms:
                shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink()


def _checked(id: str) -> str:
    if ID.fullmatch(id) is None:
        raise ValueError(f"not the id of a picture: {id[:64]!r}")
    return id


def _write(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(descriptor)


def _sync(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

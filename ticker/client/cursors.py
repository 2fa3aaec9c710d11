"""Where a bridge keeps its cursor: ``CursorStore`` is what it needs, ``FileCursors`` one that is.

A file suits a bridge whose effect may be repeated. Where the effect is a change in a database, the
cursor belongs into the same transaction (``bridge``), and the store reads it from there.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import threading
from pathlib import Path
from typing import Protocol

from ticker.client.errors import InUse


class CursorStore(Protocol):
    """Keeps one cursor for one bridge. What it raises is retried, except ``InUse``."""

    async def load(self) -> str | None:
        """Return the cursor that was saved last, None before the first."""
        ...

    async def save(self, cursor: str) -> None:
        """Keep ``cursor``; return when it would survive a crash. Saving it twice is harmless."""
        ...


class FileCursors:
    """The cursor in a file of its own; a POSIX system is needed.

    After a crash at any moment the file holds the old cursor or the new one, whole: it is written
    beside, synced, and renamed, and the directory is synced. A second process that uses the same
    file gets ``InUse``; the lock ends with the process, however that ends, or with ``close``.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        """Name the file; nothing is touched before the first ``load`` or ``save``.

        Its directory must exist. ``path`` with ``.lock`` and ``.new`` appended are used as well.
        """
        self._path = Path(path)
        self._lock: int | None = None
        # A save that was cancelled goes on in its thread, and may come to its turn after the next.
        self._turn = threading.Lock()
        self._asked = self._written = 0

    async def load(self) -> str | None:
        """Return the cursor, None if there is no file yet.

        Raises InUse while another process uses the file, ValueError if it is there but empty:
        whoever emptied it did not mean that everything since may be skipped.
        """
        return await asyncio.to_thread(self._read)

    async def save(self, cursor: str) -> None:
        """Write the cursor; return when it is on disk. Raises OSError, and InUse as ``load``."""
        self._asked += 1
        await asyncio.to_thread(self._write, cursor, self._asked)

    def close(self) -> None:
        """Let another process have the file."""
        with self._turn:
            if self._lock is not None:
                os.close(self._lock)
                self._lock = None

    def _read(self) -> str | None:
        with self._turn:
            self._own()
            try:
                cursor = self._path.read_text().strip()
            except FileNotFoundError:
                return None
            if not cursor:
                raise ValueError(f"{self._path} is empty; delete it to start afresh")
            return cursor

    def _write(self, cursor: str, number: int) -> None:
        with self._turn:
            self._own()
            if number < self._written:
                return
            self._written = number
            new = self._path.with_name(self._path.name + ".new")
            with new.open("w") as file:
                file.write(f"{cursor}\n")
                file.flush()
                os.fsync(file.fileno())
            new.rename(self._path)
            directory = os.open(self._path.parent, os.O_RDONLY)
            try:
                os.fsync(directory)  # else the rename itself may be lost in a power cut
            finally:
                os.close(directory)

    def _own(self) -> None:
        if self._lock is not None:
            return
        # A file of its own: the one with the cursor is replaced, and a lock goes with the old file.
        lock = os.open(f"{self._path}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(lock)
            raise InUse(f"another process uses {self._path}") from error
        self._lock = lock

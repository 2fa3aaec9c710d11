"""Cursor stores for bridges: the ``CursorStore`` protocol, and ``FileCursors``.

A file is enough for a bridge whose effect may be repeated. If the effect is a change in a database,
write the cursor in the same transaction (see ``bridge``) and use a store that reads it from there.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import threading
from pathlib import Path
from typing import Protocol

from ticker.client.errors import CursorInUse


class CursorStore(Protocol):
    """Stores one cursor for one bridge. The bridge retries after any exception but CursorInUse."""

    async def load(self) -> str | None:
        """Return the last saved cursor, None before the first ``save``."""
        ...

    async def save(self, cursor: str) -> None:
        """Store ``cursor``; return when it would survive a crash. May be called twice for one."""
        ...


class FileCursors:
    """Stores the cursor in a file. Needs a POSIX system.

    After a crash at any moment the file holds the old or the new cursor, complete: it is written to
    a second file, synced and renamed, and the directory is synced. A second process that uses the
    same file gets ``CursorInUse``. The lock ends with the process, or with ``close``.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        """Set the file's path; the first ``load`` or ``save`` opens it.

        Its directory must exist. ``path`` with ``.lock`` and ``.new`` appended are used as well.
        """
        self._path = Path(path)
        self._lock: int | None = None
        # A cancelled save continues in its thread, and may get the mutex after a later save.
        self._mutex = threading.Lock()
        self._requested = self._written = 0

    async def load(self) -> str | None:
        """Return the cursor, None if the file does not exist.

        Raises CursorInUse while another process uses the file, and ValueError if it is empty: an
        emptied file must not silently skip every event since the last save.
        """
        return await asyncio.to_thread(self._read)

    async def save(self, cursor: str) -> None:
        """Write the cursor; return when it is on disk. Raises OSError and CursorInUse."""
        self._requested += 1
        await asyncio.to_thread(self._write, cursor, self._requested)

    def close(self) -> None:
        """Release the lock, so that another process can use the file."""
        with self._mutex:
            if self._lock is not None:
                os.close(self._lock)
                self._lock = None

    def _read(self) -> str | None:
        with self._mutex:
            self._acquire_lock()
            try:
                cursor = self._path.read_text().strip()
            except FileNotFoundError:
                return None
            if not cursor:
                raise ValueError(f"{self._path} is empty; delete it to start without a cursor")
            return cursor

    def _write(self, cursor: str, number: int) -> None:
        with self._mutex:
            self._acquire_lock()
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
                os.fsync(directory)  # without it a power cut may undo the rename
            finally:
                os.close(directory)

    def _acquire_lock(self) -> None:
        if self._lock is not None:
            return
        # In a file of its own: each save replaces the cursor's file, and its locks with it.
        lock = os.open(f"{self._path}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(lock)
            raise CursorInUse(f"another process is using {self._path}") from error
        self._lock = lock

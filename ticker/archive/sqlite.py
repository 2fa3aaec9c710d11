"""The archive in SQLite: the blocking parts in threads of their own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import apsw

from ticker.archive.changes import Change
from ticker.archive.place import Place
from ticker.archive.query import Query
from ticker.archive.sqlite_reader import SqliteReader
from ticker.archive.sqlite_writer import SqliteWriter
from ticker.archive.store import Archived, Position, Restart
from ticker.domain.cursor import Cursor
from ticker.domain.errors import Unavailable

T = TypeVar("T")

THREADS = 2
"""Questions of one process that SQLite answers at the same time."""
WAITING_MAX = 64
"""Questions that wait for a thread; further ones get 503."""


class SqliteArchive:
    """Reads the archive in the file ``path``, which a worker makes and writes."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="archive")
        self._local = threading.local()
        self._readers: list[SqliteReader] = []
        self._waiting = 0

    async def find(self, query: Query, before: Place | None, limit: int) -> list[Archived]:
        """Return up to ``limit`` matching items before a place, newest first."""
        return await self._run(lambda reader: reader.find(query, before, limit))

    async def get(self, id: str) -> Archived | None:
        """Return the item in its last version, or None."""
        return await self._run(lambda reader: reader.get(id))

    async def ids(self, part: str, limit: int) -> list[str]:
        """Return ids that begin or end with ``part``, at most ``limit``."""
        return await self._run(lambda reader: reader.ids(part, limit))

    async def board(self, at_ms: int, query: Query, limit: int) -> list[Archived]:
        """Return the items that were on the board at ``at_ms``, as they were, in display order."""
        return await self._run(lambda reader: reader.board(at_ms, query, limit))

    async def position(self) -> Position:
        """Return how far the archive is."""
        return await self._run(lambda reader: reader.position())

    async def aclose(self) -> None:
        """Wait for the questions under way, and close the file."""
        await asyncio.to_thread(self._pool.shutdown)
        for reader in self._readers:
            reader.close()

    async def _run(self, ask: Callable[[SqliteReader], T]) -> T:
        if self._waiting >= WAITING_MAX:
            raise Unavailable("too many searches at once", retry_after=1)
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(
                self._pool, lambda: ask(self._reader())
            )
        finally:
            self._waiting -= 1

    def _reader(self) -> SqliteReader:
        reader: SqliteReader | None = getattr(self._local, "reader", None)
        if reader is None:
            reader = self._local.reader = SqliteReader(self._path)
            self._readers.append(reader)
        return reader


class SqliteArchiveWriter:
    """Writes the archive in the file ``path``, from one thread."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="archive")
        self._writer: SqliteWriter | None = None

    async def position(self) -> Position:
        """Return how far the archive is."""
        return await self._run(lambda writer: writer.position())

    async def apply(
        self, before: Cursor | None, changes: Sequence[Change], after: Cursor, seen_ms: int
    ) -> bool:
        """Make ``changes`` and move on; see ``ArchiveWriter``."""
        return await self._run(lambda writer: writer.apply(before, changes, after, seen_ms))

    async def restart(self, before: Cursor | None, restart: Restart) -> bool:
        """Make the archive follow the lane again; see ``ArchiveWriter``."""
        return await self._run(lambda writer: writer.restart(before, restart))

    async def aclose(self) -> None:
        """Close the file."""
        await asyncio.to_thread(self._pool.shutdown)
        if self._writer is not None:
            self._writer.close()

    async def _run(self, act: Callable[[SqliteWriter], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._pool, self._act, act)

    def _act(self, act: Callable[[SqliteWriter], T]) -> T:
        try:
            if self._writer is None:
                self._writer = SqliteWriter(self._path)
            return act(self._writer)
        except (apsw.Error, OSError) as error:
            if self._writer is not None:
                self._writer.close()
                self._writer = None
            raise Unavailable(f"the archive cannot be written: {error}") from None

"""Writes the archive in PostgreSQL: a few statements for each batch, in one transaction."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from psycopg import AsyncConnection

from ticker.archive.changes import Change, Retracted
from ticker.archive.postgres_pool import Pool
from ticker.archive.postgres_schema import SCHEMA, TERMS, UNDO, UPGRADES, VERSION
from ticker.archive.postgres_statements import statements
from ticker.archive.store import Position, Restart
from ticker.domain.cursor import Cursor
from ticker.domain.errors import Unavailable

CURRENT_BATCH = 500
"""Current items of one statement of a restart."""


class PostgresArchiveWriter:
    """Writes the archive at ``url``, over one connection."""

    def __init__(self, url: str, password_file: Path | None = None) -> None:
        self._pool = Pool(url, password_file, "-c jit=off", 1)
        self._made = False
        self._text_to_go = False
        """Whether pages may hold rows that a retraction has deleted."""

    async def position(self) -> Position:
        """Return how far the archive is; make its tables if there are none."""
        async with self._connection() as connection:
            found = await connection.execute("SELECT cursor, seen_ms FROM ticker_archive.position")
            [(cursor, seen_ms)] = await found.fetchall()
        return Position.of(cursor, seen_ms)

    async def apply(
        self, before: Cursor | None, changes: Sequence[Change], after: Cursor, seen_ms: int
    ) -> bool:
        """Make ``changes`` and move on; see ``ArchiveWriter``."""
        async with self._connection() as connection:
            async with connection.transaction():
                if not await _is_at(connection, before):
                    return False
                await _make(connection, changes)
                await connection.execute(
                    "UPDATE ticker_archive.position SET cursor = %s, "
                    "seen_ms = greatest(seen_ms, %s)",
                    (str(after), seen_ms),
                )
            if any(isinstance(change, Retracted) for change in changes):
                self._text_to_go = True
            if self._text_to_go:
                # The rows are gone for every reader; this takes them off the pages as well.
                await connection.execute("VACUUM ticker_archive.items, ticker_archive.versions")
                self._text_to_go = False
        return True

    async def restart(self, before: Cursor | None, restart: Restart) -> bool:
        """Make the archive follow the lane again; see ``ArchiveWriter``."""
        after = restart.after
        async with self._connection() as connection, connection.transaction():
            if not await _is_at(connection, before):
                return False
            if restart.end is not None:
                end = {"ms": restart.end.ms, "seq": restart.end.seq}
                for statement in UNDO:
                    await connection.execute(statement, end)
            for start in range(0, len(restart.current), CURRENT_BATCH):
                await _make(connection, restart.current[start : start + CURRENT_BATCH])
            await connection.execute(
                "UPDATE ticker_archive.items SET until_ms = %s, until_seq = %s "
                "WHERE until_ms IS NULL AND NOT id = ANY(%s)",
                (*after.id, sorted(restart.current_ids)),
            )
            if restart.gap:
                await connection.execute(
                    "UPDATE ticker_archive.position SET gap_ms = %s, gap_seq = %s", after.id
                )
            await connection.execute(
                "UPDATE ticker_archive.position SET cursor = %s", (str(after),)
            )
        return True

    async def aclose(self) -> None:
        """Close the connection."""
        await self._pool.aclose()

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[AsyncConnection]:
        async with self._pool.connection() as connection:
            if not self._made:
                await _make_tables(connection)
            # After an error they are looked for again: another server may have taken over.
            self._made = False
            yield connection
            self._made = True


async def _make_tables(connection: AsyncConnection) -> None:
    async with connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock(hashtext('ticker_archive'))")
        version = await _version(connection)
        if version is not None and version > VERSION:
            raise Unavailable("the archive is from a newer version of Ticker", retry_after=60)
        if version is None or version not in {*UPGRADES, VERSION}:
            await connection.execute("DROP SCHEMA IF EXISTS ticker_archive CASCADE")
            await connection.execute(SCHEMA + TERMS)
            await connection.execute(
                "INSERT INTO ticker_archive.position (version) VALUES (%s)", (VERSION,)
            )
            return
        for older in range(version, VERSION):
            await connection.execute(UPGRADES[older])
        if version != VERSION:
            await connection.execute("UPDATE ticker_archive.position SET version = %s", (VERSION,))


async def _version(connection: AsyncConnection) -> int | None:
    """Return the version of the tables; None if there are none, or they are not whole."""
    found = await connection.execute("SELECT to_regclass('ticker_archive.position') IS NULL")
    if (await found.fetchone()) == (True,):
        return None
    held = await connection.execute("SELECT max(version) FROM ticker_archive.position")
    row = await held.fetchone()
    return None if row is None else row[0]


async def _is_at(connection: AsyncConnection, cursor: Cursor | None) -> bool:
    found = await connection.execute("SELECT cursor FROM ticker_archive.position FOR UPDATE")
    row = await found.fetchone()
    return row is not None and row[0] == (None if cursor is None else str(cursor))


async def _make(connection: AsyncConnection, changes: Iterable[Change]) -> None:
    async with connection.pipeline():
        for sql, arrays in statements(changes):
            await connection.execute(sql.encode(), arrays)

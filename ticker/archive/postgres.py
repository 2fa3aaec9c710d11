"""The archive in PostgreSQL, for newsrooms on several machines.

The words of an item are a ``tsvector`` that Ticker writes itself, with positions, so that no
dictionary of the server changes them: both stores find the same. An index serves rare words; common
ones are found by reading the newest items first. PostgreSQL chooses, for each search anew.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import psycopg
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool, PoolTimeout, TooManyRequests

from ticker.archive.changes import Change, Ended, Retracted, Shown, facet_word, facet_words
from ticker.archive.place import Place
from ticker.archive.postgres_schema import INDEXES, SCHEMA, SHOW, UNDO, VERSION
from ticker.archive.postgres_text import tsquery, tsvector
from ticker.archive.query import Query, facet_values
from ticker.archive.sqlite_reader import required_facets
from ticker.archive.store import BOARD_SCAN_MAX, Archived, Position, Restart
from ticker.domain.cursor import Cursor
from ticker.domain.errors import Unavailable

log = logging.getLogger(__name__)

CONNECTIONS = 4
"""Questions of one process that PostgreSQL answers at the same time."""
WAITING_MAX = 64
"""Questions that wait for a connection, for ``WAIT`` seconds; further ones get 503."""
WAIT = 1.0
TIME_MAX_MS = 1_000
"""Milliseconds of one question. A question that takes longer is refused with 503."""
CONNECT_TIMEOUT = 3

_FIELDS = (
    "i.id, i.published_ms, i.item, i.until_ms IS NOT NULL, "
    "(i.from_ms, i.from_seq) <= (p.gap_ms, p.gap_seq)"
)


class PostgresArchive:
    """Reads the archive at ``url``, which a worker makes and writes."""

    def __init__(self, url: str, password_file: Path | None = None) -> None:
        options = f"-c statement_timeout={TIME_MAX_MS} -c default_transaction_read_only=on"
        self._pool = _Pool(url, password_file, options, CONNECTIONS)

    async def find(self, query: Query, before: Place | None, limit: int) -> list[Archived]:
        """Return up to ``limit`` matching items before a place, newest first."""
        where, values = _where(query)
        if query.since_ms is not None:
            where.append("i.published_ms >= %s")
            values.append(query.since_ms)
        if query.until_ms is not None:
            where.append("i.published_ms < %s")
            values.append(query.until_ms)
        if before is not None:
            where.append("(i.published_ms, i.id) < (%s, %s)")
            values += before
        rows = await self._rows(
            f"SELECT {_FIELDS} FROM ticker_archive.items i, ticker_archive.position p "
            f"WHERE {' AND '.join(where) or 'true'} "
            "ORDER BY i.published_ms DESC, i.id DESC LIMIT %s",
            [*values, limit],
        )
        return [Archived(*row) for row in rows]

    async def get(self, id: str) -> Archived | None:
        """Return the item in its last version, or None."""
        rows = await self._rows(
            f"SELECT {_FIELDS} FROM ticker_archive.items i, ticker_archive.position p "
            "WHERE i.id = %s",
            [id],
        )
        return Archived(*rows[0]) if rows else None

    async def ids(self, part: str, limit: int) -> list[str]:
        """Return ids that begin or end with ``part``, at most ``limit``."""
        sources = [
            f"SELECT id FROM ticker_archive.{table} WHERE {where}"
            for table in ("items", "retracted")
            for where in ("id >= %s AND id < %s", "right(id, 4) = right(%s, 4) AND id LIKE %s")
        ]
        values = [part, f"{part}~", part, f"%{part}"]
        rows = await self._rows(
            f"SELECT id FROM ({' UNION '.join(sources)}) found LIMIT %s", [*values, *values, limit]
        )
        return [id for (id,) in rows]

    async def board(self, at_ms: int, query: Query, limit: int) -> list[Archived]:
        """Return the items that were on the board at ``at_ms``, as they were, in display order."""
        where, values = _where(query)
        then = " AND ".join([*where, "i.from_ms <= %s AND (i.until_ms IS NULL OR i.until_ms > %s)"])
        parts = []
        for table in ("items", "versions"):
            columns = "id, published_ms, item, until_ms, from_ms, pinned, facets, words"
            source = f"SELECT {columns} FROM ticker_archive.{table}"
            parts += [
                f"({source} WHERE pinned AND from_ms <= %s ORDER BY from_ms DESC LIMIT %s)",
                f"({source} WHERE published_ms <= %s ORDER BY published_ms DESC LIMIT %s)",
            ]
        rows = await self._rows(
            "SELECT DISTINCT ON (i.pinned, i.published_ms, i.id) i.id, i.published_ms, i.item, "
            f"i.until_ms IS NOT NULL, false FROM ({' UNION ALL '.join(parts)}) i WHERE {then} "
            "ORDER BY i.pinned DESC, i.published_ms DESC, i.id DESC LIMIT %s",
            [*([at_ms, BOARD_SCAN_MAX] * len(parts)), *values, at_ms, at_ms, limit],
        )
        return [Archived(*row) for row in rows]

    async def position(self) -> Position:
        """Return how far the archive is."""
        [(cursor, seen_ms)] = await self._rows(
            "SELECT cursor, seen_ms FROM ticker_archive.position", []
        )
        return _position(cursor, seen_ms)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._pool.aclose()

    async def _rows(self, sql: str, values: Sequence[Any]) -> list[Any]:
        async with self._pool.connection() as connection:
            # Parts of ``sql`` are this module's own.
            asked = await connection.execute(sql.encode(), values)
            return await asked.fetchall()


class PostgresArchiveWriter:
    """Writes the archive at ``url``, over one connection."""

    def __init__(self, url: str, password_file: Path | None = None) -> None:
        self._pool = _Pool(url, password_file, "", 1)
        self._made = False

    async def position(self) -> Position:
        """Return how far the archive is; make its tables if there are none."""
        async with self._connection() as connection:
            found = await connection.execute("SELECT cursor, seen_ms FROM ticker_archive.position")
            [(cursor, seen_ms)] = await found.fetchall()
        return _position(cursor, seen_ms)

    async def apply(
        self, before: Cursor | None, changes: Sequence[Change], after: Cursor, seen_ms: int
    ) -> bool:
        """Make ``changes`` and move on; see ``ArchiveWriter``."""
        async with self._connection() as connection:
            async with connection.transaction():
                if not await _is_at(connection, before):
                    return False
                async with connection.pipeline():
                    for change in changes:
                        await _make(connection, change)
                    await connection.execute(
                        "UPDATE ticker_archive.position SET cursor = %s, "
                        "seen_ms = greatest(seen_ms, %s)",
                        (str(after), seen_ms),
                    )
            if any(isinstance(change, Retracted) for change in changes):
                # The rows are gone for every reader; this takes them off the pages as well.
                await connection.execute("VACUUM ticker_archive.items, ticker_archive.versions")
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
            async with connection.pipeline():
                for shown in restart.current:
                    await _make(connection, shown)
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


class _Pool:
    """Connections that are made when they are needed. Errors are Unavailable."""

    def __init__(self, url: str, password_file: Path | None, options: str, size: int) -> None:
        async def connect(*_: object, **given: Any) -> AsyncConnection:
            if password_file is not None:
                given["password"] = _read(password_file)
            return await AsyncConnection.connect(url, **given)

        self._pool = AsyncConnectionPool(
            url,
            connection_class=_connecting(connect),
            kwargs={
                "autocommit": True,
                # A plan for each search: how common its words are decides.
                "prepare_threshold": None,
                "connect_timeout": CONNECT_TIMEOUT,
                "options": options,
            },
            min_size=0,
            max_size=size,
            open=False,
            timeout=WAIT,
            max_waiting=WAITING_MAX,
            reconnect_timeout=WAIT,
            check=AsyncConnectionPool.check_connection,
        )
        self._open = False

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[AsyncConnection]:
        """Lend a connection. Raises Unavailable."""
        try:
            if not self._open:
                self._open = True
                await self._pool.open()
            async with self._pool.connection() as connection:
                yield connection
        except (PoolTimeout, TooManyRequests):
            raise Unavailable("the archive cannot be reached, or is busy", retry_after=1) from None
        except psycopg.errors.QueryCanceled:
            raise Unavailable("the search takes too long; ask for less", retry_after=5) from None
        except psycopg.errors.UndefinedTable:
            raise Unavailable("there is no archive yet; a worker makes it", retry_after=5) from None
        except psycopg.Error as error:
            log.warning("archive: %s", type(error).__name__)
            raise Unavailable("the archive cannot answer now", retry_after=1) from None

    async def aclose(self) -> None:
        await self._pool.close()


def _read(file: Path) -> str:
    """Return the password in a file, which is small and local."""
    try:
        return file.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise psycopg.OperationalError(f"cannot read {file}: {error.strerror}") from None


def _connecting(connect: Any) -> type[AsyncConnection]:
    """Return a class of connections that are made by ``connect``."""
    return type("Connection", (AsyncConnection,), {"connect": staticmethod(connect)})


async def _make_tables(connection: AsyncConnection) -> None:
    async with connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock(hashtext('ticker_archive'))")
        found = await connection.execute("SELECT to_regclass('ticker_archive.position') IS NULL")
        row = await found.fetchone()
        if row is not None and not row[0]:
            held = await connection.execute("SELECT version FROM ticker_archive.position")
            versions = [version for (version,) in await held.fetchall()]
            if versions == [VERSION]:
                await _make_indexes(connection)
                return
            if any(version > VERSION for version in versions):
                raise Unavailable("the archive is from a newer version of Ticker", retry_after=60)
        await connection.execute("DROP SCHEMA IF EXISTS ticker_archive CASCADE")
        await connection.execute(SCHEMA)
        await _make_indexes(connection)
        await connection.execute(
            "INSERT INTO ticker_archive.position (version) VALUES (%s)", (VERSION,)
        )


async def _make_indexes(connection: AsyncConnection) -> None:
    """Make indexes that are missing. A look comes first: making one locks the table."""
    found = await connection.execute("SELECT to_regclass('ticker_archive.retracted_end') IS NULL")
    row = await found.fetchone()
    if row is None or row[0]:
        await connection.execute(INDEXES)


async def _is_at(connection: AsyncConnection, cursor: Cursor | None) -> bool:
    found = await connection.execute("SELECT cursor FROM ticker_archive.position FOR UPDATE")
    row = await found.fetchone()
    return row is not None and row[0] == (None if cursor is None else str(cursor))


async def _make(connection: AsyncConnection, change: Change) -> None:
    match change:
        case Shown():
            values = {
                "id": change.id,
                "ms": change.at.ms,
                "seq": change.at.seq,
                "published_ms": change.published_ms,
                "pinned": change.pinned,
                "item": change.item,
                "words": tsvector(change.words),
                "facets": list(facet_words(change.facets)),
            }
            await connection.execute(SHOW, values)
        case Ended():
            await connection.execute(
                "UPDATE ticker_archive.items SET until_ms = %s, until_seq = %s "
                "WHERE id = %s AND (from_ms, from_seq) < (%s, %s)",
                (*change.at, change.id, *change.at),
            )
        case Retracted():
            await connection.execute("DELETE FROM ticker_archive.items WHERE id = %s", (change.id,))
            await connection.execute(
                "DELETE FROM ticker_archive.versions WHERE id = %s", (change.id,)
            )
            await connection.execute(
                "INSERT INTO ticker_archive.retracted VALUES (%s, %s, %s) "
                "ON CONFLICT (id) DO NOTHING",
                (change.id, *change.at),
            )


def _where(query: Query) -> tuple[list[str], list[Any]]:
    """Return conditions on ``i`` for the words and facets of ``query``, and their values."""
    where: list[str] = []
    values: list[Any] = []
    if text := tsquery(query):
        where.append("i.words @@ %s::tsquery")
        values.append(text)
    for any_of in required_facets(query):
        where.append("i.facets && %s::text[]")
        values.append(any_of)
    excluded = [
        facet_word(name, value)
        for name, these in facet_values(query.without_facets)
        for value in these
    ]
    if excluded:
        where.append("NOT i.facets && %s::text[]")
        values.append(excluded)
    return where, values


def _position(cursor: str | None, seen_ms: int) -> Position:
    return Position(None if cursor is None else Cursor.parse(cursor), seen_ms)

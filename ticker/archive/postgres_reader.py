"""Reads the archive in PostgreSQL, for newsrooms on several machines.

The words and facets of an item are a ``tsvector`` that Ticker writes itself, with positions, so
that no dictionary of the server changes them: both stores find the same.

A search does not depend on the server's guess of how common its words are. It reads the newest
``NEWEST`` items in order, which is enough for common words. If there are some matches among them,
but too few, it asks the index for those of a time that should have enough. Only then, for rare
words, it asks for all. So it visits few rows that it does not return.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from psycopg import AsyncConnection

from ticker.archive.place import Place
from ticker.archive.postgres_pool import Pool, too_long
from ticker.archive.postgres_text import span, tsquery
from ticker.archive.query import Query
from ticker.archive.store import BOARD_SCAN_MAX, Archived, Position

CONNECTIONS = 4
"""Questions of one process that PostgreSQL answers at the same time."""
TIME_MAX_MS = 1_000
"""Milliseconds of one question. A question that takes longer is refused with 503."""
NEWEST = 2_000
"""Items that a search reads in order before it asks the index."""
OPEN_END_MAX = 20_000
"""Items that a search for the beginning of a word reads in order instead: the index would collect
the items of all words that begin so, at all times."""
LONGER_MAX = 32
"""How much longer than that of ``NEWEST`` items the time is that a search asks the index for."""
ENOUGH = 3
"""How many times the matches that it needs that time should have: they do not come evenly."""

_OPTIONS = (
    f"-c statement_timeout={TIME_MAX_MS} -c default_transaction_read_only=on "
    # A search is too short to be compiled, and reads no table whole.
    "-c jit=off -c enable_seqscan=off -c effective_io_concurrency=0"
)
_FIELDS = (
    "i.id, i.published_ms, i.item, i.until_ms IS NOT NULL, (i.from_ms, i.from_seq) <= "
    "(SELECT p.gap_ms, p.gap_seq FROM ticker_archive.position p)"
)
_ORDER = "ORDER BY i.published_ms DESC, i.id DESC LIMIT %s"
_TIMES = (
    "ORDER BY i.published_ms DESC, i.id DESC LIMIT 1",
    "ORDER BY i.published_ms DESC, i.id DESC LIMIT 1 OFFSET %s",
)


class PostgresArchive:
    """Reads the archive at ``url``, which a worker makes and writes."""

    def __init__(self, url: str, password_file: Path | None = None) -> None:
        self._pool = Pool(url, password_file, _OPTIONS, CONNECTIONS)

    async def find(self, query: Query, before: Place | None, limit: int) -> list[Archived]:
        """Return up to ``limit`` matching items before a place, newest first."""
        async with self._pool.connection() as connection:
            rows = await _Search(connection, query, before, limit).rows()
        return [Archived(*row) for row in rows]

    async def get(self, id: str) -> Archived | None:
        """Return the item in its last version, or None."""
        rows = await self._rows(
            f"SELECT {_FIELDS} FROM ticker_archive.items i WHERE i.id = %s", [id]
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
        then = "i.from_ms <= %s AND (i.until_ms IS NULL OR i.until_ms > %s)"
        values: list[Any] = [at_ms, at_ms]
        if terms := tsquery(query):
            then += " AND i.terms @@ %s::tsquery"
            values.append(terms)
        parts = []
        for table in ("items", "versions"):
            columns = "id, published_ms, item, until_ms, from_ms, pinned, terms"
            source = f"SELECT {columns} FROM ticker_archive.{table}"
            parts += [
                f"({source} WHERE pinned AND from_ms <= %s ORDER BY from_ms DESC LIMIT %s)",
                f"({source} WHERE published_ms <= %s ORDER BY published_ms DESC LIMIT %s)",
            ]
        rows = await self._rows(
            "SELECT DISTINCT ON (i.pinned, i.published_ms, i.id) i.id, i.published_ms, i.item, "
            f"i.until_ms IS NOT NULL, false FROM ({' UNION ALL '.join(parts)}) i WHERE {then} "
            "ORDER BY i.pinned DESC, i.published_ms DESC, i.id DESC LIMIT %s",
            [*([at_ms, BOARD_SCAN_MAX] * len(parts)), *values, limit],
        )
        return [Archived(*row) for row in rows]

    async def position(self) -> Position:
        """Return how far the archive is."""
        [(cursor, seen_ms)] = await self._rows(
            "SELECT cursor, seen_ms FROM ticker_archive.position", []
        )
        return Position.of(cursor, seen_ms)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._pool.aclose()

    async def _rows(self, sql: str, values: Sequence[Any]) -> list[Any]:
        async with self._pool.connection() as connection:
            return await _rows(connection, sql, values)


class _Search:
    """One search over a connection."""

    def __init__(
        self, connection: AsyncConnection, query: Query, before: Place | None, limit: int
    ) -> None:
        self._connection = connection
        self._low, self._high = query.since_ms, query.until_ms
        if before is not None:
            self._high = min(before.published_ms, query.until_ms or before.published_ms)
        self._limit = limit
        self._terms = tsquery(query)
        self._open_end = any(term.open_end for term in query.terms)
        self._within, self._bounds = _within(query, before)
        self._items = f"SELECT * FROM ticker_archive.items i WHERE {self._within}"
        self._times = f"SELECT i.published_ms FROM ticker_archive.items i WHERE {self._within}"
        self._deadline = time.monotonic() + TIME_MAX_MS / 1_000

    async def rows(self) -> list[Any]:
        """Return the first ``limit`` matches."""
        if not self._terms:
            return await self._ask(
                f"SELECT {_FIELDS} FROM ({self._items}) i {_ORDER}", [*self._bounds, self._limit]
            )
        found = await self._newest(NEWEST)
        if len(found) == self._limit:
            return found
        if found and self._open_end:
            more = NEWEST * self._limit * 2 // len(found)
            if more <= OPEN_END_MAX:
                found = await self._newest(more)
                return (
                    found
                    if len(found) == self._limit
                    else await self._indexed(self._low, self._high)
                )
        if found:
            low, high = await self._time_of_enough(len(found))
            if low is None or high is None:
                return found  # all were looked at
            found = await self._indexed(low, high)
            if len(found) == self._limit:
                return found
        return await self._indexed(self._low, self._high)

    async def _time_of_enough(self, found: int) -> tuple[int | None, int | None]:
        """Return begin and end of a time that should have enough matches.

        The newest ``NEWEST`` items have ``found``. None: there are not more items.
        """
        times = (f"({self._times} {part})" for part in _TIMES)
        [(newest, reached)] = await self._ask(
            f"SELECT {', '.join(times)}", [*self._bounds, *self._bounds, NEWEST - 1]
        )
        if reached is None:
            return None, None
        longer = min(LONGER_MAX, ENOUGH * self._limit / found)
        return newest - int((newest - reached + 1) * longer), newest

    async def _newest(self, count: int) -> list[Any]:
        """Return the matches among the newest ``count`` items."""
        return await self._ask(
            f"SELECT {_FIELDS} FROM ({self._items} {_ORDER}) i WHERE i.terms @@ %s::tsquery "
            f"{_ORDER}",
            [*self._bounds, count, self._terms, self._limit],
        )

    async def _indexed(self, low: int | None, high: int | None) -> list[Any]:
        """Return the first matches that the index has from ``low`` to ``high``."""
        terms, where, values = self._terms, self._within, self._bounds
        if low is not None and high is not None:
            terms = " & ".join(filter(None, (terms, span(low, high))))
            where, values = f"i.published_ms >= %s AND {where}", [low, *values]
        found = (
            "SELECT i.id, i.published_ms FROM ticker_archive.items i "
            f"WHERE i.terms @@ %s::tsquery AND {where}"
        )
        return await self._ask(
            f"WITH found AS MATERIALIZED ({found}), first AS (SELECT i.id FROM found i {_ORDER}) "
            f"SELECT {_FIELDS} FROM first JOIN ticker_archive.items i USING (id) {_ORDER}",
            [terms, *values, self._limit, self._limit],
        )

    async def _ask(self, sql: str, values: Sequence[Any]) -> list[Any]:
        if time.monotonic() > self._deadline:
            raise too_long()
        return await _rows(self._connection, sql, values)


async def _rows(connection: AsyncConnection, sql: str, values: Sequence[Any]) -> list[Any]:
    # Parts of ``sql`` are this module's own.
    asked = await connection.execute(sql.encode(), values)
    return await asked.fetchall()


def _within(query: Query, before: Place | None) -> tuple[str, list[Any]]:
    """Return the conditions of time and place on ``i``, and their values."""
    where: list[str] = ["true"]
    values: list[Any] = []
    if query.since_ms is not None:
        where.append("i.published_ms >= %s")
        values.append(query.since_ms)
    if query.until_ms is not None:
        where.append("i.published_ms < %s")
        values.append(query.until_ms)
    if before is not None:
        where.append("(i.published_ms, i.id) < (%s, %s)")
        values += before
    return " AND ".join(where), values

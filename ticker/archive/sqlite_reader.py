"""Reads the archive in SQLite. Blocking; each connection is used by one thread at a time."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import apsw

from ticker.archive.changes import ALL, FacetTerms, facet_terms
from ticker.archive.place import Place
from ticker.archive.query import Query, Term
from ticker.archive.sqlite_schema import TIES, VERSION
from ticker.archive.store import BOARD_SCAN_MAX, Archived, Position
from ticker.domain.errors import Unavailable

TIME_MAX = 1.0
"""Seconds of one question. A question that takes longer is refused with 503."""
STEPS = 2_000
"""Instructions of SQLite's machine between two looks at the clock."""
BUSY_MS = 200
CACHE_KIB = 8_192
"""Pages of the file that a connection keeps. They are not mapped: where the disk or the end of the
file fails, a mapped page would end the process, and a read is an error."""

_FIELDS = (
    "i.key, i.id, i.item, i.until_ms IS NOT NULL, "
    "(i.from_ms, i.from_seq) <= (SELECT gap_ms, gap_seq FROM position)"
)


class SqliteReader:
    """One connection that reads. Raises Unavailable while there is no archive, or it is busy."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._db: apsw.Connection | None = None
        self._deadline = 0.0

    def close(self) -> None:
        """Close the file."""
        db, self._db = self._db, None
        if db is not None:
            db.close()

    def find(self, query: Query, before: Place | None, limit: int) -> list[Archived]:
        """Return up to ``limit`` matching items before a place, newest first."""
        with self._question():
            return self._find(query, before, limit)

    def get(self, id: str) -> Archived | None:
        """Return the item in its last version, or None."""
        with self._question():
            row = self._ask(f"SELECT {_FIELDS} FROM items i WHERE id = ?", (id,)).fetchone()
        return None if row is None else _archived(*row)

    def ids(self, part: str, limit: int) -> list[str]:
        """Return ids that begin or end with ``part``, at most ``limit``."""
        sources = (
            f"SELECT id FROM {table} WHERE {where}"
            for table in ("items", "retracted")
            for where in (
                "id BETWEEN ?1 AND ?1 || '~'",
                "substr(id, -4) = substr(?1, -4) AND substr(id, -length(?1)) = ?1",
            )
        )
        with self._question():
            sql = f"{' UNION '.join(sources)} LIMIT ?2"
            rows: list[Any] = self._ask(sql, (part, limit)).fetchall()
        return [id for (id,) in rows]

    def board(self, at_ms: int, query: Query, limit: int) -> list[Archived]:
        """Return the items that were on the board at ``at_ms``, as they were, in display order."""
        with self._question():
            return self._board(at_ms, query, limit)

    def position(self) -> Position:
        """Return how far the archive is."""
        with self._question():
            row: Any = self._ask("SELECT cursor, seen_ms FROM position").fetchone()
        cursor, seen_ms = row
        return Position.of(cursor, seen_ms)

    def _find(self, query: Query, before: Place | None, limit: int) -> list[Archived]:
        low = 0 if query.since_ms is None else query.since_ms << TIES
        high = (1 << 63) - 1
        if query.until_ms is not None:
            high = min(high, (query.until_ms << TIES) - 1)
        if before is not None:
            high = min(high, ((before.published_ms + 1) << TIES) - 1)
        asked = match(query)
        found: list[Archived] = []
        while len(found) < limit:
            rows = self._rows(asked, low, high, limit)
            complete = len(rows) < limit
            if not complete:  # all items of the last millisecond, to sort them by id
                first = rows[-1][0] >> TIES << TIES
                rows += self._rows(asked, first, rows[-1][0] - 1, 1 << TIES)
                high = first - 1
            page = [_archived(*row) for row in rows]
            found += [one for one in page if before is None or one.place < before]
            if complete or high < low:
                break
        found.sort(key=lambda one: one.place, reverse=True)
        return found[:limit]

    def _board(self, at_ms: int, query: Query, limit: int) -> list[Archived]:
        facet_match = facet_terms(query).match
        found: dict[str, tuple[bool, Archived]] = {}
        for rows in (
            self._ask(
                "SELECT key >> ?2, id, item, from_ms, until_ms, pinned, facets FROM items "
                "WHERE pinned AND from_ms <= ?1 ORDER BY from_ms DESC LIMIT ?3",
                (at_ms, TIES, BOARD_SCAN_MAX),
            ),
            self._ask(
                "SELECT published_ms, id, item, from_ms, until_ms, pinned, facets FROM versions "
                "WHERE pinned AND from_ms <= ?1 ORDER BY from_ms DESC LIMIT ?2",
                (at_ms, BOARD_SCAN_MAX),
            ),
            self._ask(
                "SELECT key >> ?2, id, item, from_ms, until_ms, pinned, facets FROM items "
                "WHERE key < ?1 ORDER BY key DESC LIMIT ?3",
                ((at_ms + 1) << TIES, TIES, BOARD_SCAN_MAX),
            ),
            self._ask(
                "SELECT published_ms, id, item, from_ms, until_ms, pinned, facets FROM versions "
                "WHERE published_ms <= ?1 ORDER BY published_ms DESC LIMIT ?2",
                (at_ms, BOARD_SCAN_MAX),
            ),
        ):
            for published_ms, id, item, from_ms, until_ms, pinned, facets in rows:
                if from_ms > at_ms or (until_ms is not None and until_ms <= at_ms):
                    continue
                if facet_match(set(facets.split())):
                    version = Archived(id, published_ms, item, until_ms is not None, False)
                    found[id] = (bool(pinned), version)
        order = sorted(found.values(), key=lambda one: (one[0], one[1].place), reverse=True)
        return [one for _, one in order[:limit]]

    def _rows(self, asked: str | None, low: int, high: int, limit: int) -> list[Any]:
        """Return items with keys from ``low`` to ``high``, the greatest first."""
        if high < low:
            return []
        if asked is None:
            return self._ask(
                f"SELECT {_FIELDS} FROM items i WHERE i.key BETWEEN ? AND ? "
                "ORDER BY i.key DESC LIMIT ?",
                (low, high, limit),
            ).fetchall()
        # The index has the words of all versions in the order of the keys, so the newest matches
        # come first and the rest is not looked at. CROSS JOIN keeps SQLite from sorting.
        return self._ask(
            f"SELECT {_FIELDS} FROM search s CROSS JOIN items i ON i.key = s.rowid "
            "WHERE s.search MATCH ? AND s.rowid BETWEEN ? AND ? ORDER BY s.rowid DESC LIMIT ?",
            (asked, low, high, limit),
        ).fetchall()

    def _ask(self, sql: str, values: Sequence[Any] = ()) -> apsw.Cursor:
        return self._open().execute(sql, values)

    @contextmanager
    def _question(self) -> Iterator[None]:
        """Give a question its time, and raise Unavailable for whatever SQLite says at any row."""
        self._deadline = time.monotonic() + TIME_MAX
        try:
            yield
        except apsw.InterruptError:
            raise Unavailable("the search takes too long; ask for less", retry_after=5) from None
        except apsw.Error as error:
            self.close()
            raise Unavailable(f"the archive cannot be read now: {type(error).__name__}") from None

    def _open(self) -> apsw.Connection:
        if self._db is None:
            if not self._path.exists():
                raise Unavailable("there is no archive yet; a worker makes it", retry_after=5)
            # Readers of a log write its index, so the file is opened for writing; nothing is.
            db = apsw.Connection(str(self._path), flags=apsw.SQLITE_OPEN_READWRITE)
            db.set_busy_timeout(BUSY_MS)
            db.pragma("query_only", 1)
            db.pragma("cache_size", -CACHE_KIB)
            db.set_progress_handler(lambda: time.monotonic() > self._deadline, STEPS)
            if db.pragma("user_version") != VERSION:
                db.close()
                raise Unavailable("the archive is being built", retry_after=5)
            self._db = db
        return self._db


def match(query: Query) -> str | None:
    """Return ``query`` in the language of FTS5, without its dates; None if it selects everything.

    Words have letters and digits alone, so there is nothing to escape.
    """
    facets = facet_terms(query)
    wanted = [f"(words : {_phrase(term)})" for term in query.terms]
    wanted += _wanted(facets)
    without = [f"words : {_phrase(term)}" for term in query.without]
    without += [_any(facets.excluded)] if facets.excluded else []
    if not wanted and not without:
        return None
    return _expression(wanted, without)


def _wanted(facets: FacetTerms) -> list[str]:
    wanted = [f"({_any(any_of)})" for any_of in facets.required]
    if facets.alternatives:
        every = [
            _expression(_wanted(one), [_any(one.excluded)] if one.excluded else [])
            for one in facets.alternatives
        ]
        wanted.append(f"({' OR '.join(every)})")
    return wanted


def _expression(wanted: list[str], without: list[str]) -> str:
    positive = " AND ".join(wanted or [f"({_any((ALL,))})"])
    return f"(({positive}) NOT ({' OR '.join(without)}))" if without else f"({positive})"


def _any(words: Iterable[str]) -> str:
    quoted = (f'"{word}"' for word in words)
    return f"facets : ({' OR '.join(quoted)})"


def _phrase(term: Term) -> str:
    return f'"{" ".join(term.words)}"' + (" *" if term.open_end else "")


def _archived(key: int, id: str, item: bytes, ended: int, doubtful: int) -> Archived:
    return Archived(id, key >> TIES, item, bool(ended), bool(doubtful))

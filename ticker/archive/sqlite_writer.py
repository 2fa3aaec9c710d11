"""Writes the archive in SQLite. Blocking; one writer at a time, others wait or are refused."""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import apsw

from ticker.archive.changes import Change, Ended, Retracted, Shown, facet_words
from ticker.archive.sqlite_schema import INDEXES, SCHEMA, TIES, VERSION
from ticker.archive.store import Position, Restart
from ticker.domain.cursor import Cursor, StreamId
from ticker.domain.errors import Unavailable

log = logging.getLogger(__name__)

BUSY_MS = 2_000
"""Milliseconds to wait for another process that writes."""
EMPTY_MS = 100
"""Milliseconds to wait for readers of an older state before the log is emptied."""


def connect(path: Path) -> apsw.Connection:
    """Open the file for writing; make it, private to this user, and its tables if necessary.

    Raises Unavailable if a newer version of Ticker made the tables.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    db = apsw.Connection(str(path))
    try:
        db.set_busy_timeout(BUSY_MS)
        db.pragma("journal_mode", "wal")
        # A transaction that a power cut takes is read from the lane again.
        db.pragma("synchronous", 1)
        db.pragma("secure_delete", 1)
        db.pragma("cache_size", -65_536)
        db.pragma("temp_store", 2)
        _make_tables(db)
    except BaseException:  # also a cancellation goes on, after the file is closed
        db.close()
        raise
    return db


def _make_tables(db: apsw.Connection) -> None:
    with _Transaction(db):
        version = db.pragma("user_version")
        if version == VERSION:
            db.execute(INDEXES)
            return
        if version > VERSION:
            raise Unavailable("the archive is from a newer version of Ticker", retry_after=60)
        tables = db.execute(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' "
            "ORDER BY sql LIKE 'CREATE VIRTUAL%' DESC"  # which takes its own tables along
        ).fetchall()
        for (name,) in tables:
            db.execute(f'DROP TABLE IF EXISTS "{name}"')
        db.execute(SCHEMA + INDEXES)
        db.pragma("user_version", VERSION)


class SqliteWriter:
    """One connection that writes. Raises ``apsw.Error`` or Unavailable if the file is unusable."""

    def __init__(self, path: Path) -> None:
        self._db = connect(path)
        self._wal_has_text = True
        """Whether the log may hold text that is to go; so until a first checkpoint."""

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def position(self) -> Position:
        """Return how far the archive is."""
        cursor, seen_ms = self._row("SELECT cursor, seen_ms FROM position")
        return Position.of(cursor, seen_ms)

    def apply(
        self, before: Cursor | None, changes: Sequence[Change], after: Cursor, seen_ms: int
    ) -> bool:
        """Make ``changes`` in one transaction; see ``ArchiveWriter``."""
        with _Transaction(self._db):
            if not self._is_at(before):
                return False
            for change in changes:
                self._change(change)
            self._db.execute(
                "UPDATE position SET cursor = ?, seen_ms = max(seen_ms, ?)", (str(after), seen_ms)
            )
        self._empty_log()
        return True

    def restart(self, before: Cursor | None, restart: Restart) -> bool:
        """Make the archive follow the lane again; see ``ArchiveWriter``."""
        after = restart.after
        with _Transaction(self._db):
            if not self._is_at(before):
                return False
            if restart.end is not None:
                self._undo_after(restart.end)
            for shown in restart.current:
                self._show(shown)
            self._end_others(restart.current_ids, after.id)
            if restart.gap:
                self._db.execute("UPDATE position SET gap_ms = ?, gap_seq = ?", after.id)
            self._db.execute("UPDATE position SET cursor = ?", (str(after),))
        self._empty_log()
        return True

    def _is_at(self, cursor: Cursor | None) -> bool:
        (held,) = self._row("SELECT cursor FROM position")
        return bool(held == (None if cursor is None else str(cursor)))

    def _change(self, change: Change) -> None:
        match change:
            case Shown():
                self._show(change)
            case Ended():
                self._db.execute(
                    "UPDATE items SET until_ms = ?2, until_seq = ?3 "
                    "WHERE id = ?1 AND (from_ms, from_seq) < (?2, ?3)",
                    (change.id, *change.at),
                )
            case Retracted():
                self._retract(change)

    def _show(self, shown: Shown) -> None:
        db = self._db
        if self._rows("SELECT 1 FROM retracted WHERE id = ?", (shown.id,)):
            return
        facets = " ".join(facet_words(shown.facets))
        found = self._rows(
            "SELECT key, from_ms, from_seq, until_ms, until_seq, pinned, item, words, facets "
            "FROM items WHERE id = ?",
            (shown.id,),
        )
        if not found:
            key = self._free_key(shown.published_ms)
            db.execute(
                "INSERT INTO items (key, id, from_ms, from_seq, pinned, item, words, facets) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (key, shown.id, *shown.at, shown.pinned, shown.item, shown.words, facets),
            )
            self._index(key, shown.words, facets)
            return
        key, from_ms, from_seq, until_ms, until_seq, pinned, item, words, old_facets = found[0]
        if (from_ms, from_seq) >= shown.at:
            return
        until = (until_ms, until_seq)
        if until_ms is None or until > shown.at:
            until = shown.at
        db.execute(
            "INSERT OR REPLACE INTO versions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *(shown.id, from_ms, from_seq, *until, key >> TIES, pinned, item),
                *(words, old_facets),
            ),
        )
        if (words, old_facets) != (shown.words, facets):
            self._unindex(key, words, old_facets)
            self._index(key, shown.words, facets)
        db.execute(
            "UPDATE items SET from_ms = ?, from_seq = ?, until_ms = NULL, until_seq = NULL, "
            "pinned = ?, item = ?, words = ?, facets = ? WHERE key = ?",
            (*shown.at, shown.pinned, shown.item, shown.words, facets, key),
        )

    def _retract(self, change: Retracted) -> None:
        self._wal_has_text = True
        self._delete(change.id)
        self._db.execute(
            "INSERT OR REPLACE INTO retracted VALUES (?, ?, ?)", (change.id, *change.at)
        )

    def _delete(self, id: str) -> None:
        db = self._db
        for key, words, facets in self._rows(
            "SELECT key, words, facets FROM items WHERE id = ?", (id,)
        ):
            self._unindex(key, words, facets)
            db.execute("DELETE FROM items WHERE key = ?", (key,))
        db.execute("DELETE FROM versions WHERE id = ?", (id,))

    def _undo_after(self, end: StreamId) -> None:
        """Undo what came after ``end``: it was lost, and readers were reset."""
        db = self._db
        self._wal_has_text = True
        db.execute("DELETE FROM retracted WHERE (at_ms, at_seq) > (?, ?)", end)
        db.execute("DELETE FROM versions WHERE (from_ms, from_seq) > (?, ?)", end)
        db.execute(
            "UPDATE items SET until_ms = NULL, until_seq = NULL "
            "WHERE (until_ms, until_seq) > (?, ?)",
            end,
        )
        lost = self._rows("SELECT id FROM items WHERE (from_ms, from_seq) > (?, ?)", end)
        for (id,) in lost:
            before = self._rows(
                "SELECT from_ms, from_seq, until_ms, until_seq, published_ms, pinned, item, words, "
                "facets FROM versions WHERE id = ? ORDER BY from_ms DESC, from_seq DESC LIMIT 1",
                (id,),
            )
            if not before:
                self._delete(id)
                continue
            from_ms, from_seq, until_ms, until_seq, published_ms, pinned, item, words, facets = (
                before[0]
            )
            until = (until_ms, until_seq) if (until_ms, until_seq) <= end else (None, None)
            for key, old_words, old_facets in self._rows(
                "SELECT key, words, facets FROM items WHERE id = ?", (id,)
            ):
                self._unindex(key, old_words, old_facets)
                db.execute("DELETE FROM items WHERE key = ?", (key,))
            key = self._free_key(published_ms)
            db.execute(
                "INSERT INTO items VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (key, id, from_ms, from_seq, *until, pinned, item, words, facets),
            )
            self._index(key, words, facets)
            db.execute(
                "DELETE FROM versions WHERE id = ? AND from_ms = ? AND from_seq = ?",
                (id, from_ms, from_seq),
            )

    def _end_others(self, current: frozenset[str], at: StreamId) -> None:
        live = self._rows("SELECT id FROM items WHERE until_ms IS NULL")
        self._db.executemany(
            "UPDATE items SET until_ms = ?, until_seq = ? WHERE id = ?",
            [(*at, id) for (id,) in live if id not in current],
        )

    def _free_key(self, published_ms: int) -> int:
        while True:
            first, end = published_ms << TIES, (published_ms + 1) << TIES
            (last,) = self._row(
                "SELECT max(key) FROM items WHERE key >= ? AND key < ?", (first, end)
            )
            if last is None:
                return first
            if last + 1 < end:
                return int(last) + 1
            # 65,536 items of one millisecond: the next one is sorted with a later millisecond.
            published_ms += 1

    def _index(self, key: int, words: str, facets: str) -> None:
        self._db.execute(
            "INSERT INTO search (rowid, words, facets) VALUES (?, ?, ?)", (key, words, facets)
        )

    def _unindex(self, key: int, words: str, facets: str) -> None:
        self._db.execute(
            "INSERT INTO search (search, rowid, words, facets) VALUES ('delete', ?, ?, ?)",
            (key, words, facets),
        )

    def _empty_log(self) -> None:
        """Write SQLite's log into the database and empty it, if it may hold retracted text.

        A process that reads an older state holds it up, for ``EMPTY_MS`` at most; then the next
        call tries again. Readers do not wait.
        """
        if not self._wal_has_text:
            return
        self._db.set_busy_timeout(EMPTY_MS)
        busy, _, _ = self._row("PRAGMA wal_checkpoint(TRUNCATE)")
        self._db.set_busy_timeout(BUSY_MS)
        self._wal_has_text = bool(busy)
        if busy:
            log.warning("archive: a reader holds up the removal of retracted text; trying again")

    def _row(self, sql: str, values: Sequence[Any] = ()) -> Any:
        return self._db.execute(sql, values).fetchone()

    def _rows(self, sql: str, values: Sequence[Any] = ()) -> list[Any]:
        return self._db.execute(sql, values).fetchall()


class _Transaction:
    """A transaction that takes the write lock at once, so that it never has to begin again."""

    def __init__(self, db: apsw.Connection) -> None:
        self._db = db

    def __enter__(self) -> None:
        self._db.execute("BEGIN IMMEDIATE")

    def __exit__(self, kind: object, *_: object) -> None:
        self._db.execute("COMMIT" if kind is None else "ROLLBACK")

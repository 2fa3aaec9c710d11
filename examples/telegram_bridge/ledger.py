"""The message id of each item, and the cursor, in one database and changed in one transaction."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime

from ticker.client import CursorInUse, Item

KEPT = 2_000
"""Newest messages to remember; older ones can no longer be edited or deleted."""

_TABLES = """
CREATE TABLE IF NOT EXISTS place
    (one INTEGER PRIMARY KEY CHECK (one = 1), cursor TEXT, began TEXT);
CREATE TABLE IF NOT EXISTS messages (item TEXT PRIMARY KEY, version INTEGER, message INTEGER);
"""


@dataclass(frozen=True, slots=True)
class Known:
    """The message that shows ``version`` of ``item``."""

    item: str
    version: int
    message: int


class Ledger:
    """A cursor store and the sent messages. A second process on the file gets CursorInUse."""

    def __init__(self, path: str, kept: int = KEPT) -> None:
        self._kept = kept
        self._db = sqlite3.connect(path, timeout=0)
        try:
            # In this mode the first write takes the lock, and the process keeps it.
            self._db.execute("PRAGMA locking_mode = EXCLUSIVE")
            self._db.execute("PRAGMA synchronous = FULL")
            self._db.executescript(f"BEGIN EXCLUSIVE; {_TABLES} COMMIT;")
        except sqlite3.OperationalError as error:
            self._db.close()
            raise CursorInUse(f"{path}: {error}") from error

    def close(self) -> None:
        self._db.close()

    async def load(self) -> str | None:
        row = self._db.execute("SELECT cursor FROM place").fetchone()
        return None if row is None else str(row[0])

    async def save(self, cursor: str) -> None:
        with self._db:
            self._move(cursor)

    @property
    def began(self) -> str:
        """Time of the bridge's first start: it does not send older items."""
        row = self._db.execute("SELECT began FROM place").fetchone()
        return "" if row is None else str(row[0])

    def find(self, item: str) -> Known | None:
        """Return the message of an item, or None."""
        row = self._db.execute("SELECT * FROM messages WHERE item = ?", (item,)).fetchone()
        return None if row is None else Known(*row)

    def all(self) -> list[Known]:
        """Return all messages, oldest first."""
        return [Known(*row) for row in self._db.execute("SELECT * FROM messages ORDER BY message")]

    def keep(self, item: Item, message: int, cursor: str | None) -> None:
        """Save that ``message`` shows ``item``, and the cursor, in one transaction."""
        with self._db:
            row = (item.id, item.version, message)
            self._db.execute("INSERT OR REPLACE INTO messages VALUES (?, ?, ?)", row)
            self._db.execute(
                "DELETE FROM messages WHERE message <= "
                "(SELECT message FROM messages ORDER BY message DESC LIMIT 1 OFFSET ?)",
                (self._kept,),
            )
            self._move(cursor)

    def forget(self, item: str, cursor: str | None) -> None:
        """Remove the message of ``item``, and save the cursor, in one transaction."""
        with self._db:
            self._db.execute("DELETE FROM messages WHERE item = ?", (item,))
            self._move(cursor)

    def _move(self, cursor: str | None) -> None:
        if cursor is None:
            return
        now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        # No write if the cursor is the same: the bridge saves it again after the handler.
        self._db.execute(
            "INSERT INTO place VALUES (1, ?, ?) ON CONFLICT DO "
            "UPDATE SET cursor = excluded.cursor WHERE cursor <> excluded.cursor",
            (cursor, now),
        )

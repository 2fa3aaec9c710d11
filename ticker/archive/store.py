"""The interface of a store of the archive; ``sqlite`` and ``postgres`` are the two."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from ticker.archive.changes import Change, Shown
from ticker.archive.place import Place
from ticker.archive.query import Query
from ticker.domain.cursor import Cursor, StreamId

FIND_MAX = 200
"""Items that one question returns."""
PART_MIN = 4
"""Characters that a part of an id has at least."""
BOARD_SCAN_MAX = 5_000
"""Newest versions before a moment that ``board`` looks at; what is not among them was long on the
board then, and is left out."""


@dataclass(frozen=True, slots=True)
class Archived:
    """An item of the archive, in its last version or one that was."""

    id: str
    published_ms: int
    item: bytes
    """The public item as JSON."""
    ended: bool
    """Whether it has left the current items."""
    doubtful: bool
    """Whether events were missed since it was last confirmed: it may have been retracted."""

    @property
    def place(self) -> Place:
        """Return its place in the order of all items."""
        return Place(self.published_ms, self.id)


@dataclass(frozen=True, slots=True)
class Position:
    """The position up to which the archive has copied the lane. A new one has no ``cursor``."""

    cursor: Cursor | None = None
    seen_ms: int = 0
    """When the newest heartbeat that it has read was sent, by Redis' clock."""

    @classmethod
    def of(cls, cursor: str | None, seen_ms: int) -> Position:
        """Return the position that a store keeps."""
        return cls(None if cursor is None else Cursor.parse(cursor), seen_ms)


@dataclass(frozen=True, slots=True)
class Restart:
    """A new beginning after history was rewritten, or entries were trimmed unread."""

    end: StreamId | None
    """Events after it are not part of the lane any more and are undone; None undoes none."""
    current: Sequence[Shown]
    """The current items whose events come at ``after`` or before."""
    current_ids: frozenset[str]
    """The ids of all current items: others are not live any more."""
    after: Cursor
    """Where reading goes on."""
    gap: bool
    """Whether events may be missing: items that are not confirmed become doubtful."""


class ArchiveReader(Protocol):
    """Reads the archive. Every method raises Unavailable while that cannot be done."""

    async def find(self, query: Query, before: Place | None, limit: int) -> list[Archived]:
        """Return up to ``limit`` matching items before a place, newest first."""

    async def get(self, id: str) -> Archived | None:
        """Return the item in its last version, or None."""

    async def ids(self, part: str, limit: int) -> list[str]:
        """Return ids that begin or end with ``part``, at most ``limit``.

        ``part`` has at least ``PART_MIN`` characters. Ids of retracted items are among them.
        """

    async def board(self, at_ms: int, query: Query, limit: int) -> list[Archived]:
        """Return the items that were on the board at ``at_ms``, as they were, in display order."""

    async def position(self) -> Position:
        """Return how far the archive is."""

    async def aclose(self) -> None:
        """Close the connections."""


class ArchiveWriter(Protocol):
    """Writes the archive. Every method raises Unavailable while that cannot be done.

    Several processes may write: ``before`` is where the caller believes the archive to be. If it is
    elsewhere nothing is written, and the caller asks ``position``.
    """

    async def position(self) -> Position:
        """Return how far the archive is."""

    async def apply(
        self, before: Cursor | None, changes: Sequence[Change], after: Cursor, seen_ms: int
    ) -> bool:
        """Make ``changes`` and move on, in one transaction; return False if it was elsewhere.

        A change that the archive has already is left out. The text of a retracted item is gone from
        the files when this returns, or the next call removes it.
        """

    async def restart(self, before: Cursor | None, restart: Restart) -> bool:
        """Make the archive follow the lane again; return False if it was elsewhere."""

    async def aclose(self) -> None:
        """Close the connections."""

"""One process's view of the lane, and the replay decision: what a cursor can still be given.

``resume`` decides. Its outcomes are types, so that the type checker sees that every caller handles
every case.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from ticker.domain.cursor import ZERO, Cursor, StreamId
from ticker.domain.event import LaneEntry, LaneEvent
from ticker.stream.current_items import CurrentItems
from ticker.stream.window import Window

ResetReason: TypeAlias = Literal["epoch", "expired", "ahead"]


@dataclass(frozen=True, slots=True)
class UpToDate:
    """Nothing is missing."""


@dataclass(frozen=True, slots=True)
class Replay:
    """Everything after ``position`` is in the window."""

    position: StreamId


@dataclass(frozen=True, slots=True)
class Reset:
    """The gap cannot be closed: announce a reset and send a snapshot."""

    reason: ResetReason


@dataclass(frozen=True, slots=True)
class Ahead:
    """The cursor is newer than this process: wait for the tail, for a bounded time."""


Outcome: TypeAlias = UpToDate | Replay | Reset | Ahead


class Lane:
    """Epoch, position, current items and window. Only ``advance`` changes them."""

    def __init__(
        self,
        capacity: int,
        epoch: int = 0,
        position: StreamId = ZERO,
        floor: StreamId = ZERO,
        current: Iterable[LaneEvent] = (),
        recent: Iterable[LaneEvent] = (),
    ) -> None:
        """Start at ``position`` of ``epoch``, with the items current there and the events before.

        ``floor`` is the position below which ``recent`` lacks events.
        """
        self.epoch = epoch
        self.position = position
        self.current_items = CurrentItems()
        for event in current:
            self.current_items.apply(event)
        self.window = Window(capacity, floor, recent)
        self.generation = object()
        """Another object after every event; anything derived from an older one is out of date."""

    @property
    def cursor(self) -> Cursor:
        """The cursor of this process's position."""
        return Cursor(self.epoch, self.position)

    def advance(self, entry: LaneEntry) -> bool:
        """Add the next entry and move on. Return False for one that was added before."""
        if entry.id <= self.position:
            return False
        if isinstance(entry, LaneEvent):
            self.current_items.apply(entry)
            self.window.append(entry)
            self.generation = object()
        self.position = entry.id
        return True

    def resume(self, cursor: Cursor) -> Outcome:
        """Return what a subscriber at ``cursor`` needs."""
        if cursor.epoch > self.epoch:
            return Ahead()
        if cursor.epoch < self.epoch:
            return Reset("epoch")
        if cursor.id > self.position:
            return Ahead()
        if cursor.id == self.position:
            return UpToDate()
        if not self.window.holds(cursor.id):
            return Reset("expired")
        return Replay(cursor.id)

    def witness(self) -> LaneEvent | None:
        """Return the newest event; only a retraction, a trim or lost history can remove it."""
        return self.window.last


def rewritten(
    position: StreamId,
    top: StreamId,
    witness: LaneEvent | None,
    present: bool,
    floor: StreamId,
    retracted_since: Collection[str],
) -> bool:
    """Tell whether the lane in Redis is no longer the one this process has read.

    Replication loses a suffix, so it is enough to look at the newest event held: it must be there,
    unless it was trimmed (at or below ``floor``) or its item was retracted after ``position``.
    ``top`` is the lane's last generated id; a lane that ends before ``position`` has lost entries.
    """
    if top < position:
        return True
    if witness is None or present or witness.id <= floor:
        return False
    return witness.item_id not in retracted_since

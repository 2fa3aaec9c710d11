"""One process's view of the lane, and the replay decision: what a cursor can still be given.

``resume`` decides. Its outcomes are types, so that the type checker sees that every caller handles
every case.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from ticker.domain.cursor import UNREADABLE, ZERO, Cursor, StreamId
from ticker.domain.event import LaneEntry, LaneEvent
from ticker.domain.readable import Readable
from ticker.domain.timeline import Timeline
from ticker.stream.current_items import CurrentItems
from ticker.stream.window import Window

ResetReason: TypeAlias = Literal["epoch", "expired", "ahead", "unreadable"]


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

Verdict: TypeAlias = Literal["wait", "reached", "ahead", "behind"]
"""What becomes of a reader whose cursor is ahead: it waits, the lane has its cursor now, it gets a
reset (``ahead``), or it is sent to another server (``behind``)."""


class Lane:
    """Epoch, position, current items and window. Only ``advance`` changes them."""

    def __init__(
        self,
        capacity: int,
        timeline: Timeline | int = 0,
        position: StreamId = ZERO,
        floor: StreamId = ZERO,
        current: Iterable[LaneEvent] = (),
        recent: Iterable[LaneEvent] = (),
    ) -> None:
        """Start at ``position`` with the items current there and the events before.

        An epoch alone stands for a ``timeline`` without earlier ones. ``floor`` is the position
        below which ``recent`` lacks events.
        """
        self.timeline = Timeline(timeline) if isinstance(timeline, int) else timeline
        self.position = position
        self.current_items = CurrentItems()
        for event in current:
            self.current_items.apply(event)
        self.window = Window(capacity, floor, recent)
        self.generation = object()
        """Another object after every event; anything derived from an older one is out of date."""

    @property
    def whole(self) -> Lane:
        """The lane that this is a part of: itself, unless it is a ``ReadableLane``."""
        return self

    @property
    def readable(self) -> Readable:
        """The editions whose items it has; None for all."""
        return None

    @property
    def epoch(self) -> int:
        """The epoch in force."""
        return self.timeline.epoch

    def lost(self, timeline: Timeline) -> StreamId | None:
        """Return up to where this lane is a part of ``timeline``; None if it is one altogether.

        Only events count: heartbeats and noops after that point are nothing to miss. ``ZERO`` if
        ``timeline`` does not know this lane's epoch.
        """
        end = timeline.end(self.epoch)
        if end is None:
            return ZERO
        if end >= self.position or (self.window.holds(end) and not self.window.after(end, 1)):
            return None
        return end

    def adopt(self, timeline: Timeline) -> None:
        """Go on in ``timeline``, of which this lane is a part (``lost`` returned None)."""
        self.position = min(self.position, timeline.end(self.epoch) or ZERO)
        self.timeline = timeline
        self.generation = object()

    @property
    def cursor(self) -> Cursor:
        """The cursor of this process's position."""
        return self.timeline.cursor(self.position)

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

    def is_clean(self, item_id: str) -> bool:
        """Tell whether there is no text of a retracted item, neither to show nor to replay."""
        return item_id not in self.current_items and not any(
            event.item_id == item_id and event.action != "retract" for event in self.window
        )

    def resume(self, cursor: Cursor) -> Outcome:
        """Return what a subscriber at ``cursor`` needs."""
        if cursor == UNREADABLE:
            return Reset("unreadable")
        if cursor.epoch > self.epoch:
            return Ahead()
        if not self.timeline.holds(cursor):
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

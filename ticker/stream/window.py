"""The recent part of the lane that a gateway keeps, and what it can replay from it.

Holds every item event after ``start``, at most ``capacity`` of them. A position at or after
``start`` can be brought up to date from here; an older one cannot, and is told so.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator

from ticker.domain.cursor import ZERO, StreamId
from ticker.domain.event import LaneEvent
from ticker.domain.filter import Filter


def _id(event: LaneEvent) -> StreamId:
    return event.id


class Window:
    """Item events in lane order, oldest first."""

    def __init__(
        self, capacity: int, start: StreamId = ZERO, events: Iterable[LaneEvent] = ()
    ) -> None:
        self.capacity = capacity
        self.start = start
        self._events: list[LaneEvent] = []
        for event in events:
            self.append(event)

    def __len__(self) -> int:
        return len(self._events)

    def __iter__(self) -> Iterator[LaneEvent]:
        return iter(self._events)

    @property
    def last(self) -> LaneEvent | None:
        """The newest event held, or None."""
        return self._events[-1] if self._events else None

    def newest(self, limit: int) -> list[LaneEvent]:
        """Return the newest ``limit`` events, oldest first."""
        return self._events[max(0, len(self._events) - limit) :]

    def append(self, event: LaneEvent) -> None:
        """Add the newest event. A retraction also scrubs what came before it (DESIGN invariant 5).

        At ``capacity`` the oldest events go and ``start`` moves up; a tenth more is tolerated, so
        that the list is cut once in a while and not at every event.
        """
        if event.action == "retract":
            self.scrub(event.item_id)
        self._events.append(event)
        excess = len(self._events) - self.capacity
        if excess > self.capacity // 10:
            self.start = self._events[excess - 1].id
            del self._events[:excess]

    def scrub(self, item_id: str) -> None:
        """Forget every event of ``item_id``. Positions stay valid; the text is gone."""
        self._events = [event for event in self._events if event.item_id != item_id]

    def holds(self, position: StreamId) -> bool:
        """Tell whether everything after ``position`` is still here."""
        return position >= self.start

    def after(self, position: StreamId, limit: int | None = None) -> list[LaneEvent]:
        """Return the events after ``position``, oldest first, at most ``limit`` of them.

        Ask ``holds`` before.
        """
        start = bisect_right(self._events, position, key=_id)
        return self._events[start : None if limit is None else start + limit]


def visible(event: LaneEvent, filter: Filter) -> bytes | None:
    """Return the message that a reader with ``filter`` gets for ``event``, or None for nothing.

    An item in the view is shown. One that was in the view and is no longer must leave the reader's
    screen: a removal as it is, an update that moved it out as an ``expire`` of this reader's own.
    """
    if event.facets is not None and filter.matches(event.facets):
        return event.message
    if event.was is not None and filter.matches(event.was):
        return event.message if event.facets is None else event.leave
    return None


def compact(events: Iterable[LaneEvent], filter: Filter) -> list[tuple[StreamId, bytes]]:
    """Return the last message of each item that concerns ``filter``, in lane order.

    For a reader that fell behind: it needs where things are, not how they got there.
    """
    last: dict[str, tuple[StreamId, bytes]] = {}
    for event in events:
        message = visible(event, filter)
        if message is not None:
            last.pop(event.item_id, None)
            last[event.item_id] = (event.id, message)
    return list(last.values())

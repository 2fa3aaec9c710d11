"""The recent part of the lane that a gateway keeps in memory and replays from.

It holds every item event after ``start``, at most ``capacity`` of them. A subscriber at or after
``start`` can be brought up to date from here; an older one needs a snapshot.
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
        """Add the newest event. A retraction also removes the item's earlier events.

        Beyond ``capacity`` the oldest events go and ``start`` moves up; a tenth more is tolerated,
        so that the list is cut once in a while and not at every event.
        """
        if event.action == "retract":
            self.scrub(event.item_id)
        self._events.append(event)
        excess = len(self._events) - self.capacity
        if excess > self.capacity // 10:
            self.start = self._events[excess - 1].id
            del self._events[:excess]

    def scrub(self, item_id: str) -> None:
        """Remove every event of ``item_id``, and with it the text. Positions stay valid."""
        self._events = [event for event in self._events if event.item_id != item_id]

    def holds(self, position: StreamId) -> bool:
        """Tell whether every event after ``position`` is held, except removed ones."""
        return position >= self.start

    def after(self, position: StreamId, limit: int | None = None) -> list[LaneEvent]:
        """Return the events after ``position``, oldest first, at most ``limit`` of them.

        Complete only if ``holds(position)``.
        """
        start = bisect_right(self._events, position, key=_id)
        return self._events[start : None if limit is None else start + limit]


def visible(event: LaneEvent, filter: Filter) -> bytes | None:
    """Return the message that a subscriber with ``filter`` gets for ``event``, or None.

    An item that matches is shown. An item that may have matched before and no longer does is taken
    off the screen: by the removal itself, or by an ``expire`` if an update moved it out of the
    filter.
    """
    if event.facets is not None and filter.matches(event.facets):
        return event.message
    if event.was is not None and filter.may_match(event.was):
        return event.message if event.facets is None else event.leave
    return None

"""The board: every item that is out now, the fold of the lane. Snapshots are cut from it."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator
from typing import NamedTuple

from ticker.core.event import LaneEvent
from ticker.core.filter import Filter


class _Key(NamedTuple):
    """Display order: pinned first, then newest, ties by id."""

    pinned: bool
    published_ms: int
    item_id: str


class Board:
    """Items by id and in display order. The sweep bounds it: it expires what is over the limit."""

    def __init__(self) -> None:
        self._items: dict[str, LaneEvent] = {}
        self._order: list[_Key] = []
        self._stories: dict[str, dict[str, None]] = {}

    def __len__(self) -> int:
        return len(self._items)

    def __contains__(self, item_id: object) -> bool:
        return item_id in self._items

    def get(self, item_id: str) -> LaneEvent | None:
        """Return the event that made the item what it is, or None if it is not out."""
        return self._items.get(item_id)

    def apply(self, event: LaneEvent) -> None:
        """Take ``event`` in: a removal takes the item off, any other puts this version on."""
        old = self._items.pop(event.item_id, None)
        if old is not None:
            del self._order[bisect_left(self._order, _key(old))]
            self._unfile(old)
        if event.facets is not None:
            self._items[event.item_id] = event
            insort(self._order, _key(event))
            for story in event.facets.stories:
                self._stories.setdefault(story, {})[event.item_id] = None

    def select(self, filter: Filter, limit: int) -> list[LaneEvent]:
        """Return up to ``limit`` items in the view of ``filter``, in display order."""
        chosen: list[LaneEvent] = []
        for event in self:
            if len(chosen) >= limit:
                break
            if event.facets is not None and filter.matches(event.facets):
                chosen.append(event)
        return chosen

    def story(self, name: str) -> list[LaneEvent]:
        """Return every item of the story ``name``, oldest first; ties by id."""
        found = [self._items[id] for id in self._stories.get(name, ())]
        return sorted(found, key=lambda event: (event.published_ms, event.item_id))

    def _unfile(self, event: LaneEvent) -> None:
        for story in event.facets.stories if event.facets is not None else ():
            members = self._stories[story]
            del members[event.item_id]
            if not members:
                del self._stories[story]

    def __iter__(self) -> Iterator[LaneEvent]:
        return (self._items[key.item_id] for key in reversed(self._order))


def _key(event: LaneEvent) -> _Key:
    return _Key(event.pinned, event.published_ms, event.item_id)

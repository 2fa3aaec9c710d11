"""The current items: every published item in its latest version. Snapshots are cut from them."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator, KeysView
from heapq import merge
from itertools import takewhile
from operator import itemgetter
from typing import NamedTuple, TypeAlias

from ticker.domain.cursor import LAST, StreamId
from ticker.domain.event import LaneEvent
from ticker.domain.filter import Facets, Filter
from ticker.domain.item import Level
from ticker.domain.text import folded


class Place(NamedTuple):
    """A place in the display order: pinned first, then newest, ties by id."""

    pinned: bool
    published_ms: int
    item_id: str


class Examined(NamedTuple):
    """The matching items among those examined, the place to go on below, and their number.

    ``below`` is None if no item follows.
    """

    events: list[LaneEvent]
    below: Place | None
    number: int


_Orders: TypeAlias = dict[tuple[str, object], list[Place]]
_published = itemgetter(1, 2)
_BELOW_PINNED = Place(True, -(1 << 62), "")


class CurrentItems:
    """Items by id and in display order. The scheduler expires items beyond their limit.

    Each value of each facet has its own order as well, so that a narrow filter does not scan all
    items: the event loop that answers it also serves every live subscriber.
    """

    def __init__(self) -> None:
        self._items: dict[str, LaneEvent] = {}
        self._order: list[Place] = []
        self._orders: _Orders = {}
        self._stories: dict[str, None] = {}

    def __len__(self) -> int:
        return len(self._items)

    def __contains__(self, item_id: object) -> bool:
        return item_id in self._items

    def get(self, item_id: str) -> LaneEvent | None:
        """Return the item's latest event, or None if it is not current."""
        return self._items.get(item_id)

    def apply(self, event: LaneEvent) -> None:
        """Apply ``event``: a removal removes the item, any other event replaces its version."""
        old = self._items.pop(event.item_id, None)
        if old is not None and old.facets is not None:
            key = _key(old)
            _remove(self._order, key)
            for value in _values(old.facets):
                order = self._orders[value]
                _remove(order, key)
                if not order:
                    del self._orders[value]
            for story in old.facets.stories:
                if ("story", story) not in self._orders:
                    del self._stories[story]
        if event.facets is not None:
            key = _key(event)
            self._items[event.item_id] = event
            insort(self._order, key)
            for value in _values(event.facets):
                insort(self._orders.setdefault(value, []), key)
            self._stories.update(dict.fromkeys(event.facets.stories))

    def page(
        self,
        filter: Filter,
        limit: int,
        below: Place | None = None,
        until: StreamId = LAST,
        most: int | None = None,
    ) -> Examined:
        """Return up to ``limit`` matching items ``below`` a place, among the next ``most`` (≥ 1).

        Items that have changed after ``until`` are left out, so that pages that are read one after
        the other, and then the events after ``until``, give the items as they are. A filter of
        exclusions that match nothing has no selective facet: without ``most`` it examines the whole
        board.
        """
        chosen: list[LaneEvent] = []
        number = 0
        last: LaneEvent | None = None
        for event in self._candidates(filter, below):
            if number == most:
                return Examined(chosen, below if last is None else _key(last), number)
            number += 1
            if event.id <= until and event.facets is not None and filter.matches(event.facets):
                if len(chosen) >= limit:
                    return Examined(chosen, below if last is None else _key(last), number)
                chosen.append(event)
            last = event
        return Examined(chosen, None, number)

    def select(self, filter: Filter, limit: int) -> list[LaneEvent]:
        """Return up to ``limit`` items that match ``filter``, in display order."""
        chosen: list[LaneEvent] = []
        for event in self.view(filter):
            if len(chosen) >= limit:
                break
            chosen.append(event)
        return chosen

    def view(self, filter: Filter, below: Place | None = None) -> Iterator[LaneEvent]:
        """Yield the items that match ``filter``, in display order. Do not ``apply`` meanwhile.

        Examines only the items of the filter's most selective facet, and those ``below`` a place.
        """
        for event in self._candidates(filter, below):
            if event.facets is not None and filter.matches(event.facets):
                yield event

    def pinned(self, filter: Filter) -> list[LaneEvent]:
        """Return the pinned items that match ``filter``, newest first."""
        return list(takewhile(lambda event: event.pinned, self.view(filter)))

    def older(self, filter: Filter, before: tuple[int, str] | None) -> Iterator[LaneEvent]:
        """Yield the items that match ``filter`` and are not pinned, newest first.

        ``before`` is the time of publication and the id that come before theirs; None begins with
        the newest. Do not ``apply`` meanwhile.
        """
        return self.view(filter, _BELOW_PINNED if before is None else Place(False, *before))

    def newest(self, limit: int) -> list[LaneEvent]:
        """Return the ``limit`` newest items, newest first, pinned or not."""
        pinned = bisect_left(self._order, (True,))
        newest = [*self._order[pinned:], *self._order[max(0, pinned - limit) : pinned]]
        return self._events(sorted(newest, key=_published, reverse=True)[:limit])

    def newest_of(self, edition: str, limit: int) -> list[LaneEvent]:
        """Return about the ``limit`` newest items of an edition, pinned ones first."""
        order = self._orders.get(("edition", edition), [])
        return self._events(reversed(order[-limit:]))

    @property
    def stories(self) -> KeysView[str]:
        """The ``folded`` names of the stories that the items belong to."""
        return self._stories.keys()

    def story(self, name: str) -> list[LaneEvent]:
        """Return every item of the story ``name``, in any case; oldest first, ties by id."""
        order = self._orders.get(("story", folded(name)), [])
        pinned = bisect_left(order, (True,))
        keys = order[:pinned]  # by time already
        for key in order[pinned:]:
            insort(keys, key, key=_published)
        return self._events(keys)

    def _candidates(self, filter: Filter, below: Place | None) -> Iterator[LaneEvent]:
        fewest = self._fewest(filter)
        if fewest is None:
            return (self._items[key.item_id] for key in _descending(self._order, below))
        return (self._items[key.item_id] for key in _merged(fewest, below))

    def _fewest(self, filter: Filter) -> list[list[Place]] | None:
        """Return the orders that together have every matching item; None for all items."""
        facets = [
            [self._orders[value] for value in values if value in self._orders]
            for values in _wanted(filter)
        ]
        parts = [self._fewest(one) for one in filter.alternatives]
        restricting = [part for part in parts if part is not None]
        if parts and len(restricting) == len(parts):
            facets.append([order for part in restricting for order in part])
        if not facets:
            return None
        return min(facets, key=lambda orders: sum(map(len, orders)))

    def _events(self, keys: Iterable[Place]) -> list[LaneEvent]:
        return [self._items[key.item_id] for key in keys]

    def __iter__(self) -> Iterator[LaneEvent]:
        return (self._items[key.item_id] for key in reversed(self._order))


def _key(event: LaneEvent) -> Place:
    return Place(event.pinned, event.published_ms, event.item_id)


def _remove(order: list[Place], key: Place) -> None:
    del order[bisect_left(order, key)]


def _values(facets: Facets) -> Iterator[tuple[str, object]]:
    yield "edition", facets.edition
    yield "level", facets.level
    for section in facets.sections:
        yield "section", section
    for region in facets.regions:
        yield "region", region
    for tag in facets.tags:
        yield "tag", tag
    for story in facets.stories:
        yield "story", story


def _wanted(filter: Filter) -> Iterator[list[tuple[str, object]]]:
    """Yield the wanted values of each facet that ``filter`` restricts."""
    for name, values in (
        ("story", filter.stories),
        ("tag", filter.tags),
        ("region", filter.regions),
        ("section", filter.sections),
        ("edition", filter.editions),
    ):
        if values:
            yield [(name, value) for value in values]
    if filter.level:
        yield [("level", level) for level in Level if level >= filter.level]


def _descending(order: list[Place], below: Place | None) -> Iterator[Place]:
    """Yield the keys of ``order`` in display order, without a copy of it."""
    if below is None:
        return reversed(order)
    return map(order.__getitem__, range(bisect_left(order, below) - 1, -1, -1))


def _merged(orders: list[list[Place]], below: Place | None) -> Iterator[Place]:
    """Yield the keys of all ``orders`` in display order, each once."""
    if len(orders) == 1:
        yield from _descending(orders[0], below)
        return
    last = None
    for key in merge(*(_descending(order, below) for order in orders), reverse=True):
        if key != last:
            yield key
        last = key

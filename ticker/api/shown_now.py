"""Confirms what the archive has found before it is shown.


Another process writes the archive, and may be behind. An item that is live is shown as this
process's lane has it; one that is not is shown only if Redis does not say that it was retracted. A
question takes a while, and the lane goes on meanwhile: what was retracted since its start is left
out.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import orjson

from ticker.api.live_items import LiveItems
from ticker.archive.matching import matches
from ticker.archive.place import Place
from ticker.archive.query import Query
from ticker.archive.store import Archived
from ticker.domain.cursor import ZERO, StreamId
from ticker.domain.errors import Unavailable
from ticker.domain.event import LaneEvent, read_lane
from ticker.domain.item import PUBLIC_FIELDS
from ticker.stream.replay import Lane


class ItemStates(Protocol):
    """The store that knows the state of every item."""

    async def states(self, ids: Sequence[str]) -> list[tuple[str | None, StreamId | None]]:
        """Return the states of items; None for one that is not kept. Raises Unavailable."""


@dataclass(frozen=True, slots=True)
class Found:
    """An item of a page. ``live``: it is one of the current items."""

    place: Place
    item: bytes
    """The public item as JSON."""
    live: bool
    pinned: bool = False

    def public(self) -> dict[str, Any]:
        """Return the public item."""
        found: dict[str, Any] = orjson.loads(self.item)
        return {name: value for name, value in found.items() if name in PUBLIC_FIELDS}

    def event(self) -> LaneEvent:
        """Return the item as an event of the lane, for what shows events."""
        body = b'{"action":"publish","item":%b,"was":null}' % self.item
        event = read_lane(ZERO, {b"e": body}, 0)
        assert isinstance(event, LaneEvent)
        return event

    @property
    def state(self) -> str:
        """Return the item's state, as editors call it."""
        return "live" if self.live else "expired"


@dataclass(frozen=True, slots=True)
class Start:
    """The lane when a question began."""

    lane: Lane
    epoch: int
    position: StreamId

    def retracted(self, now: Lane) -> set[str]:
        """Return the ids of the items that were retracted since.

        Raises Unavailable if that cannot be known: the lane is another one, or has dropped events.
        """
        kept = now is self.lane and now.epoch == self.epoch and now.window.holds(self.position)
        if not kept:
            raise Unavailable("the lane has changed meanwhile", retry_after=1)
        since = now.window.after(self.position)
        return {event.item_id for event in since if event.action == "retract"}


class ShownNow:
    """Compares what the archive found with the lane and with Redis."""

    def __init__(self, live_items: LiveItems, states: ItemStates) -> None:
        self._live_items = live_items
        self._states = states

    def start(self) -> Start:
        """Return the lane as it is when a question begins."""
        lane = self._live_items.lane()
        return Start(lane, lane.epoch, lane.position)

    def now(
        self, query: Query, found: Iterable[Found], start: Start, *, with_pinned: bool
    ) -> dict[Place, Found]:
        """Return what was ``found`` since ``start`` as it may be shown now."""
        lane = self._live_items.lane()
        retracted = start.retracted(lane)
        shown = {}
        for one in found:
            event = lane.current_items.get(one.place.id)
            if event is not None:
                if matches_event(query, event) and (with_pinned or not event.pinned):
                    shown[one.place] = live_item(event)
            elif not one.live and one.place.id not in retracted:
                shown[one.place] = one
        return shown

    async def shown(self, query: Query, archived: Sequence[Archived], start: Start) -> list[Found]:
        """Return ``archived`` as they may be shown now: live ones as the lane has them."""
        confirmed = await self.confirmed(archived, start)
        current = self._live_items.lane().current_items
        shown = []
        for one in confirmed:
            event = current.get(one.id)
            if event is None:
                shown.append(Found(one.place, one.item, live=False))
            elif matches_event(query, event):
                shown.append(live_item(event))
        return shown

    async def confirmed(self, found: Sequence[Archived], start: Start) -> list[Archived]:
        """Return ``found`` without each that was retracted, or may have been, until now."""
        current = self._live_items.lane().current_items
        asked = [one.id for one in found if one.id not in current]
        answers = await self._states.states(asked) if asked else []
        states = {id: state for id, (state, _) in zip(asked, answers, strict=True)}
        lane = self._live_items.lane()
        retracted = start.retracted(lane)
        # Of what was live Redis was not asked: if it is not live any more, it is left out.
        return [
            one
            for one in found
            if one.id in lane.current_items
            or (one.id in states and one.id not in retracted and _may_be_shown(states[one.id], one))
        ]


def live_item(event: LaneEvent) -> Found:
    """Return a current item."""
    place = Place(event.published_ms, event.item_id)
    return Found(place, event.item, live=True, pinned=event.pinned)


def _may_be_shown(state: str | None, archived: Archived) -> bool:
    if state is None:  # Redis keeps the state of what has ended for ``archive_ttl``
        return not archived.doubtful
    return state in ("live", "expired")


def matches_event(query: Query, event: LaneEvent) -> bool:
    """Return whether a current item matches ``query``."""
    if event.facets is None:
        return False
    if query == Query(filter=query.filter):
        return query.filter.matches(event.facets)
    return matches(query, orjson.loads(event.item), event.facets, event.published_ms)

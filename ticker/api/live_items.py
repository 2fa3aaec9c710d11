"""Live items, read from this process's memory, and the reason why an item is not live."""

from __future__ import annotations

import re
from typing import Protocol

from ticker.api.current_lane import CurrentLane, ReadView
from ticker.api.negative_cache import NegativeCache
from ticker.api.render_faults import RenderFaults
from ticker.api.request_rights import may_read_now, require_editions
from ticker.domain.errors import Gone, NotFound, Successor, UnreadableItem
from ticker.domain.event import LaneEvent
from ticker.domain.item import Item

ITEM_ID = re.compile(r"[0-9a-hjkmnp-tv-z]{26}")
UNKNOWN = "no item has this id"
"""Detail of the 404 for an unknown id, and for an item under embargo: the two look the same."""

SUCCESSORS_MAX = 8
"""Items that are followed from a retracted one: each was withdrawn by mistake, and again."""


class ItemSource(Protocol):
    """The store that knows items which are not live."""

    async def get(self, id: str) -> Item:
        """Return the item. Raises NotFound, UnreadableItem or Unavailable."""


class LiveItems(CurrentLane):
    """Read live items from memory; ask the store only about items that are not live."""

    def __init__(
        self, view: ReadView, items: ItemSource, faults: RenderFaults | None = None
    ) -> None:
        """``faults`` are the items that cannot be rendered, for every page and feed."""
        super().__init__(view)
        self._items = items
        self._missing = NegativeCache()
        self.faults = RenderFaults() if faults is None else faults

    def __contains__(self, id: str) -> bool:
        """Return whether the item is live; False until the lane is loaded."""
        return self._view.ready and id in self._view.lane.current_items

    async def item(self, id: str) -> LaneEvent:
        """Return the newest event of the live item ``id``.

        An item that is not live costs one store lookup a second, however many clients ask.
        Raises Gone if it was retracted, NotFound otherwise, and Unavailable; TokenRequired,
        InvalidToken or EditionNotInToken if the request may not read it.
        """
        lane = self.whole()
        if ITEM_ID.fullmatch(id) is None:
            raise NotFound(UNKNOWN)
        event = lane.current_items.get(id)
        if event is None:
            reason = await self._missing.reason(id, self._reason)
            event = self.whole().current_items.get(id)  # which may have been read meanwhile
            if event is None:
                raise self._shown(reason)
            self._missing.forget(id)  # another one holds, should the item be retracted at once
        require_editions((event.edition,))
        return event

    def _shown(self, reason: Gone | NotFound) -> Gone | NotFound:
        """Return ``reason``, without a successor that this request may not read, or that is gone.

        One that has expired stays: the archive knows whether it can be shown.
        """
        successor = reason.successor if isinstance(reason, Gone) else None
        if successor is None or not isinstance(reason, Gone):
            return reason
        live = successor.id in self.whole().current_items
        if live == successor.expired or not may_read_now(successor.edition):
            reason.successor = None
        return reason

    async def _reason(self, id: str) -> Gone | NotFound:
        try:
            item = await self._items.get(id)
        except (NotFound, UnreadableItem):  # which may be under embargo
            return NotFound(UNKNOWN)
        if item.went_out and item.state == "live":  # what has ended is in no lane to look at
            await self._view.look()
        reason = _reason_missing(item)
        if isinstance(reason, Gone) and item.replaced_by is not None:
            reason.successor = await self._successor(item.replaced_by)
        return reason

    async def _successor(self, id: str) -> Successor | None:
        """Return the item in which a report goes on, if readers have it or had it until its end.

        It may have been withdrawn by mistake itself.
        """
        for _ in range(SUCCESSORS_MAX):
            try:
                item = await self._items.get(id)
            except (NotFound, UnreadableItem):
                return None
            if item.state in ("live", "expired") and item.went_out:
                return Successor(id, item.edition, item.state == "expired")
            if item.state != "retracted" or item.replaced_by is None:
                return None
            id = item.replaced_by
        return None


def _reason_missing(item: Item) -> Gone | NotFound:
    """Return the error for a stored item that is not live. It reveals nothing never published."""
    if not item.went_out:
        return NotFound(UNKNOWN)
    if item.state == "retracted":
        return Gone("the item was retracted")
    if item.state == "expired":
        return NotFound("the item has expired")
    return NotFound(UNKNOWN)  # committed, and the relay is a few milliseconds behind

"""The wait of an answer until the events of a change are in the lane."""

from __future__ import annotations

import asyncio
from typing import Protocol

from ticker.domain.cursor import ZERO, StreamId
from ticker.domain.errors import Unavailable
from ticker.publishing.repository import ItemRepository

DELIVERY_WAIT = 1.0
"""Seconds that an answer waits for the lane; without a worker it may take for ever."""
DELIVERY_LOOK = 0.02


class Sent(Protocol):
    """A change that may have an event on its way to readers."""

    @property
    def wire_id(self) -> StreamId | None:
        """The event's id, or None if there is none."""

    @property
    def delivered(self) -> bool:
        """Whether it was seen in the lane."""


async def wait_for_lane(items: ItemRepository, *committed: Sent) -> list[bool | None]:
    """Return whether each event is in the lane, after ``DELIVERY_WAIT`` seconds in all at most.

    None: there is no event that readers could get.
    """
    loop = asyncio.get_running_loop()
    until = loop.time() + DELIVERY_WAIT
    waits = [one.wire_id for one in committed if one.wire_id and not one.delivered]
    last, top = max(waits, default=ZERO), ZERO
    while top < last and loop.time() < until:
        await asyncio.sleep(DELIVERY_LOOK)
        try:
            top = await items.lane_top()
        except Unavailable:
            break  # they are committed; the lane cannot be asked now
    return [
        None if one.wire_id is None else one.delivered or one.wire_id <= top for one in committed
    ]

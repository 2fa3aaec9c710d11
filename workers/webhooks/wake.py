"""Wakes endpoints: an arq job for each that has news, out of the lane and the desk's wishes.

An event is acknowledged after its jobs are in the queue; a repeat makes the same jobs, which arq
takes once, and whose work is nothing the second time.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence

from ticker.domain.cursor import StreamId
from ticker.domain.event import LaneEvent, Record, read_lane
from ticker.stream.consumer_group import ConsumerGroup
from ticker.stream.store import Entry
from ticker.stream.window import visible
from ticker.webhooks.endpoints import WakeQueue
from workers.consumer import BLOCK_MS, Consumer
from workers.webhooks.delivery_queue import Queue
from workers.webhooks.dispatcher import Dispatcher

BATCH = 500
LINGER = 0.1
"""Seconds between two looks while there is news: arq looks for jobs twice a second."""


class Wake:
    """Reads the lane's events. ``step`` and ``lost`` are for ``Steady``; ``aclose`` at the end."""

    def __init__(
        self, group: ConsumerGroup, courier: Dispatcher, queue: Queue, clock: Callable[[], float]
    ) -> None:
        self._listener = Consumer(group, clock, BATCH)
        self._courier = courier
        self._queue = queue

    def lost(self) -> None:
        """Make sure of the group again, and look for what was left."""
        self._listener.lost()

    async def aclose(self) -> None:
        """Leave the group."""
        await self._listener.aclose()

    async def step(self) -> float:
        """Wait for news, bounded, and enqueue; return the seconds until the next look.

        Raises Unavailable when Redis is away.
        """
        if await self._listener.open():
            await sweep(self._courier, self._queue)  # who is behind from before
        entries = await self._listener.entries()
        if not entries:
            return 0.0
        await self._wake(entries)
        await self._listener.done(entries)
        return LINGER

    async def _wake(self, entries: Sequence[Entry]) -> None:
        events = [event for entry in entries if (event := _event(*entry)) is not None]
        if not events:
            return
        concerned = [
            endpoint.id
            for endpoint in await self._courier.webhooks.endpoints()
            if any(visible(event, endpoint.filter) is not None for event in events)
        ]
        if not concerned:
            return
        last = max(event.id for event in events)
        for id in await self._courier.due(concerned):
            await self._queue.put(id, str(last))


def _event(id: StreamId, record: Record) -> LaneEvent | None:
    try:
        entry = read_lane(id, record, 0)
    except (ValueError, KeyError):
        return None  # what no gateway can read is told to nobody
    return entry if isinstance(entry, LaneEvent) else None


async def sweep(courier: Dispatcher, queue: Queue) -> int:
    """Enqueue endpoints that are behind and may be told; return how many. Raises Unavailable."""
    behind = await courier.due()
    top = await courier.newest()
    for id in behind:
        await queue.put(id, f"sweep-{top}")
    return len(behind)


class WakeQueueReader:
    """Takes the desk's wishes. ``step`` is for ``Steady``."""

    def __init__(self, wishes: WakeQueue, queue: Queue) -> None:
        self._wishes = wishes
        self._queue = queue

    async def step(self) -> float:
        """Wait for wishes, bounded, and enqueue; return the seconds until the next look: none."""
        for id in await self._wishes.take(BLOCK_MS / 1000):
            # No two wishes are the same: each changed something.
            await self._queue.put(id, f"wish-{secrets.token_hex(4)}")
        return 0.0

"""Waking endpoints: an arq job for each that has new events, from the lane or the wake queue.

An event is acknowledged with the read that follows its jobs. A repeated event makes the same jobs,
which arq takes once and which find nothing to do the second time.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence

from ticker.domain.cursor import StreamId
from ticker.domain.event import LaneEvent, Record, read_lane
from ticker.stream.consumer_group import ConsumerGroup
from ticker.stream.lane_store import Entry
from ticker.stream.window import visible
from ticker.webhooks.wake_queue import WakeQueue
from workers.consumer import Consumer
from workers.webhooks.delivery_queue import DeliveryQueue
from workers.webhooks.dispatcher import Dispatcher

BATCH = 500
BLOCK_MS = 1_000
"""How long one read of the wake queue waits: a peer that hangs is noticed after little more."""


class EndpointWaker(Consumer):
    """Enqueues deliveries for the lane's events."""

    def __init__(
        self,
        group: ConsumerGroup,
        dispatcher: Dispatcher,
        queue: DeliveryQueue,
        clock: Callable[[], float],
    ) -> None:
        super().__init__(group, clock, BATCH)
        self._dispatcher = dispatcher
        self._queue = queue

    async def opened(self) -> None:
        """Enqueue the endpoints that were behind before."""
        await sweep(self._dispatcher, self._queue)

    async def take(self, entries: Sequence[Entry]) -> None:
        """Enqueue the endpoints that have new events. Raises Unavailable when Redis is away."""
        endpoints = await self._dispatcher.webhooks.endpoints()
        if not endpoints:
            return
        events = [event for entry in entries if (event := _event(*entry)) is not None]
        matching = [
            endpoint.id
            for endpoint in endpoints
            if any(visible(event, endpoint.filter) is not None for event in events)
        ]
        if not matching:
            return
        last = max(event.id for event in events)
        for id in await self._dispatcher.behind(matching):
            await self._queue.put(id, str(last))


def _event(id: StreamId, record: Record) -> LaneEvent | None:
    try:
        entry = read_lane(id, record, 0)
    except ValueError:
        return None  # an entry that no gateway can read is delivered nowhere
    return entry if isinstance(entry, LaneEvent) else None


async def sweep(dispatcher: Dispatcher, queue: DeliveryQueue) -> int:
    """Enqueue the endpoints that are behind; return how many. Raises Unavailable."""
    behind = await dispatcher.behind()
    top = await dispatcher.newest()
    for id in behind:
        await queue.put(id, f"sweep-{top}")
    return len(behind)


class WakeQueueReader:
    """Enqueues deliveries for changed endpoints. ``step`` is for ``SupervisedTask``."""

    def __init__(self, wake_queue: WakeQueue, queue: DeliveryQueue) -> None:
        self._wake_queue = wake_queue
        self._queue = queue

    async def step(self) -> float:
        """Wait for endpoints, for a bounded time, and enqueue; return 0."""
        for id in await self._wake_queue.take(BLOCK_MS / 1000):
            # Each entry stands for a change of its own, so no two may share a job.
            await self._queue.put(id, f"change-{secrets.token_hex(4)}")
        return 0.0

"""Wakes endpoints: an arq job for each that has news, out of the lane and the desk's wishes.

The entry is acknowledged after the job is in the queue; a repeat makes the same job, which arq
takes once, and whose work is nothing the second time.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable

from ticker.core.cursor import ZERO
from ticker.core.event import LaneEvent, read_lane
from ticker.core.window import visible
from ticker.store.live import LiveLane
from ticker.store.wakes import CLAIM_MS, Batch, Wakes
from workers.webhooks.courier import Courier
from workers.webhooks.queue import Queue

BLOCK_MS = 5_000
BATCH = 500
LINGER = 0.1
"""Seconds between two looks while there is news: arq looks for jobs twice a second."""
CLAIM_EVERY = CLAIM_MS / 1000
"""Seconds between two looks for what dead workers left."""


def consumer() -> str:
    """Return a name that no other worker has."""
    return secrets.token_hex(8)


class Wake:
    """Reads and enqueues. ``step`` and ``lost`` are for ``Steady``."""

    def __init__(
        self,
        wakes: Wakes,
        courier: Courier,
        lane: LiveLane,
        queue: Queue,
        *,
        clock: Callable[[], float] = time.monotonic,
        block_ms: int = BLOCK_MS,
    ) -> None:
        self._wakes = wakes
        self._courier = courier
        self._lane = lane
        self._queue = queue
        self._clock = clock
        self._block_ms = block_ms
        self._open = False
        self._claim_at = 0.0

    def lost(self) -> None:
        """Look for the group again before the next step."""
        self._open = False

    async def step(self) -> float:
        """Wait for news, bounded, and enqueue; return the seconds until the next look."""
        if not self._open:
            await self._lane.open()
            await self._wakes.open()
            self._open = True
        if self._clock() >= self._claim_at:
            self._claim_at = self._clock() + CLAIM_EVERY
            await self._wakes.tidy()
            while left := await self._wakes.claim(BATCH):
                await self._enqueue(left)
        batch = await self._wakes.read(self._block_ms, BATCH)
        if batch is None:
            self._open = False
            return LINGER
        if not batch:
            return 0.0
        await self._enqueue(batch)
        return LINGER

    async def _enqueue(self, batch: Batch) -> None:
        events = [
            event
            for id, record in batch.lane
            if b"e" in record and isinstance(event := read_lane(id, record, 0), LaneEvent)
        ]
        last = max((event.id for event in events), default=ZERO)
        if events:
            concerned = [
                endpoint.id
                for endpoint in await self._courier.webhooks.endpoints()
                if any(visible(event, endpoint.filter) is not None for event in events)
            ]
            for id in await self._courier.due(concerned) if concerned else ():
                await self._queue.put(id, str(last))
        for wish, record in batch.due:
            if b"endpoint" in record:
                await self._queue.put(record[b"endpoint"].decode(), f"due-{wish}")
        await self._wakes.done(batch)

"""One process's gateway: the hub, its tail, and the shared clock. ``run`` is its whole life."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import time
from collections.abc import AsyncIterator, Callable

from ticker.config import Settings
from ticker.domain.cursor import Cursor
from ticker.gateway.admission_queue import AdmissionQueue
from ticker.gateway.hub import TICKS_PER_SECOND, Hub, Limits, call_soon
from ticker.gateway.query_parser import QueryParser
from ticker.gateway.tail import Tail
from ticker.stream.replay import Lane
from ticker.stream.store import LaneStore

COLLECT = (20_000, 20, 50)
"""Collector thresholds: a pass over all readers' objects is rare, one over the new ones cheap."""
log = logging.getLogger(__name__)

_TOO_LATE = b"HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


class Gateway:
    """What uvicorn's protocol classes find in the application state under ``gateway``."""

    def __init__(
        self,
        settings: Settings,
        live: LaneStore,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.settings = settings
        self.reader = QueryParser(settings.taxonomy)
        self.hub = Hub(
            Lane(settings.replay_window),
            Limits(
                settings.client_heartbeat,
                settings.lag_limit,
                settings.ahead_wait,
                settings.max_connections,
                settings.drain_time,
            ),
            clock,
        )
        self.lobby = AdmissionQueue(call_soon)
        self.tail = Tail(live, self.hub, settings, clock)
        self.clock = clock
        self._expected: dict[asyncio.Transport, float] = {}
        self._any_origin = "*" in settings.allowed_origins

    @property
    def lane(self) -> Lane:
        """The lane as this process knows it; polls and snapshots are served from it."""
        return self.hub.lane

    @property
    def ready(self) -> bool:
        """Tell whether the lane has been loaded once."""
        return self.tail.loaded

    async def reach(self, cursor: Cursor) -> bool:
        """Wait, bounded, until the lane can answer ``cursor``; False when it cannot in time."""
        return await self.hub.reach(cursor)

    def metrics(self) -> dict[str, float]:
        """Return what ``/metrics`` shows of this process."""
        return self.hub.metrics() | self.tail.metrics() | {"lobby": len(self.lobby)}

    def admits(self, origin: str | None) -> bool:
        """Tell whether a page of ``origin`` may read; what is not a page (None) always may."""
        return self._any_origin or origin is None or origin in self.settings.allowed_origins

    def expect(self, transport: asyncio.Transport) -> None:
        """Give ``transport`` its time to send a whole request."""
        self._expected[transport] = self.clock() + self.settings.handshake_timeout

    def extend(self, transport: asyncio.Transport, seconds: float) -> None:
        """Give ``transport`` more time, because a part of its request has come."""
        deadline = self._expected.get(transport)
        if deadline is not None:
            self._expected[transport] = deadline + seconds

    def arrived(self, transport: asyncio.Transport) -> None:
        """Stop the clock of ``transport``."""
        self._expected.pop(transport, None)

    @contextlib.asynccontextmanager
    async def run(self) -> AsyncIterator[Gateway]:
        """Tail and tick until the block ends."""
        tasks = [asyncio.create_task(self.tail.run()), asyncio.create_task(self._tick())]
        try:
            yield self
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _tick(self) -> None:
        frozen = False
        while True:
            await asyncio.sleep(1 / TICKS_PER_SECOND)
            if self.ready and not frozen:
                # Code, settings, board and window outlive every collection: never look at them
                # again. What comes later is mostly freed by reference counts.
                gc.collect()
                gc.freeze()
                gc.set_threshold(*COLLECT)
                frozen = True
            for turn in (self.hub.tick, self._cut_late):
                try:
                    turn()
                except Exception:  # one reader's failure must not end all others' heartbeats
                    log.exception("a turn of the clock failed")

    def _cut_late(self) -> None:
        now = self.clock()
        for transport, deadline in tuple(self._expected.items()):
            if now >= deadline:
                del self._expected[transport]
                transport.write(_TOO_LATE)
                transport.close()

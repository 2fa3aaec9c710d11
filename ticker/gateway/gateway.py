"""The gateway of one process: the hub, its tail and their clock. ``run`` is its lifetime."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import time
from collections.abc import AsyncIterator, Callable, Iterable

from ticker.config import Settings
from ticker.domain.cursor import Cursor
from ticker.domain.usage_table import UsageTable
from ticker.gateway.admission_queue import REQUEST_TURNS, AdmissionQueue
from ticker.gateway.call_soon import call_soon
from ticker.gateway.connection_gate import ConnectionGate
from ticker.gateway.heartbeat_wheel import TICKS_PER_SECOND
from ticker.gateway.hub import Hub
from ticker.gateway.limits import Limits
from ticker.gateway.query_parser import QueryParser
from ticker.gateway.request_deadlines import RequestDeadlines
from ticker.gateway.tail import Tail
from ticker.gateway.tail_pace import Looks
from ticker.gateway.token_deadlines import TokenDeadlines
from ticker.reader_access.access import ReaderAccess
from ticker.reader_access.judge import Judge
from ticker.runtime.descriptors import limit
from ticker.runtime.settled_memory import (
    SETTLED_AFTER,
    exempt_from_collections,
    move_to_huge_pages,
)
from ticker.stream.lane_store import LaneStore
from ticker.stream.replay import Ahead, Lane, Verdict
from ticker.telemetry.families import Family, counter, gauge

LOAD_POLL = 0.01
"""Seconds between two looks whether the lane has been loaded; only a start waits for it."""

log = logging.getLogger(__name__)


class Gateway:
    """The hub, its tail and the limits; uvicorn's protocol classes get it from ``AppState``."""

    def __init__(
        self,
        settings: Settings,
        store: LaneStore,
        clock: Callable[[], float] = time.monotonic,
        request_turns: int = REQUEST_TURNS,
        usage: UsageTable | None = None,
        looks: Looks | None = None,
    ) -> None:
        """``clock`` is monotonic seconds; ``usage`` is what the processes of this machine share.

        A process without live readers starts a request in each turn, ``request_turns`` is 1, and
        reads the lane when ``looks`` says.
        """
        self.settings = settings
        self.clock = clock
        self.query_parser = QueryParser(settings.taxonomy)
        self.admission_queue = AdmissionQueue(call_soon, request_turns=request_turns)
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
            self.admission_queue.add_change,
        )
        self._looks = looks
        self.tail = Tail(store, self.hub, settings, clock, looks)
        self.usage = usage or UsageTable.own()
        self.budgets = settings.budgets(clock, self.usage)
        self.gate = ConnectionGate(self.budgets, limit(), clock, self.hub.shed)
        self.request_deadlines = RequestDeadlines(
            settings.handshake_timeout, settings.lag_limit, clock
        )
        self.access = ReaderAccess(settings)
        self.tokens = TokenDeadlines(self.access)
        self.judge = Judge(self.access, self.budgets)
        self._any_origin = "*" in settings.allowed_origins

    @property
    def lane(self) -> Lane:
        """The lane as this process knows it; polls and snapshots are served from it."""
        return self.hub.lane

    @property
    def ready(self) -> bool:
        """Tell whether the lane has been loaded once."""
        return self.tail.loaded

    @property
    def places(self) -> int:
        """Return the number of connections that this process takes, if all are readers."""
        return min(self.hub.limits.max_connections, self.gate.most)

    @property
    def room(self) -> int:
        """Return the number of connections that it can still take, below 0 in the reserve."""
        return self.places - len(self.gate)

    async def loaded_within(self, seconds: float) -> bool:
        """Wait until the lane has been loaded; return False if it takes longer than that."""
        for _ in range(round(seconds / LOAD_POLL)):
            if self.ready:
                break
            await asyncio.sleep(LOAD_POLL)
        return self.ready

    async def look(self) -> None:
        """Take in what is in the lane by now, if this process does not read it at once anyway."""
        if self._looks is not None:
            await self._looks.look()

    async def reach(self, cursor: Cursor) -> Verdict:
        """Wait until the lane can answer ``cursor``, ``ahead_wait`` seconds at most."""
        if self._looks is not None and isinstance(self.lane.resume(cursor), Ahead):
            self._looks.soon()
        return await self.hub.reach(cursor)

    def metrics(self) -> Iterable[Family]:
        """Return what this process's gateway counts."""
        yield gauge(
            "ready", "1 if this process has loaded the lane and serves clients.", float(self.ready)
        )
        yield gauge(
            "admission_queue", "Connections waiting for admission.", len(self.admission_queue)
        )
        yield from self.hub.metrics()
        yield from self.tail.metrics()
        yield from self.gate.metrics()
        yield from self.access.metrics()
        if self.access.enabled:
            yield gauge("token_connections", "Connections with a reader token.", len(self.tokens))
            yield counter(
                "token_connections_closed_total",
                "Connections closed with 4401 because their token ended.",
                {"expired": self.tokens.expired, "revoked": self.tokens.revoked},
                "reason",
            )

    def allows(self, origin: str | None) -> bool:
        """Tell whether a page of ``origin`` may subscribe; None, not a page, always may."""
        return self._any_origin or origin is None or origin in self.settings.allowed_origins

    @contextlib.asynccontextmanager
    async def run(self) -> AsyncIterator[Gateway]:
        """Run the tail and the clock until the block ends."""
        tasks = [asyncio.create_task(self.tail.run()), asyncio.create_task(self.run_clock())]
        try:
            yield self
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def run_clock(self) -> None:
        """Run the hub's timers and the request deadlines until cancelled."""
        settles_at = math.inf
        exempt = False
        ticks = 0
        while True:
            await asyncio.sleep(1 / TICKS_PER_SECOND)
            if self.ready and not exempt:
                exempt = True
                exempt_from_collections()
                settles_at = self.clock() + SETTLED_AFTER
            if self.clock() >= settles_at:
                settles_at = math.inf
                # Not awaited: the ticks go on meanwhile.
                asyncio.get_running_loop().run_in_executor(None, move_to_huge_pages)
            ticks += 1
            if ticks % TICKS_PER_SECOND == 0:
                self.usage.sweep()
            for tick in (self.hub.tick, self.request_deadlines.close_expired, self.tokens.tick):
                try:
                    tick()
                except Exception:  # one connection's failure must not end all others' heartbeats
                    log.exception("clock tick failed")

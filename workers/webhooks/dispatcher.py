"""Who may deliver to an endpoint now, and what is to be done after: the frame around ``drain``."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeAlias

from ticker.domain.cursor import StreamId
from ticker.storage.connection import Redis
from ticker.storage.keys import Keys
from ticker.stream.store import LaneStore
from ticker.webhooks.endpoints import Webhooks
from ticker.webhooks.lease import Lease, newest
from workers.webhooks.delivery import Idle, More, Moved, Tools, Wait, drain
from workers.webhooks.sender import TIMEOUT, Sender

WORK = 15.0
"""Seconds after which a job ends between two events and another goes on: what a killed worker had
at hand arq forgets only after the job's time limit."""
LEASE_MS = int(TIMEOUT * 1000) + 5_000
"""One request and a margin; a worker that dies is replaced after this."""
RECEIPTS_TTL = 90 * 86_400
ROUNDS = 3
"""Looks for what came while the lease was given back; the sweep finds the rest."""


@dataclass(frozen=True, slots=True)
class Busy:
    """Somebody else holds the lease ``token``; if it died, until ``at_ms``."""

    token: str
    at_ms: int


Outcome: TypeAlias = Idle | Busy | Wait | More


class Dispatcher:
    """Works on endpoints, several at a time. Methods raise Unavailable."""

    def __init__(
        self,
        redis: Redis,
        keys: Keys,
        lane: LaneStore,
        sender: Sender,
        *,
        clock: Callable[[], float] = time.time,
        luck: Callable[[], float] = random.random,
        work: float = WORK,
        lease_ms: int = LEASE_MS,
        receipts_ttl: int = RECEIPTS_TTL,
    ) -> None:
        """``receipts_ttl``: seconds for which the receipts of an item are kept."""
        self.webhooks = Webhooks(redis, keys)
        self._redis = redis
        self.keys = keys
        self._tools = Tools(
            redis, keys, lane, self.webhooks, sender, clock, luck, receipts_ttl * 1000
        )
        self._work = work
        self._lease_ms = lease_ms

    async def due(self, ids: Iterable[str] | None = None) -> list[str]:
        """Return those of ``ids`` (all endpoints) that have something to read and may be told."""
        if ids is None:
            ids = (endpoint.id for endpoint in await self.webhooks.endpoints())
        ids = list(ids)
        now_ms = self._tools.now_ms()
        top = await self.newest()
        return [
            id
            for id, state in zip(ids, await self.webhooks.states(ids), strict=True)
            if state.disabled is None and state.cursor < top and (state.retry_ms or 0) <= now_ms
        ]

    async def newest(self) -> StreamId:
        """Return the newest lane id that says something."""
        return await newest(self._redis, self.keys)

    async def deliver(self, id: str) -> Outcome:
        """Deliver what there is for endpoint ``id``, for a bounded time; return what is next."""
        until = time.monotonic() + self._work
        for _ in range(ROUNDS):
            lease = Lease(self._redis, self.keys, id, self._lease_ms)
            if held := await lease.take():
                return Busy(await lease.holder(), self._tools.now_ms() + held)
            try:
                outcome = await drain(self._tools, lease, id, until)
            finally:
                await lease.give()
            if isinstance(outcome, Wait | More):
                return outcome
            # Whoever came for news while the lease was held went away again: look once more.
            if not isinstance(outcome, Moved) and not await self.due([id]):
                break
        return Idle()

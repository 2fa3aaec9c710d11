"""Leasing an endpoint, delivering to it, and looking for events that arrived meanwhile."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeAlias

from ticker.domain.cursor import StreamId
from ticker.storage.connection import Redis
from ticker.storage.keys import Keys
from ticker.stream.lane_store import LaneStore
from ticker.webhooks.endpoints import Webhooks
from ticker.webhooks.lease import Lease, newest
from ticker.webhooks.waiting import Waiting
from workers.webhooks.delivery import DeliveryContext, Idle, More, Superseded, Wait, drain
from workers.webhooks.sender import TIMEOUT, Sender

SLICE = 15.0
"""Seconds after which a job ends between two events and a new one goes on. arq gives a killed
worker's job to another worker only after the job's timeout, so that has to be short."""
LEASE_MS = int(TIMEOUT * 1000) + 5_000
"""One request and a margin; after this a dead worker's lease ends."""
RECEIPTS_TTL = 90 * 86_400
ROUNDS = 3
"""Checks for events that arrived while the lease was released; the sweep finds the rest."""


@dataclass(frozen=True, slots=True)
class Busy:
    """Another worker holds the lease ``token``, until ``at_ms`` if it is dead."""

    token: str
    at_ms: int


Outcome: TypeAlias = Idle | Busy | Wait | More


class Dispatcher:
    """Delivers to endpoints, to several at a time. Methods raise Unavailable."""

    def __init__(
        self,
        redis: Redis,
        keys: Keys,
        lane: LaneStore,
        sender: Sender,
        *,
        clock: Callable[[], float] = time.time,
        jitter: Callable[[], float] = random.random,
        time_slice: float = SLICE,
        lease_ms: int = LEASE_MS,
        receipts_ttl: int = RECEIPTS_TTL,
    ) -> None:
        """``receipts_ttl``: seconds for which the receipts of an item are kept."""
        self.webhooks = Webhooks(redis, keys)
        self._redis = redis
        self._keys = keys
        self._context = DeliveryContext(
            *(redis, keys, lane, self.webhooks, sender, clock, jitter),
            *(Waiting(redis, keys), receipts_ttl * 1000),
        )
        self._slice = time_slice
        self._lease_ms = lease_ms

    async def behind(self, ids: Iterable[str] | None = None) -> list[str]:
        """Return the endpoints among ``ids`` (default: all) that have events to read now.

        Disabled endpoints, and those whose retry is not due yet, are left out.
        """
        if ids is None:
            ids = (endpoint.id for endpoint in await self.webhooks.endpoints())
        ids = list(ids)
        now_ms = self._context.now_ms()
        top = await self.newest()
        return [
            id
            for id, state in zip(ids, await self.webhooks.states(ids), strict=True)
            if state.disabled is None and state.cursor < top and (state.retry_ms or 0) <= now_ms
        ]

    async def newest(self) -> StreamId:
        """Return the id of the lane's newest event."""
        return await newest(self._redis, self._keys)

    async def deliver(self, id: str) -> Outcome:
        """Deliver to endpoint ``id`` for a time slice; return what to do next."""
        until = time.monotonic() + self._slice
        for _ in range(ROUNDS):
            lease = Lease(self._redis, self._keys, id, self._lease_ms)
            if held := await lease.take():
                return Busy(await lease.holder(), self._context.now_ms() + held)
            try:
                outcome = await drain(self._context, lease, id, until)
            finally:
                await lease.release()
            if isinstance(outcome, Wait | More):
                return outcome
            # A job that came for new events while the lease was held has ended: check once more.
            if not isinstance(outcome, Superseded) and not await self.behind([id]):
                break
        return Idle()

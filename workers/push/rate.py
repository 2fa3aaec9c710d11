"""The rate of one provider in a worker process: sends are leased a few hundred at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from ticker.config import Settings
from ticker.domain.errors import Unavailable
from ticker.push.model.subscription import ProviderName
from ticker.push.store.rate_leases import RateLeases
from ticker.push.store.subscriptions import PAGE_MAX

LEASE_S = 0.1
"""Seconds of the whole rate that one lease takes: at most ten leases a second over all workers."""
KEPT_S = 1.0
"""Seconds for which a lease may be used. What is left then is lost, so that idle workers do not
save up sends."""
AWAY_S = 1.0
"""Seconds to wait when Redis, which has the leases, is away."""


class RateLimiter:
    """Limits the requests of this process to its share of a provider's rate.

    ``monotonic`` is in seconds. Over any time, all workers together begin at most ``rate`` requests
    a second, plus one lease each.
    """

    def __init__(
        self,
        leases: RateLeases,
        provider: ProviderName,
        rate: int,
        monotonic: Callable[[], float],
    ) -> None:
        """``rate`` is in requests a second over all workers."""
        self._leases = leases
        self._provider: ProviderName = provider
        self._rate = rate
        self._size = max(1, min(PAGE_MAX, int(rate * LEASE_S)))
        self._monotonic = monotonic
        self._lock = asyncio.Lock()
        self._left = 0
        self._until = 0.0

    async def take(self, ends: float) -> float:
        """Wait for the turn of one request; return 0.0 when it may begin.

        Return the seconds after which to try again if its turn comes only after ``ends`` (monotonic
        seconds), or if Redis is away.
        """
        if self._use():
            return 0.0
        async with self._lock:
            if self._use():
                return 0.0
            within = ends - self._monotonic()
            try:
                granted, wait = await self._leases.lease(
                    self._provider, self._rate, self._size, within
                )
            except Unavailable:
                return AWAY_S
            if not granted:
                return max(0.0, within) + wait
            if wait:
                await asyncio.sleep(wait)
            self._left = granted - 1
            self._until = self._monotonic() + KEPT_S
            return 0.0

    def _use(self) -> bool:
        if not self._left or self._monotonic() > self._until:
            return False
        self._left -= 1
        return True


def rate_limiters(
    settings: Settings, leases: RateLeases, monotonic: Callable[[], float]
) -> dict[ProviderName, RateLimiter]:
    """Return the limiter of each provider that has a rate."""
    rates: dict[ProviderName, int] = {
        "webpush": settings.push_rate_webpush,
        "fcm": settings.push_rate_fcm,
        "apns": settings.push_rate_apns,
    }
    return {
        provider: RateLimiter(leases, provider, rate, monotonic)
        for provider, rate in rates.items()
        if rate
    }

"""Leases of a provider's rate: all workers together send no faster than it."""

from __future__ import annotations

from ticker.push.model.subscription import ProviderName
from ticker.storage.connection import Redis
from ticker.storage.keys import Keys
from ticker.storage.scripts import script

BELIEVED_S = 30.0
"""Seconds that leases may lie in the future. Workers ask for far less; more means that Redis' clock
was set back."""


class RateLeases:
    """The rates of one newsroom. Methods raise Unavailable when Redis is away."""

    def __init__(self, redis: Redis, keys: Keys) -> None:
        self._redis = redis
        self._keys = keys

    async def lease(
        self, provider: ProviderName, rate: int, count: int, within: float
    ) -> tuple[int, float]:
        """Lease ``count`` sends of ``rate`` a second, to begin ``within`` seconds at the latest.

        Return ``count`` and the seconds to wait before they are made, or 0 and the seconds after
        which to ask again.
        """
        granted, wait = await script("push", "lease_rate")(
            self._redis,
            [self._keys.push_rate(provider)],
            [rate, count, int(max(0.0, within) * 1e6), int(BELIEVED_S * 1e6)],
        )
        return int(granted), int(wait) / 1e6

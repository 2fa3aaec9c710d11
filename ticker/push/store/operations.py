"""What the desk and its operators ask of the bridges, and what they may tell them."""

from __future__ import annotations

from ticker.push.model.provider_health import ProviderState
from ticker.push.model.receipts import Receipts
from ticker.push.model.subscription import ProviderName
from ticker.push.store.metrics import Figures, figures, lane_states
from ticker.push.store.provider_state import ProviderStates
from ticker.push.store.receipts import receipts
from ticker.storage.connection import Redis, translate
from ticker.storage.keys import Keys


class PushOperations:
    """The bridges, seen from a server. Methods raise Unavailable when Redis is away."""

    def __init__(self, redis: Redis, jobs: Redis, keys: Keys) -> None:
        """``jobs`` is where arq's queue is; the same object if that is the same server."""
        self._redis = redis
        self._jobs = jobs
        self._keys = keys
        self._lanes = ProviderStates(redis, keys)

    async def figures(self) -> Figures:
        """Return everything there is to count."""
        return await figures(self._redis, self._jobs, self._keys)

    async def states(self) -> tuple[ProviderState, ...]:
        """Return how every provider is, set up or not."""
        return await lane_states(self._redis, self._keys)

    async def receipts(self, item: str) -> Receipts:
        """Return what became of ``item``, empty if no bridge had to do with it."""
        return await receipts(self._redis, self._keys, item)

    async def resume(self, provider: ProviderName) -> bool:
        """Let a stopped provider's lane run again; return whether it was stopped."""
        return await self._lanes.resume(provider)

    async def clear_quarantine(self, provider: ProviderName) -> int:
        """Forget the subscriptions that were set aside; return how many."""
        name = self._keys.push_quarantine(provider)
        with translate():
            async with self._redis.pipeline(transaction=True) as pipe:
                pipe.execute_command("HLEN", name)
                pipe.execute_command("UNLINK", name)
                many, _ = await pipe.execute()
        return int(many)

"""Push operations for the HTTP API: metrics, states, receipts, resume, clear quarantine."""

from __future__ import annotations

from ticker.push.model.provider_state import ProviderState
from ticker.push.model.receipts import Receipts
from ticker.push.model.subscription import ProviderName
from ticker.push.store.gone_watches import GoneWatches
from ticker.push.store.metrics import PushMetrics, provider_states, push_metrics
from ticker.push.store.provider_state import ProviderStates
from ticker.push.store.receipts import receipts
from ticker.storage.connection import Redis, translate
from ticker.storage.keys import Keys


class PushOperations:
    """Push as editors and operators see it. Methods raise Unavailable when Redis is away."""

    def __init__(self, redis: Redis, jobs: Redis, keys: Keys) -> None:
        """``jobs`` holds arq's queues; pass ``redis`` again if it is the same server."""
        self._redis = redis
        self._jobs = jobs
        self._keys = keys
        self._states = ProviderStates(redis, keys)
        self._gone = GoneWatches(redis, keys)

    async def metrics(self) -> PushMetrics:
        """Return the current metrics of push and webhooks."""
        return await push_metrics(self._redis, self._jobs, self._keys)

    async def states(self) -> tuple[ProviderState, ...]:
        """Return the state of every provider, configured or not."""
        return await provider_states(self._redis, self._keys)

    async def receipts(self, item: str) -> Receipts:
        """Return the receipts of ``item``, empty if it was never sent."""
        return await receipts(self._redis, self._keys, item)

    async def resume(self, provider: ProviderName) -> bool:
        """Resume a stopped provider; return whether it was stopped."""
        return await self._states.resume(provider)

    async def confirm_gone(self, provider: ProviderName, now_ms: int) -> int:
        """Let the devices be deleted that the provider calls gone; return of how many servers."""
        return await self._gone.confirm(provider, now_ms)

    async def clear_quarantine(self, provider: ProviderName) -> int:
        """Delete the provider's quarantined subscriptions; return how many there were."""
        name = self._keys.push_quarantine(provider)
        with translate():
            async with self._redis.pipeline(transaction=True) as pipe:
                pipe.execute_command("HLEN", name)
                pipe.execute_command("UNLINK", name)
                count, _ = await pipe.execute()
        return int(count)

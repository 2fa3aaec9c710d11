"""Dry runs in Redis: when the next is due, what the last one came to, which workers send."""

from __future__ import annotations

from collections.abc import Iterable

from ticker.push.model.provider_state import FORGOTTEN_MS, ProviderState
from ticker.push.model.subscription import ProviderName
from ticker.push.store.metrics import provider_states
from ticker.storage import leases
from ticker.storage.connection import Redis, translate
from ticker.storage.keys import Keys
from ticker.storage.scripts import command


class DryRunStore:
    """Dry runs of one newsroom. Methods raise Unavailable when Redis is away."""

    def __init__(self, redis: Redis, keys: Keys) -> None:
        self._redis = redis
        self._keys = keys

    async def worker_seen(self, providers: Iterable[ProviderName], now_ms: int) -> None:
        """Record that a worker sends through ``providers`` now."""
        keys = self._keys
        with translate():
            for provider in providers:
                seen = await command(self._redis, "HGET", keys.push_workers, f"{provider}:seen")
                if seen is None or now_ms - int(seen) > FORGOTTEN_MS:
                    await command(
                        self._redis, "HSET", keys.push_workers, f"{provider}:since", now_ms
                    )
                await command(self._redis, "HSET", keys.push_workers, f"{provider}:seen", now_ms)

    async def states(self) -> tuple[ProviderState, ...]:
        """Return the state of every provider, dry runs included."""
        return await provider_states(self._redis, self._keys)

    async def claim(self, provider: ProviderName, occasion: str, ms: int) -> bool:
        """Claim the provider's dry run on ``occasion``; return whether it was free.

        Nobody else gets it for ``ms``. Call ``give_back`` if the dry run could not be enqueued.
        """
        key = self._keys.push_dry_run_claim(provider, occasion)
        return await leases.take(self._redis, key, "1", ms) == 0

    async def give_back(self, provider: ProviderName, occasion: str) -> None:
        """Release a claim, so that the dry run is due again."""
        with translate():
            await command(self._redis, "DEL", self._keys.push_dry_run_claim(provider, occasion))

    async def succeeded(self, provider: ProviderName, now_ms: int) -> None:
        """Record a dry run that succeeded."""
        fields = {"succeeded": str(now_ms), "attempted": str(now_ms), "error": ""}
        await self._write(provider, fields)

    async def failed(self, provider: ProviderName, now_ms: int, error: str) -> None:
        """Record a dry run that failed, and why."""
        await self._write(provider, {"attempted": str(now_ms), "error": error})

    async def _write(self, provider: ProviderName, fields: dict[str, str]) -> None:
        pairs = [part for name, value in fields.items() for part in (f"{provider}:{name}", value)]
        with translate():
            await command(self._redis, "HSET", self._keys.push_dry_runs, *pairs)

"""What workers write down so that somebody notices when a bridge falls asleep."""

from __future__ import annotations

from collections.abc import Iterable

from ticker.push.model.provider_health import FORGOTTEN_MS, ProviderState
from ticker.push.model.subscription import ProviderName
from ticker.push.store.metrics import lane_states
from ticker.storage.connection import Redis, translate
from ticker.storage.keys import Keys
from ticker.storage.scripts import command


class DryRuns:
    """Dry runs of one newsroom, and who makes them. Methods raise Unavailable."""

    def __init__(self, redis: Redis, keys: Keys) -> None:
        self._redis = redis
        self._keys = keys

    async def announce(self, providers: Iterable[ProviderName], now_ms: int) -> None:
        """Write down that a worker sends by ``providers`` now."""
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
        """Return how every provider is now, dry runs included."""
        return await lane_states(self._redis, self._keys)

    async def turn(self, provider: ProviderName, what: str, ms: int) -> bool:
        """Return whether ``what`` is due for ``provider``; then it is not again for ``ms``."""
        key = self._keys.push_dry_turn(provider, what)
        with translate():
            return bool(await command(self._redis, "SET", key, "1", "NX", "PX", ms))

    async def give_back(self, provider: ProviderName, what: str) -> None:
        """Let ``what`` be due again: it could not be done."""
        with translate():
            await command(self._redis, "DEL", self._keys.push_dry_turn(provider, what))

    async def good(self, provider: ProviderName, now_ms: int) -> None:
        """Write down a dry run that came through."""
        await self._write(provider, {"good": str(now_ms), "tried": str(now_ms), "why": ""})

    async def bad(self, provider: ProviderName, now_ms: int, why: str) -> None:
        """Write down one that did not, and why."""
        await self._write(provider, {"tried": str(now_ms), "why": why})

    async def _write(self, provider: ProviderName, fields: dict[str, str]) -> None:
        pairs = [part for name, value in fields.items() for part in (f"{provider}:{name}", value)]
        with translate():
            await command(self._redis, "HSET", self._keys.push_dry_runs, *pairs)

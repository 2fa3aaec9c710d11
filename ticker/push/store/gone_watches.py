"""The answers "this device is gone" of each provider's servers, counted over all workers."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ticker.push.model.gone_watch import CONFIRMED_MS, GoneRule, GoneWatch
from ticker.push.model.subscription import ProviderName
from ticker.storage.connection import Redis, translate
from ticker.storage.keys import Keys
from ticker.storage.scripts import Arg, command, script

DEFAULT = GoneRule(0.2, 10)
SERVERS_MAX = 64
"""Servers of one provider that are watched each on its own; further ones share one watch. Edge's
service alone has several."""
OTHERS = "others"
RACES = 10
"""Attempts to store while other workers keep changing the same watch. After that the devices are
kept this time."""


class GoneWatches:
    """The watches of one newsroom. Methods raise Unavailable when Redis is away."""

    def __init__(self, redis: Redis, keys: Keys, rule: GoneRule = DEFAULT) -> None:
        self._redis = redis
        self._keys = keys
        self._rule = rule

    async def count(
        self, provider: ProviderName, server: str, answers: int, gone: int, now_ms: int
    ) -> tuple[GoneWatch | None, bool]:
        """Count a page of answers of ``server``.

        Return its watch if it became suspicious just now, and whether the devices that are gone may
        be deleted.
        """
        for _ in range(RACES):
            field, known = await self._read(provider, server)
            before = GoneWatch.read(known) if known else GoneWatch()
            watch, delete = before.after(answers, gone, now_ms, self._rule)
            if await self._save(provider, field, known, watch):
                new = before.since_ms is None and watch.since_ms is not None
                return watch if new else None, delete
        return None, False

    async def all(self, provider: ProviderName) -> Mapping[str, GoneWatch]:
        """Return the watches by server."""
        with translate():
            return read_watches(
                await command(self._redis, "HGETALL", self._keys.push_gone(provider))
            )

    async def confirm(self, provider: ProviderName, now_ms: int) -> int:
        """Confirm for a day that devices which the provider's servers refuse may go.

        Those that a server calls gone are deleted, those whose token does not fit are quarantined,
        however many. Return how many servers were suspicious.
        """
        key = self._keys.push_gone_confirmed(provider)
        with translate():
            await command(self._redis, "SET", key, 1, "PX", CONFIRMED_MS)
        return await self._change(provider, lambda watch: watch.confirm(now_ms))

    async def confirmed(self, provider: ProviderName) -> bool:
        """Tell whether an operator has confirmed that refused devices may go."""
        with translate():
            key = self._keys.push_gone_confirmed(provider)
            return bool(await command(self._redis, "EXISTS", key))

    async def _change(
        self, provider: ProviderName, change: Callable[[GoneWatch], GoneWatch]
    ) -> int:
        changed = 0
        for server, _ in (await self.all(provider)).items():
            for _ in range(RACES):
                field, known = await self._read(provider, server)
                watch = GoneWatch.read(known) if known else GoneWatch()
                if watch.since_ms is None:
                    break
                if await self._save(provider, field, known, change(watch)):
                    changed += 1
                    break
        return changed

    async def _read(self, provider: ProviderName, server: str) -> tuple[str, bytes]:
        """Return the field that counts for ``server``, and its value or b''."""
        key = self._keys.push_gone(provider)
        with translate():
            async with self._redis.pipeline(transaction=False) as pipe:
                pipe.execute_command("HLEN", key)
                pipe.execute_command("HMGET", key, server, OTHERS)
                size, (known, others) = await pipe.execute()
        if known is None and size >= SERVERS_MAX:
            return OTHERS, others or b""
        return server, known or b""

    async def _save(
        self, provider: ProviderName, field: str, known: bytes, watch: GoneWatch
    ) -> bool:
        names = [self._keys.push_gone(provider)]
        args: list[Arg] = [field, known, watch.record()]
        return bool(await script("push", "save_watch")(self._redis, names, args))


def read_watches(fields: Mapping[bytes, bytes]) -> Mapping[str, GoneWatch]:
    """Return the watches in the fields of a Redis hash, by server."""
    return {name.decode(): GoneWatch.read(value) for name, value in fields.items()}

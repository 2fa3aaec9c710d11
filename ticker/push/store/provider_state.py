"""Provider state that all workers share: whether a provider is stopped, and unfinished flashes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson

from ticker.push.model.alert_decision import KEEP_MS
from ticker.push.model.subscription import ProviderName
from ticker.storage.connection import Redis, translate
from ticker.storage.keys import Keys
from ticker.storage.scripts import command

FLASH_MAX = 10_000
"""Unfinished flash jobs that are remembered at most."""


@dataclass(frozen=True, slots=True)
class ProviderStop:
    """The reason and time of a provider's stop. ``setup`` identifies the credentials of then."""

    reason: str
    since_ms: int
    setup: str


class ProviderStates:
    """Provider states of one newsroom. Methods raise Unavailable when Redis is away."""

    def __init__(self, redis: Redis, keys: Keys) -> None:
        self._redis = redis
        self._keys = keys

    async def stop(self, provider: ProviderName, stop: ProviderStop) -> bool:
        """Stop a provider; return False if it was stopped already, whose reason then stays."""
        value = orjson.dumps({"reason": stop.reason, "since": stop.since_ms, "setup": stop.setup})
        with translate():
            key = self._keys.push_stop(provider)
            return bool(await command(self._redis, "SET", key, value, "NX"))

    async def stopped(self, provider: ProviderName) -> ProviderStop | None:
        """Return why the provider is stopped, None while it runs."""
        with translate():
            value = await command(self._redis, "GET", self._keys.push_stop(provider))
        return read_stop(value)

    async def resume(self, provider: ProviderName) -> bool:
        """Resume the provider; return whether it was stopped."""
        with translate():
            return bool(await command(self._redis, "DEL", self._keys.push_stop(provider)))

    async def flash_begins(self, jobs: list[str], until_ms: int) -> None:
        """Record unfinished flash jobs: other jobs wait for them, at most until ``until_ms``."""
        pairs = [part for job in jobs for part in (until_ms, job)]
        if not pairs:
            return
        key = self._keys.push_flash
        with translate():
            async with self._redis.pipeline(transaction=True) as pipe:
                pipe.execute_command("ZADD", key, *pairs)
                pipe.execute_command("ZREMRANGEBYRANK", key, 0, -FLASH_MAX - 1)
                pipe.execute_command("PEXPIRE", key, KEEP_MS)
                await pipe.execute()

    async def flash_ends(self, job: str) -> None:
        """Record that a flash job is finished."""
        with translate():
            await command(self._redis, "ZREM", self._keys.push_flash, job)

    async def flash_pending(self, now_ms: int) -> int:
        """Return how many flash jobs are unfinished and not past their time."""
        with translate():
            key = self._keys.push_flash
            return int(await command(self._redis, "ZCOUNT", key, f"({now_ms}", "+inf"))


def read_stop(value: bytes | None) -> ProviderStop | None:
    """Return the stop in its stored bytes, None for None. Raises KeyError or ValueError."""
    if value is None:
        return None
    body: dict[str, Any] = orjson.loads(value)
    return ProviderStop(body["reason"], body["since"], body["setup"])

"""The state of each provider's lane that all workers share: stopped or not, and who goes first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson

from ticker.push.model.plan import KEEP_MS, AlertRecord
from ticker.push.model.subscription import ProviderName
from ticker.storage.connection import Redis, translate
from ticker.storage.keys import Keys
from ticker.storage.scripts import command, script

FLASH_MAX = 10_000
"""Jobs of flashes that are remembered as unfinished."""


@dataclass(frozen=True, slots=True)
class ProviderStop:
    """Why a lane is stopped. ``setup`` tells the credentials of then from later ones."""

    reason: str
    since_ms: int
    setup: str


class ProviderStates:
    """Lanes and origins of one newsroom. Methods raise Unavailable when Redis is away."""

    def __init__(self, redis: Redis, keys: Keys) -> None:
        self._redis = redis
        self._keys = keys

    async def stop(self, provider: ProviderName, stop: ProviderStop) -> bool:
        """Stop a provider's lane; return whether it ran until now."""
        value = orjson.dumps({"reason": stop.reason, "since": stop.since_ms, "setup": stop.setup})
        with translate():
            key = self._keys.push_stop(provider)
            return bool(await command(self._redis, "SET", key, value, "NX"))

    async def stopped(self, provider: ProviderName) -> ProviderStop | None:
        """Return why the lane is stopped, None while it runs."""
        with translate():
            value = await command(self._redis, "GET", self._keys.push_stop(provider))
        return read_stop(value)

    async def resume(self, provider: ProviderName) -> bool:
        """Let the lane run again; return whether it was stopped."""
        with translate():
            return bool(await command(self._redis, "DEL", self._keys.push_stop(provider)))

    async def flash_begins(self, jobs: list[str], until_ms: int) -> None:
        """Note unfinished jobs of a flash: others give way to them, until ``until_ms`` at most."""
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
        """Note that a flash's job is finished."""
        with translate():
            await command(self._redis, "ZREM", self._keys.push_flash, job)

    async def flash_pending(self, now_ms: int) -> int:
        """Return how many jobs of flashes are unfinished and still worth it."""
        with translate():
            key = self._keys.push_flash
            return int(await command(self._redis, "ZCOUNT", key, f"({now_ms}", "+inf"))

    async def origin(self, item: str) -> tuple[AlertRecord | None, bytes]:
        """Return what phones were told of an item, and what ``remember`` has to know of it."""
        with translate():
            value = await command(self._redis, "GET", self._keys.push_origin(item))
        return (None, b"") if value is None else (AlertRecord.from_json(orjson.loads(value)), value)

    async def holder(self, collapse: str) -> AlertRecord | None:
        """Return the alert that lies on phones under a collapse key."""
        with translate():
            value = await command(self._redis, "GET", self._keys.push_collapse(collapse))
        return None if value is None else AlertRecord.from_json(orjson.loads(value))

    async def remember(self, origin: AlertRecord, was: bytes, holds: bool) -> bool:
        """Keep ``origin`` if it still is as it ``was`` when it was read; return whether it was.

        It also ``holds`` its collapse key if it is the newest alert there.
        """
        reply = await script("push", "origin")(
            self._redis,
            [self._keys.push_origin(origin.item), self._keys.push_collapse(origin.collapse)],
            [was, orjson.dumps(origin.to_json()), KEEP_MS, int(holds), str(origin.alerts[-1])],
        )
        return bool(reply)


def read_stop(value: bytes | None) -> ProviderStop | None:
    """Return the stop in what Redis keeps of it."""
    if value is None:
        return None
    body: dict[str, Any] = orjson.loads(value)
    return ProviderStop(body["reason"], body["since"], body["setup"])

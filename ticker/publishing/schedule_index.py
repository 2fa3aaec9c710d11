"""The schedule: releases and expiries by Redis' clock."""

from __future__ import annotations

from dataclasses import dataclass

from ticker.storage.connection import Redis, translate
from ticker.storage.keys import Keys
from ticker.storage.scripts import command, script


@dataclass(frozen=True, slots=True)
class Due:
    """Items to release and to expire now, and the ms until the next (0 or less: there are more)."""

    now_ms: int
    releases: list[str]
    expiries: list[str]
    wait_ms: int


class ScheduleIndex:
    """The sorted sets of scheduled and of expiring items. Raises Unavailable."""

    def __init__(self, redis: Redis, keys: Keys) -> None:
        self._redis = redis
        self._keys = keys

    async def due(self, limit: int) -> Due:
        """Return up to ``limit`` items to release and up to ``limit`` to expire."""
        now, due, expired, wait = await script("publishing", "due")(
            self._redis, [self._keys.due, self._keys.expiry], [limit]
        )
        return Due(
            int(now), [id.decode() for id in due], [id.decode() for id in expired], int(wait)
        )

    async def postpone(self, id: str, until_ms: int) -> None:
        """Put an item that cannot be released or expired now off until ``until_ms``."""
        with translate():
            for key in (self._keys.due, self._keys.expiry):
                await command(self._redis, "ZADD", key, "XX", "GT", until_ms, id)

    async def oldest(self, limit: int) -> list[str]:
        """Return up to ``limit`` live items, the oldest publication first."""
        with translate():
            ids = await command(self._redis, "ZRANGE", self._keys.published, 0, limit - 1)
        return [id.decode() for id in ids]

    async def published(self) -> int:
        """Return how many items are live."""
        with translate():
            return int(await command(self._redis, "ZCARD", self._keys.published))

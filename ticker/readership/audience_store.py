"""The audience in Redis: each gateway process keeps its counts, and the web process adds them."""

from __future__ import annotations

from typing import Any

import orjson

from ticker.domain.audience import Audience, total
from ticker.storage.connection import Redis, RedisError, translate
from ticker.storage.keys import Keys
from ticker.storage.scripts import Arg, command, pipeline, script

STALE_SECONDS = 6
"""Age of a report that does not count any more: its process is gone, or does not reach Redis."""
EXPIRE_MS = 60_000
"""Milliseconds after which all reports go, once no gateway reports any more. Those of gateways
that crashed go after the same time, when another begins to report."""


class AudienceStore:
    """Reports of gateway processes. Methods raise Unavailable."""

    def __init__(self, redis: Redis, keys: Keys) -> None:
        self._redis = redis
        self._keys = keys
        self._script = script("storage", "report_process")

    async def report(self, process: str, counts: Audience) -> None:
        """Keep the counts of ``process`` in place of its earlier ones: one small write."""
        body = orjson.dumps(counts.json)
        await self._script(self._redis, [self._keys.audience], [process, body, EXPIRE_MS])

    async def remove(self, process: str) -> None:
        """Take off a process that ends."""
        with translate():
            await command(self._redis, "HDEL", self._keys.audience, process)

    async def total(self) -> tuple[Audience, int]:
        """Return the sum of all fresh reports, and the number of processes that made them."""
        commands: list[tuple[Arg, ...]] = [("TIME",), ("HGETALL", self._keys.audience)]
        with translate():
            replies: list[Any] = list(await pipeline(self._redis, commands))
            for reply in replies:
                if isinstance(reply, RedisError):
                    raise reply
        now, reports = replies
        oldest = int(now[0]) - STALE_SECONDS
        fresh = [one for one in map(_read, _values(reports)) if one[0] >= oldest]
        return total(audience for _, audience in fresh), len(fresh)


def _values(reply: Any) -> list[bytes]:
    return list(reply.values()) if isinstance(reply, dict) else list(reply[1::2])


def _read(report: bytes) -> tuple[int, Audience]:
    seconds, _, body = report.partition(b" ")
    return int(seconds), Audience.read(orjson.loads(body))

"""Endpoints whose server is away: when another endpoint at the same server gets an answer, they go.

The schedule of an endpoint that failed for an hour waits for another hour. A delivery that succeeds
at the same server shows that it is back, so the others need not wait for their own next try.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from ticker.storage.connection import Redis, translate
from ticker.storage.keys import Keys
from ticker.storage.scripts import command
from ticker.webhooks.retry_policy import NEIGHBOUR_GAP
from ticker.webhooks.wake_queue import WAKE_MAX


class Waiting:
    """The waiting endpoints of one newsroom, at most one entry each. Methods raise Unavailable."""

    def __init__(self, redis: Redis, keys: Keys) -> None:
        self._redis = redis
        self._keys = keys

    async def failed(self, id: str, server: str, now_ms: int) -> None:
        """Record that ``server`` did not answer endpoint ``id``."""
        with translate():
            await command(
                self._redis, "HSET", self._keys.webhooks_waiting, id, f"{now_ms} {server}"
            )

    async def answered(self, id: str, server: str, now_ms: int) -> list[str]:
        """Record that ``server`` accepted an event of endpoint ``id``; wake the others there.

        Return the endpoints that were woken: not those that tried within ``NEIGHBOUR_GAP``.
        """
        keys = self._keys
        with translate():
            found = await command(self._redis, "HGETALL", keys.webhooks_waiting)
            if not found:
                return []
            woken, ended = [], []
            for name, value in found.items():
                since, _, where = value.decode().partition(" ")
                one = name.decode()
                if where != server:
                    continue
                if one == id:
                    ended.append(one)
                elif now_ms - int(since) >= NEIGHBOUR_GAP * 1000:
                    woken.append(one)
            if not woken and not ended:
                return []
            async with self._redis.pipeline(transaction=True) as pipe:
                pipe.execute_command("HDEL", keys.webhooks_waiting, *woken, *ended)
                for one in woken:
                    pipe.execute_command("HDEL", keys.webhook(one), "retry_ms")
                if woken:
                    pipe.execute_command("RPUSH", keys.webhook_wake, *woken)
                    pipe.execute_command("LTRIM", keys.webhook_wake, -WAKE_MAX, -1)
                await pipe.execute()
        return woken


def origin(url: str) -> str:
    """Return scheme, host and port of ``url``, as ``https://hooks.example:443``."""
    parts = urlsplit(url)
    port = parts.port or {"https": 443, "http": 80}.get(parts.scheme, 0)
    return f"{parts.scheme}://{parts.hostname}:{port}"

"""The queue that wakes deliveries: the endpoints that an editor has changed."""

from __future__ import annotations

from ticker.storage.connection import Redis, translate
from ticker.storage.keys import Keys
from ticker.storage.scripts import command

WAKE_MAX = 1_000
"""Entries of the wake queue. Each names an endpoint, of which there are fewer."""


class WakeQueue:
    """A queue of endpoints that an editor has changed.

    Entries that a worker takes and loses are found by the sweep.
    """

    def __init__(self, redis: Redis, keys: Keys) -> None:
        """``redis`` must be made with ``connect(blocking=True)``."""
        self._redis = redis
        self._wake = keys.webhook_wake

    async def take(self, block_s: float) -> list[str]:
        """Take all entries, waiting up to ``block_s`` seconds for one. Raises Unavailable."""
        with translate():
            first = await command(self._redis, "BLPOP", self._wake, str(block_s))
            if first is None:
                return []
            more = await command(self._redis, "LPOP", self._wake, WAKE_MAX) or []
        return [id.decode() for id in dict.fromkeys([first[1], *more])]

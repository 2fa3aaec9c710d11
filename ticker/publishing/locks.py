"""Notices of which editor is at which item. They end by themselves.

A lock refuses no change. Two editors who save at once are told apart by the version (``If-Match``),
and what is wrong on every screen must not wait for a colleague who went to lunch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ticker.storage.connection import Redis, translate
from ticker.storage.keys import Keys
from ticker.storage.scripts import command, script

LOCK_MS = 60_000
"""Milliseconds of a lock. Whoever is still at the item says so again before."""


@dataclass(frozen=True, slots=True)
class Lock:
    """An editor is at an item, for ``left_ms`` more."""

    by: str
    left_ms: int


class Locks:
    """The locks of one newsroom, kept in Redis alone. Methods raise Unavailable."""

    def __init__(self, redis: Redis, keys: Keys) -> None:
        self._redis = redis
        self._keys = keys

    async def take(self, item: str, by: str) -> Lock:
        """Take an item's lock, or keep it for longer; return who has it: perhaps a colleague."""
        keys = [self._keys.lock(item)]
        holder, left = await script("publishing", "lock")(self._redis, keys, [by, LOCK_MS])
        return Lock(holder.decode(), int(left))

    async def release(self, item: str, by: str) -> None:
        """Give an item's lock back. A colleague's stays."""
        await script("publishing", "unlock")(self._redis, [self._keys.lock(item)], [by])

    async def holders(self, items: Sequence[str]) -> dict[str, str]:
        """Return who is at which of ``items``."""
        if not items:
            return {}
        with translate():
            found = await command(self._redis, "MGET", *map(self._keys.lock, items))
        return {item: by.decode() for item, by in zip(items, found, strict=True) if by is not None}

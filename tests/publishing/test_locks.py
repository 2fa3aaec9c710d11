"""Locks: one editor at an item, for a time."""

from __future__ import annotations

from ticker.publishing.locks import LOCK_MS, Lock, Locks
from ticker.storage.connection import Redis
from ticker.storage.keys import Keys
from ticker.storage.scripts import command


async def test_the_first_one_has_it_until_it_is_given_back_or_ends(
    redis: Redis, keys: Keys
) -> None:
    locks = Locks(redis, keys)
    assert await locks.take("a", "ana") == Lock("ana", LOCK_MS)
    second = await locks.take("a", "eva")
    assert second.by == "ana"
    assert 0 < second.left_ms <= LOCK_MS
    await command(redis, "PEXPIRE", keys.lock("a"), 1_000)
    assert await locks.take("a", "ana") == Lock("ana", LOCK_MS), "taken again, it is longer"
    await locks.release("a", "eva")
    assert await locks.holders(["b", "a"]) == {"a": "ana"}
    await locks.release("a", "ana")
    assert await locks.holders(["a"]) == {}
    assert await locks.holders([]) == {}
    assert (await locks.take("a", "eva")).by == "eva"
    await command(redis, "PEXPIRE", keys.lock("a"), 0)
    assert (await locks.take("a", "ana")).by == "ana"

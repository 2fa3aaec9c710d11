"""Promises kept: a group whose lane is lost goes on behind what it had acknowledged.

Each test says what once broke it, as it was then.
"""

from __future__ import annotations

from ticker.domain.cursor import StreamId
from ticker.storage.connection import Redis
from ticker.storage.keys import Keys
from ticker.storage.scripts import command
from ticker.stream.consumer_group import ConsumerGroup


async def test_a_slower_worker_does_not_put_the_group_back(redis: Redis, keys: Keys) -> None:
    """``groups`` names the newest id acknowledged. Two workers: the one that ends later
    with earlier events writes its own newest over the other's; after a lost lane everything between
    is handed out again (and the other way round, what is still pending would be skipped).
    """
    one, two = (ConsumerGroup(redis, keys, "push", name) for name in ("one", "two"))
    await one.open()
    ids = [StreamId.parse(f"{n}-0") for n in (1, 2)]
    for id in ids:
        await command(redis, "XADD", keys.live, str(id), "e", "x")
    assert [id for id, _ in await one.read(1)] == ids[:1]
    assert [id for id, _ in await two.read(1)] == ids[1:]
    await two.done(ids[1:])
    await one.done(ids[:1])
    assert await command(redis, "HGET", keys.groups, "push") == b"2-0"


async def test_what_a_worker_failed_at_it_takes_up_again_at_once(redis: Redis, keys: Keys) -> None:
    """while it still matters. After a moment without Redis in mid-batch, ``lost()`` makes
    the fan-out claim, but XAUTOCLAIM leaves out what is idle for less than IDLE_MS, its own events
    included: a flash waits fifteen to twenty-five seconds because of one lost command.
    """
    group = ConsumerGroup(redis, keys, "push", "one")
    await group.open()
    await command(redis, "XADD", keys.live, "1-0", "e", "x")
    taken = [id for id, _ in await group.read(1)]
    # It failed before done(); now what Fanout does after lost():
    await group.open()
    again = [id for id, _ in await group.claim(100)]
    again += [id for id, _ in await group.read(100)]
    assert again == taken

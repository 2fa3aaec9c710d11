"""The lane is followed on a replica, and on the primary while that is dead, late or another.

A replica proves itself first, beside the reads of the primary.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from functools import partial

import pytest

from tests.support.clock import FakeClock
from tests.support.redis_servers import RedisServer
from tests.support.waiting import wait_until
from ticker.domain.cursor import ZERO, StreamId
from ticker.storage.connection import Redis, connect
from ticker.storage.keys import Keys
from ticker.storage.scripts import command
from ticker.stream.replica_follower import REST, ReplicaFollower
from ticker.stream.replica_proof import prove
from ticker.stream.tail_connection import TailConnection

pytestmark = pytest.mark.redis_server
KEYS = Keys("test")


class Pair:
    """A primary, its replica, and clients of both."""

    def __init__(self) -> None:
        self.primary, self.replica = (RedisServer("redis", port=True) for _ in range(2))
        self.clock = FakeClock()

    async def start(self) -> None:
        for server in (self.primary, self.replica):
            await asyncio.to_thread(server.start)
        self.at_primary = connect(self.primary.url, blocking=True)
        self.at_replica = connect(self.replica.url, blocking=True, replica=True)
        await command(self.at_replica, "REPLICAOF", "127.0.0.1", self.primary.port)
        await self.synced()
        self.follower = ReplicaFollower(
            TailConnection(self.at_replica, KEYS),
            TailConnection(self.at_primary, KEYS),
            partial(prove, self.at_primary, self.at_replica, KEYS),
            6.0,
            lambda: self.clock.now,
        )

    async def add(self) -> StreamId:
        return StreamId.parse(await command(self.at_primary, "XADD", KEYS.live, "*", "n", "1"))

    async def on_replica(self) -> StreamId:
        """Read until the replica is followed; return the lane's end."""
        top = await top_of(self.at_primary)

        async def follows() -> bool:
            await self.follower.read(top, 0, 10)
            return self.follower.on_replica

        await wait_until(follows)
        return top

    async def synced(self) -> None:
        top = await self.add()
        await wait_until(lambda: top_of(self.at_replica), lambda found: found == top)

    async def stop(self) -> None:
        await self.follower.aclose()
        for client in (self.at_primary, self.at_replica):
            await client.aclose()
        for server in (self.primary, self.replica):
            server.stop()


async def top_of(redis: Redis) -> StreamId:
    found = await command(redis, "XREVRANGE", KEYS.live, "+", "-", "COUNT", 1)
    return StreamId.parse(found[0][0]) if found else ZERO


async def reads_of(redis: Redis) -> int:
    info = await redis.info("commandstats")
    return int(info.get("cmdstat_xread", {}).get("calls", 0))


@pytest.fixture
async def pair() -> AsyncIterator[Pair]:
    pair = Pair()
    await pair.start()
    yield pair
    await pair.stop()


async def test_the_replica_serves_and_the_primary_is_not_asked(pair: Pair) -> None:
    await pair.on_replica()
    before = await reads_of(pair.at_primary)
    entries, _ = await pair.follower.read(ZERO, 0, 10)
    assert len(entries) == 1
    assert await reads_of(pair.at_primary) == before


async def test_a_dead_replica_costs_nothing_and_is_used_again_later(pair: Pair) -> None:
    last = await pair.on_replica()
    pair.replica.kill()
    new = await pair.add()
    entries, _ = await pair.follower.read(last, 0, 10)
    assert [id for id, _ in entries] == [new]
    await asyncio.to_thread(pair.replica.start)
    await command(pair.at_replica, "REPLICAOF", "127.0.0.1", pair.primary.port)
    await pair.synced()
    pair.clock.now += REST
    await pair.on_replica()
    before = await reads_of(pair.at_primary)
    assert (await pair.follower.read(new, 0, 10))[0]
    assert await reads_of(pair.at_primary) == before


async def test_a_replica_that_stands_still_is_left_until_it_has_caught_up(
    pair: Pair, caplog: pytest.LogCaptureFixture
) -> None:
    last = await pair.on_replica()
    await command(pair.at_replica, "REPLICAOF", "127.0.0.1", 1)  # cut off, and answers on
    new = await pair.add()
    assert (await pair.follower.read(last, 0, 10))[0] == []
    pair.clock.now += 6.1
    assert (await pair.follower.read(last, 0, 10))[0] == []
    entries, _ = await pair.follower.read(last, 0, 10)
    assert [id for id, _ in entries] == [new]
    pair.clock.now += REST

    async def refused() -> bool:
        await pair.follower.read(new, 0, 10)
        return "it is behind" in caplog.text

    await wait_until(refused)
    assert not pair.follower.on_replica


async def test_a_replica_that_hangs_delays_nothing(pair: Pair) -> None:
    new = await pair.add()
    pair.replica.freeze()
    try:
        for _ in range(20):
            entries, _ = await pair.follower.read(new.before(), 0, 10)
            assert [id for id, _ in entries] == [new]
            await asyncio.sleep(0)
    finally:
        pair.replica.thaw()
    assert not pair.follower.on_replica


async def test_a_replica_with_a_wrong_setting_is_left_out_with_its_reason(
    pair: Pair, caplog: pytest.LogCaptureFixture
) -> None:
    """Its error means no state of a server, and must not stop the reads of the primary."""
    wrong = connect(pair.replica.tcp_url.replace("/0", "/99"), blocking=True, replica=True)
    follower = ReplicaFollower(
        TailConnection(wrong, KEYS),
        TailConnection(pair.at_primary, KEYS),
        partial(prove, pair.at_primary, wrong, KEYS),
        6.0,
        lambda: pair.clock.now,
    )
    new = await pair.add()

    async def told() -> bool:
        entries, _ = await follower.read(new.before(), 0, 10)
        assert [id for id, _ in entries] == [new]
        return "DB index is out of range" in caplog.text

    await wait_until(told)
    assert not follower.on_replica
    await follower.aclose()
    await wrong.aclose()

"""Acknowledgements of a consumer: with its next read, so that nothing is lost or taken twice."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.support.clock import FakeClock
from ticker.domain.errors import Unavailable
from ticker.storage.connection import Redis
from ticker.storage.keys import Keys
from ticker.storage.scripts import command
from ticker.stream.consumer_group import ConsumerGroup
from ticker.stream.lane_store import Entry
from workers.consumer import CLAIM_EVERY, Consumer

GROUP = "push"


class Taker(Consumer):
    """Notes what it takes; fails once if ``fails`` is set."""

    def __init__(self, redis: Redis, keys: Keys, name: str = "one") -> None:
        self.clock = FakeClock()
        super().__init__(ConsumerGroup(redis, keys, GROUP, name), self.clock, 10)
        self.redis = redis
        self.keys = keys
        self.taken: list[str] = []
        self.fails = False

    async def take(self, entries: Sequence[Entry]) -> None:
        if self.fails:
            self.fails = False
            raise Unavailable("Redis is away")
        self.taken += [record[b"e"].decode() for _, record in entries]

    async def add(self, *events: str) -> None:
        for event in events:
            await command(self.redis, "XADD", self.keys.live, "*", "e", event)

    async def pending(self) -> int:
        found = await command(self.redis, "XPENDING", self.keys.live, GROUP)
        return int(found["pending"])

    async def calls(self) -> int:
        """Return the number of scripts that Redis has run: each that writes is a sync."""
        stats = await self.redis.info("commandstats")
        return int(stats.get("cmdstat_evalsha", {"calls": 0})["calls"])


@pytest.fixture
async def taker(redis: Redis, keys: Keys) -> Taker:
    found = Taker(redis, keys)
    await found.step()
    return found


async def test_one_command_acknowledges_and_reads(taker: Taker) -> None:
    await taker.add("first", "second")
    await taker.step()
    assert (taker.taken, await taker.pending()) == (["first", "second"], 2)
    await taker.add("third")
    before = await taker.calls()
    await taker.step()
    assert (taker.taken, await taker.pending()) == (["first", "second", "third"], 1)
    assert await taker.calls() == before + 1
    await taker.step()
    assert (len(taker.taken), await taker.pending()) == (3, 0)


async def test_what_was_taken_is_not_claimed(taker: Taker) -> None:
    await taker.add("first")
    await taker.step()
    taker.clock.now += CLAIM_EVERY + 1
    await taker.step()
    assert (taker.taken, await taker.pending()) == (["first"], 0)


async def test_what_was_taken_before_a_failure_is_not_taken_again(taker: Taker) -> None:
    await taker.add("first")
    await taker.step()
    await taker.add("second")
    taker.fails = True
    with pytest.raises(Unavailable):
        await taker.step()
    assert await taker.pending() == 1
    taker.reset()
    await taker.step()
    assert taker.taken == ["first", "second"]


async def test_a_closed_consumer_leaves_nothing_behind(
    taker: Taker, redis: Redis, keys: Keys
) -> None:
    await taker.add("first")
    await taker.step()
    await taker.aclose()
    assert await taker.pending() == 0
    assert await command(redis, "XINFO", "CONSUMERS", keys.live, GROUP) == []
    other = Taker(redis, keys, "other")
    await other.step()
    assert other.taken == []


@pytest.mark.parametrize("lost", ["group", "lane"])
async def test_a_consumer_of_a_lost_group_is_closed(
    taker: Taker, redis: Redis, keys: Keys, lost: str
) -> None:
    await taker.add("first")
    await taker.step()
    if lost == "group":
        await command(redis, "XGROUP", "DESTROY", keys.live, GROUP)
    else:
        await command(redis, "DEL", keys.live)
    await taker.aclose()


async def test_a_lost_group_is_made_again_behind_what_was_taken(
    taker: Taker, redis: Redis, keys: Keys
) -> None:
    await taker.add("first")
    await taker.step()
    await command(redis, "XGROUP", "DESTROY", keys.live, GROUP)
    await taker.add("second")
    await taker.step()
    await taker.step()
    assert taker.taken == ["first", "second"]

"""Counts on their way to the store: nothing is lost or counted twice, and nothing grows."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from tests.support.drafts import draft
from tests.support.redis_servers import RedisServer
from tests.support.waiting import wait_until
from ticker.api import read_counter as module
from ticker.api.read_counter import ReadCounter
from ticker.config import Settings
from ticker.domain.errors import Unavailable
from ticker.publishing.service import ItemService
from ticker.readership.dedup import GateLimits, ReadDeduplicator
from ticker.readership.scores import Batch, Tally
from ticker.readership.store import BATCH_MAX, Reads
from ticker.storage.connection import Redis, connect
from ticker.storage.keys import Keys


class DeafTo(Reads):
    """A store whose first answers get lost on the way back, after it has done its work."""

    deaf = 1

    async def add(self, process: str, batches: Sequence[Batch]) -> None:
        await super().add(process, batches)
        if self.deaf:
            self.deaf -= 1
            raise Unavailable("the connection was lost")


class FakeStore:
    """A store that keeps what it is given, or is away."""

    def __init__(self) -> None:
        self.away = False
        self.got: list[Batch] = []

    async def add(self, process: str, batches: Sequence[Batch]) -> None:
        if self.away:
            raise Unavailable("away")
        self.got += batches


def wide_gate() -> ReadDeduplicator:
    return ReadDeduplicator(lambda: b"k" * 32, GateLimits(burst=1_000_000, ceiling=1_000_000))


def note(counter: ReadCounter, id: str, readers: int, first: int = 0) -> None:
    for n in range(first, first + readers):
        counter.count(f"198.51.100.{n}", id, "open")


async def test_a_lost_answer_counts_nothing_twice(
    items: ItemService, redis: Redis, keys: Keys
) -> None:
    id = (await items.publish(draft(), by="ana")).item.id
    store = DeafTo(redis, keys)
    counter = ReadCounter(store, lambda: 0.0)
    note(counter, id, 3)
    assert not await counter.flush()
    note(counter, id, 2, first=3)
    assert await counter.flush()
    assert await store.totals([id]) == [(3, 0)]
    assert await counter.flush()
    assert await store.totals([id]) == [(5, 0)]
    assert counter.waiting == 0


async def test_two_gateways_count_at_once(items: ItemService, redis: Redis, keys: Keys) -> None:
    ids = [(await items.publish(draft(), by="ana")).item.id for _ in range(3)]
    gateways = [ReadCounter(Reads(redis, keys), lambda: 0.0, wide_gate()) for _ in range(2)]
    for turn in range(10):
        for gateway in gateways:
            for id in ids:
                note(gateway, id, 2, first=2 * turn)
        assert all(await asyncio.gather(*(gateway.flush() for gateway in gateways)))
    assert await Reads(redis, keys).totals(ids) == [(40, 0)] * 3


async def test_redis_is_killed_and_comes_back(own: RedisServer) -> None:
    settings = Settings(redis_url=own.url, namespace="test", durability_timeout=1.0)
    redis, keys = connect(own.url), Keys("test")
    items = ItemService(redis, keys, settings.taxonomy, settings)
    ids = [(await items.publish(draft(), by="ana")).item.id for _ in range(2)]
    counter = ReadCounter(Reads(redis, keys), lambda: 0.0)
    note(counter, ids[0], 2)
    assert await counter.flush()
    own.kill()
    note(counter, ids[0], 1, first=2)
    for _ in range(3):
        assert not await counter.flush()
        note(counter, ids[1], 1)
    assert counter.waiting == 2
    own.start()
    assert await counter.flush()
    assert await counter.flush()
    assert await Reads(redis, keys).totals(ids) == [(3, 0), (1, 0)]
    assert await Reads(redis, keys).best("day", 5) == ids
    assert counter.metrics()["reads_write_failures_total"] == 3
    await redis.aclose()


async def test_what_waits_is_bounded() -> None:
    """Items waiting, and once as many that were sent without an answer."""
    store = FakeStore()
    store.away = True
    counter = ReadCounter(store, lambda: 0.0, wide_gate(), Tally(most=10))
    for round in range(5):
        for n in range(30):
            counter.count(f"198.51.{round}.{n}", f"{round}-{n}", "open")
        assert not await counter.flush()
        assert counter.waiting <= 20
    dropped = counter.metrics()['beacons_total{outcome="dropped"}']
    assert (dropped, counter.waiting) == (5 * 30 - 20, 20)


async def test_batches_are_bounded_and_numbered() -> None:
    store = FakeStore()
    counter = ReadCounter(store, lambda: 0.0, wide_gate())
    for n in range(2 * BATCH_MAX + 1):
        counter.count("192.0.2.1", f"{n}", "open")
    assert await counter.flush()
    assert [(one.number, len(one.counts)) for one in store.got] == [
        (1, BATCH_MAX),
        (2, BATCH_MAX),
        (3, 1),
    ]


async def test_what_waited_is_worth_less() -> None:
    now, store = 0.0, FakeStore()
    store.away = True
    counter = ReadCounter(store, lambda: now, wide_gate())
    counter.count("192.0.2.1", "a", "open")
    assert not await counter.flush()
    now, store.away = 1_800.0, False
    assert await counter.flush()
    [[count]] = [one.counts for one in store.got]
    assert count.left[0] == 0.25


async def test_nothing_to_write_asks_nobody() -> None:
    store = FakeStore()
    store.away = True
    assert await ReadCounter(store).flush()


async def test_it_writes_by_itself_and_once_more_at_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "FLUSH_EVERY", 0.005)
    store = FakeStore()
    counter = ReadCounter(store, gate=wide_gate())
    async with counter.run():
        note(counter, "a", 1)
        await wait_until(lambda: store.got)
        monkeypatch.setattr(module, "FLUSH_EVERY", 3_600)
        await asyncio.sleep(0.02)
        note(counter, "b", 2)
    assert [[c.id for c in one.counts] for one in store.got] == [["a"], ["b"]]
    assert counter.waiting == 0


async def test_the_end_does_not_wait_for_a_store_that_is_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Hanging(FakeStore):
        async def add(self, process: str, batches: Sequence[Batch]) -> None:
            await asyncio.Event().wait()

    monkeypatch.setattr(module, "LAST_FLUSH", 0.02)
    for store in (FakeStore(), Hanging()):
        store.away = True
        counter = ReadCounter(store, gate=wide_gate())
        async with asyncio.timeout(5), counter.run():
            note(counter, "a", 1)
        assert counter.waiting == 1


async def test_a_bug_in_one_write_ends_no_later_one(monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken(FakeStore):
        calls = 0

        async def add(self, process: str, batches: Sequence[Batch]) -> None:
            self.calls += 1
            if self.calls == 1:
                raise RuntimeError("a bug")
            await super().add(process, batches)

    monkeypatch.setattr(module, "FLUSH_EVERY", 0.005)
    store = Broken()
    counter = ReadCounter(store, gate=wide_gate())
    async with counter.run(), asyncio.timeout(5):
        note(counter, "a", 1)
        await wait_until(lambda: store.calls)
        note(counter, "b", 1)
        await wait_until(lambda: store.got)
    assert [[c.id for c in one.counts] for one in store.got] == [["b"]]
    assert counter.metrics()["reads_write_failures_total"] == 1

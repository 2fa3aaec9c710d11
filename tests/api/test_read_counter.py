"""Read counts on their way to the store: none is lost or counted twice, and memory is bounded."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from tests.support.drafts import draft
from tests.support.redis_servers import RedisServer
from tests.support.waiting import stays, wait_until
from ticker.api import read_counter as module
from ticker.api.read_counter import ReadCounter
from ticker.config import Settings
from ticker.domain.errors import Unavailable
from ticker.publishing.service import ItemService
from ticker.readership.dedup import ReadDeduplicator, ReadLimits
from ticker.readership.scores import Batch, Tally
from ticker.readership.store import BATCH_MAX, ReadershipStore
from ticker.storage.connection import Redis, connect
from ticker.storage.keys import Keys


class LossyStore(ReadershipStore):
    """A store whose first replies are lost after the write is done."""

    lost_replies = 1

    async def add(self, process: str, batches: Sequence[Batch]) -> None:
        await super().add(process, batches)
        if self.lost_replies:
            self.lost_replies -= 1
            raise Unavailable("the connection was lost")


class FakeStore:
    """A store in memory; ``away`` makes it unavailable."""

    def __init__(self) -> None:
        self.away = False
        self.got: list[Batch] = []

    async def add(self, process: str, batches: Sequence[Batch]) -> None:
        if self.away:
            raise Unavailable("away")
        self.got += batches


def unlimited() -> ReadDeduplicator:
    return ReadDeduplicator(lambda: b"k" * 32, ReadLimits(burst=1_000_000, per_second=1_000_000))


def count_reads(counter: ReadCounter, id: str, readers: int, first: int = 0) -> None:
    for n in range(first, first + readers):
        counter.count(f"198.51.100.{n}", id, "open")


async def test_after_a_lost_reply_nothing_counts_twice(
    items: ItemService, redis: Redis, keys: Keys
) -> None:
    id = (await items.publish(draft(), by="ana")).item.id
    store = LossyStore(redis, keys)
    counter = ReadCounter(store, lambda: 0.0)
    count_reads(counter, id, 3)
    assert not await counter.flush()
    count_reads(counter, id, 2, first=3)
    assert await counter.flush()
    assert await store.totals([id]) == [(3, 0)]
    assert await counter.flush()
    assert await store.totals([id]) == [(5, 0)]
    assert counter.pending == 0


async def test_two_processes_count_at_the_same_time(
    items: ItemService, redis: Redis, keys: Keys
) -> None:
    ids = [(await items.publish(draft(), by="ana")).item.id for _ in range(3)]
    gateways = [
        ReadCounter(ReadershipStore(redis, keys), lambda: 0.0, unlimited()) for _ in range(2)
    ]
    for turn in range(10):
        for gateway in gateways:
            for id in ids:
                count_reads(gateway, id, 2, first=2 * turn)
        assert all(await asyncio.gather(*(gateway.flush() for gateway in gateways)))
    assert await ReadershipStore(redis, keys).totals(ids) == [(40, 0)] * 3


async def test_counts_survive_a_restart_of_redis(own: RedisServer) -> None:
    settings = Settings(redis_url=own.url, namespace="test", durability_timeout=1.0)
    redis, keys = connect(own.url), Keys("test")
    items = ItemService(redis, keys, settings.taxonomy, settings)
    ids = [(await items.publish(draft(), by="ana")).item.id for _ in range(2)]
    counter = ReadCounter(ReadershipStore(redis, keys), lambda: 0.0)
    count_reads(counter, ids[0], 2)
    assert await counter.flush()
    own.kill()
    count_reads(counter, ids[0], 1, first=2)
    for _ in range(3):
        assert not await counter.flush()
        count_reads(counter, ids[1], 1)
    assert counter.pending == 2
    own.start()
    assert await counter.flush()
    assert await counter.flush()
    assert await ReadershipStore(redis, keys).totals(ids) == [(3, 0), (1, 0)]
    assert await ReadershipStore(redis, keys).best("day", 5) == ids
    assert counter.failures == 3
    await redis.aclose()


async def test_pending_items_are_bounded() -> None:
    store = FakeStore()
    store.away = True
    counter = ReadCounter(store, lambda: 0.0, unlimited(), Tally(size_max=10))
    for round in range(5):
        for n in range(30):
            counter.count(f"198.51.{round}.{n}", f"{round}-{n}", "open")
        assert not await counter.flush()
        assert counter.pending <= 20
    dropped = counter.outcomes["dropped"]
    assert (dropped, counter.pending) == (5 * 30 - 20, 20)


async def test_batches_are_bounded_and_numbered() -> None:
    store = FakeStore()
    counter = ReadCounter(store, lambda: 0.0, unlimited())
    for n in range(2 * BATCH_MAX + 1):
        counter.count("192.0.2.1", f"{n}", "open")
    assert await counter.flush()
    assert [(one.number, len(one.counts)) for one in store.got] == [
        (1, BATCH_MAX),
        (2, BATCH_MAX),
        (3, 1),
    ]


async def test_pending_counts_decay() -> None:
    now, store = 0.0, FakeStore()
    store.away = True
    counter = ReadCounter(store, lambda: now, unlimited())
    counter.count("192.0.2.1", "a", "open")
    assert not await counter.flush()
    now, store.away = 1_800.0, False
    assert await counter.flush()
    [[count]] = [one.counts for one in store.got]
    assert count.weights[0] == 0.25


async def test_without_counts_the_store_is_not_called() -> None:
    store = FakeStore()
    store.away = True
    assert await ReadCounter(store).flush()


async def test_it_writes_periodically_and_once_more_at_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "FLUSH_INTERVAL", 0.005)
    store = FakeStore()
    counter = ReadCounter(store, deduplicator=unlimited())
    async with counter.run():
        count_reads(counter, "a", 1)
        await wait_until(lambda: store.got)
        monkeypatch.setattr(module, "FLUSH_INTERVAL", 3_600)
        await stays(lambda: len(store.got) == 1, 0.02)
        count_reads(counter, "b", 2)
    assert [[c.id for c in one.counts] for one in store.got] == [["a"], ["b"]]
    assert counter.pending == 0


async def test_stopping_does_not_wait_for_an_unavailable_store(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Hanging(FakeStore):
        async def add(self, process: str, batches: Sequence[Batch]) -> None:
            await asyncio.Event().wait()

    monkeypatch.setattr(module, "LAST_FLUSH_TIMEOUT", 0.02)
    for store in (FakeStore(), Hanging()):
        store.away = True
        counter = ReadCounter(store, deduplicator=unlimited())
        async with asyncio.timeout(30), counter.run():
            count_reads(counter, "a", 1)
        assert counter.pending == 1


async def test_an_unexpected_error_does_not_stop_later_writes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Broken(FakeStore):
        calls = 0

        async def add(self, process: str, batches: Sequence[Batch]) -> None:
            self.calls += 1
            if self.calls == 1:
                raise RuntimeError("a bug")
            await super().add(process, batches)

    monkeypatch.setattr(module, "FLUSH_INTERVAL", 0.005)
    store = Broken()
    counter = ReadCounter(store, deduplicator=unlimited())
    async with counter.run(), asyncio.timeout(30):
        count_reads(counter, "a", 1)
        await wait_until(lambda: store.calls)
        count_reads(counter, "b", 1)
        await wait_until(lambda: store.got)
    assert [[c.id for c in one.counts] for one in store.got] == [["b"]]
    assert counter.failures == 1

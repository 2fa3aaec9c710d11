"""Rankings in memory: one query for all clients, and the last ranking without Redis."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from tests.support.clock import FakeClock
from ticker.api.ranking_cache import (
    EMPTY,
    FRESH,
    KEEP,
    QUERY_ITEMS,
    STALE,
    RankedItem,
    RankingCache,
)
from ticker.domain.errors import Unavailable
from ticker.readership.scores import Window

LIVE = {"a", "b"}


class Store:
    """A store that counts queries; it can be unavailable, or hang until ``open`` is set."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, int]] = []
        self.ids = ["a", "gone", "b"]
        self.away = False
        self.open = asyncio.Event()
        self.open.set()

    async def best(self, window: Window, limit: int) -> list[str]:
        self.asked.append((window, limit))
        await self.open.wait()
        if self.away:
            raise Unavailable("away")
        return self.ids

    async def totals(self, ids: Sequence[str]) -> list[tuple[int, int]]:
        return [(n, len(ids)) for n, _ in enumerate(ids)]


async def test_concurrent_requests_share_one_query() -> None:
    store, clock = Store(), FakeClock()
    cache = RankingCache(store, clock)
    store.open.clear()
    asking = [asyncio.create_task(cache.ranking("day", LIVE)) for _ in range(50)]
    await asyncio.sleep(0)
    store.open.set()
    found = await asyncio.gather(*asking)
    assert found[0].items == (RankedItem("a", 0, 2), RankedItem("b", 1, 2))
    assert all(one is found[0] for one in found)
    assert store.asked == [("day", QUERY_ITEMS)]
    clock.now += FRESH - 0.1
    assert await cache.ranking("day", LIVE) is found[0]
    await cache.ranking("hour", LIVE)
    assert store.asked == [("day", QUERY_ITEMS), ("hour", QUERY_ITEMS)]


async def test_a_slightly_old_ranking_is_served_at_once() -> None:
    store, clock = Store(), FakeClock()
    cache = RankingCache(store, clock)
    first = await cache.ranking("day", LIVE)
    clock.now += FRESH
    assert await cache.ranking("day", LIVE) is first
    await asyncio.sleep(0)
    second = await cache.ranking("day", LIVE)
    assert second.number != first.number
    assert len(store.asked) == 2
    clock.now += STALE
    third = await cache.ranking("day", LIVE)
    assert third.number not in (first.number, second.number), "an old one is waited for"


async def test_without_redis_the_last_ranking_is_served_for_a_while() -> None:
    store, clock = Store(), FakeClock()
    cache = RankingCache(store, clock)
    first = await cache.ranking("day", LIVE)
    store.away = True
    clock.now += KEEP - 1
    for _ in range(20):
        assert await cache.ranking("day", LIVE) is first
    assert len(store.asked) == 2, "away or not, it is asked once in a while"
    clock.now += 1
    assert await cache.ranking("day", LIVE) is EMPTY
    store.away = False
    clock.now += FRESH
    assert (await cache.ranking("day", LIVE)).items == first.items
    assert (cache.queries, cache.failures) == (2, 1)


async def test_a_hanging_store_delays_a_request_briefly() -> None:
    store = Store()
    store.open.clear()
    cache = RankingCache(store, FakeClock())
    async with asyncio.timeout(10):
        assert await cache.ranking("day", LIVE) is EMPTY
        async with cache.run():
            assert len(store.asked) == 1
    store.open.set()
    assert (await cache.ranking("hour", LIVE)).items != ()


async def test_an_unexpected_error_gives_an_empty_ranking() -> None:
    class Broken(Store):
        async def totals(self, ids: Sequence[str]) -> list[tuple[int, int]]:
            raise RuntimeError("a bug")

    cache = RankingCache(Broken(), FakeClock())
    assert await cache.ranking("day", LIVE) is EMPTY
    assert cache.failures == 1

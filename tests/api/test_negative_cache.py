"""One lookup for concurrent requests, results kept for a moment, and a bounded cache."""

from __future__ import annotations

import asyncio

import pytest

from ticker.api.negative_cache import SIZE_MAX, TTL, NegativeCache
from ticker.domain.errors import Gone, NotFound, Unavailable


class Store:
    """Counts the lookups; each waits for ``go``."""

    def __init__(self) -> None:
        self.lookups = 0
        self.away = False
        self.go = asyncio.Event()
        self.go.set()

    async def look_up(self, id: str) -> Gone | NotFound:
        self.lookups += 1
        await self.go.wait()
        if self.away:
            raise Unavailable("away")
        return Gone(f"{id} is gone")


async def test_concurrent_requests_share_one_lookup_even_if_the_first_is_cancelled() -> None:
    now, store = [0.0], Store()
    cache = NegativeCache(lambda: now[0])
    store.go.clear()
    first, *others = [asyncio.create_task(cache.reason("a", store.look_up)) for _ in range(5)]
    await asyncio.sleep(0)
    first.cancel()
    store.go.set()
    found = await asyncio.gather(*others)
    assert [type(one) for one in found] == [Gone] * 4
    assert len(set(map(id, found))) == 4, "an exception that is raised twice collects tracebacks"
    assert store.lookups == 1
    now[0] += TTL - 0.01
    await cache.reason("a", store.look_up)
    assert store.lookups == 1
    now[0] += 0.01
    await cache.reason("a", store.look_up)
    assert store.lookups == 2


async def test_a_failure_is_not_cached() -> None:
    store = Store()
    cache = NegativeCache(lambda: 0.0)
    store.away = True
    with pytest.raises(Unavailable):
        await cache.reason("a", store.look_up)
    store.away = False
    assert (await cache.reason("a", store.look_up)).detail == "a is gone"


async def test_the_oldest_is_dropped_at_the_bound() -> None:
    store = Store()
    cache = NegativeCache(lambda: 0.0)
    for number in range(SIZE_MAX + 10):
        await cache.reason(str(number), store.look_up)
    assert len(cache) == SIZE_MAX
    before = store.lookups
    await cache.reason("0", store.look_up)
    assert store.lookups == before + 1, "the oldest was dropped"

"""Watches of all workers in Redis: counted together, bounded, confirmed."""

from __future__ import annotations

import asyncio

from ticker.push.store.gone_watches import OTHERS, SERVERS_MAX, GoneWatches
from ticker.push.store.operations import PushOperations
from ticker.storage.connection import Redis
from ticker.storage.keys import Keys

NOW = 1_795_000_000_000
SERVER = "https://fcm.googleapis.com"


async def test_workers_count_together(redis: Redis, keys: Keys) -> None:
    workers = [GoneWatches(redis, keys) for _ in range(6)]
    found = await asyncio.gather(*(w.count("fcm", SERVER, 3, 3, NOW) for w in workers))
    news = [watch for watch, _ in found if watch is not None]
    assert len(news) == 1, "one of them tells"
    assert [delete for _, delete in found].count(True) == 3
    watch = (await workers[0].all("fcm"))[SERVER]
    assert (watch.answers, watch.gone, watch.since_ms, watch.held) == (18, 18, NOW, 9)
    assert await workers[0].all("apns") == {}


async def test_operators_see_and_confirm(redis: Redis, keys: Keys) -> None:
    watches, operations = GoneWatches(redis, keys), PushOperations(redis, redis, keys)
    await watches.count("fcm", SERVER, 100, 100, NOW)
    await watches.count("fcm", "https://other.example", 100, 1, NOW)
    states = {state.provider: state for state in await operations.states()}
    assert list(states["fcm"].suspicious) == [SERVER]
    assert not states["webpush"].suspicious
    assert await operations.confirm_gone("webpush", NOW) == 0
    assert await operations.confirm_gone("fcm", NOW) == 1
    assert await operations.confirm_gone("fcm", NOW) == 0
    assert await watches.count("fcm", SERVER, 100, 100, NOW) == (None, True)
    assert not (await operations.states())[1].suspicious


async def test_the_servers_are_bounded(redis: Redis, keys: Keys) -> None:
    watches = GoneWatches(redis, keys)
    for n in range(SERVERS_MAX + 5):
        await watches.count("webpush", f"https://wns{n}.notify.windows.com", 5, 5, NOW)
    found = await watches.all("webpush")
    assert len(found) == SERVERS_MAX + 1
    assert found[OTHERS].gone == 25
    assert found[OTHERS].since_ms == NOW

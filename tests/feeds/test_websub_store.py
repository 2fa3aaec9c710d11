"""The position of each hub, and the lease of the worker that notifies it."""

from __future__ import annotations

from tests.support.waiting import wait_until
from ticker.domain.cursor import StreamId
from ticker.feeds.websub_store import HubProgress
from ticker.storage.connection import Redis
from ticker.storage.keys import Keys


async def test_a_position_is_kept_for_each_hub(redis: Redis, keys: Keys) -> None:
    one = HubProgress(redis, keys, "https://one.example/")
    two = HubProgress(redis, keys, "https://two.example/")
    assert await one.position() is None
    await one.save(StreamId(17, 3))
    assert await HubProgress(redis, keys, "https://one.example/").position() == StreamId(17, 3)
    assert await two.position() is None


async def test_one_worker_at_a_time_holds_the_lease(redis: Redis, keys: Keys) -> None:
    progress = HubProgress(redis, keys, "https://one.example/")
    assert await progress.acquire("a", 10_000)
    assert not await progress.acquire("b", 10_000)
    assert await progress.acquire("a", 10_000), "it renews its own"
    await progress.release("b")
    assert not await progress.acquire("b", 10_000), "a worker cannot release another's lease"
    await progress.release("a")
    assert await progress.acquire("b", 10_000)
    assert await HubProgress(redis, keys, "https://two.example/").acquire("a", 10_000)


async def test_the_lease_of_a_dead_worker_expires(redis: Redis, keys: Keys) -> None:
    progress = HubProgress(redis, keys, "https://one.example/")
    assert await progress.acquire("dead", 30)
    await wait_until(lambda: progress.acquire("alive", 10000))
    assert not await progress.acquire("dead", 30)

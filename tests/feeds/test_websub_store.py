"""What is kept of a hub: how far it was told, and whose turn it is."""

from __future__ import annotations

from tests.support.waiting import wait_until
from ticker.domain.cursor import StreamId
from ticker.feeds.websub_store import Announced
from ticker.storage.connection import Redis
from ticker.storage.keys import Keys


async def test_a_position_is_kept_for_each_hub(redis: Redis, keys: Keys) -> None:
    one = Announced(redis, keys, "https://one.example/")
    two = Announced(redis, keys, "https://two.example/")
    assert await one.position() is None
    await one.save(StreamId(17, 3))
    assert await Announced(redis, keys, "https://one.example/").position() == StreamId(17, 3)
    assert await two.position() is None


async def test_one_worker_at_a_time_has_the_turn(redis: Redis, keys: Keys) -> None:
    announced = Announced(redis, keys, "https://one.example/")
    assert await announced.take_turn("a", 10_000)
    assert not await announced.take_turn("b", 10_000)
    assert await announced.take_turn("a", 10_000), "it renews its own"
    await announced.give_turn("b")
    assert not await announced.take_turn("b", 10_000), "nobody gives away another's turn"
    await announced.give_turn("a")
    assert await announced.take_turn("b", 10_000)
    assert await Announced(redis, keys, "https://two.example/").take_turn("a", 10_000)


async def test_the_turn_of_a_dead_worker_runs_out(redis: Redis, keys: Keys) -> None:
    announced = Announced(redis, keys, "https://one.example/")
    assert await announced.take_turn("dead", 30)
    await wait_until(lambda: announced.take_turn("alive", 10000))
    assert not await announced.take_turn("dead", 30)

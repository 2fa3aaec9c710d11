"""Idempotency keys: the first answer again, whatever happened since, and never a second item."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from tests.support.drafts import change, draft
from tests.support.redis_servers import RedisServer
from ticker.config import Settings
from ticker.domain.errors import IdempotencyMismatch, NotFound, Stale, UnreadableItem
from ticker.domain.store_errors import StoreUnreachable
from ticker.publishing.commit import Request
from ticker.publishing.repository import BeforeChange
from ticker.publishing.service import ItemService
from ticker.storage.connection import Redis
from ticker.storage.keys import Keys


async def test_a_repeat_returns_the_first_answer_and_writes_nothing(
    items: ItemService, redis: Redis, keys: Keys
) -> None:
    first = await items.publish(draft("Line"), by="ana", key="k")
    again = await items.publish(draft("Line"), by="ana", key="k")
    assert (again.item, again.wire_id, again.repeated) == (first.item, first.wire_id, True)
    assert not first.repeated
    assert await redis.xlen(keys.wire) == 1


async def test_another_body_is_refused(items: ItemService) -> None:
    await items.publish(draft("Line"), by="ana", key="k")
    with pytest.raises(IdempotencyMismatch):
        await items.publish(draft("Other line"), by="ana", key="k")
    other = (await items.publish(draft(), by="ana")).item.id
    with pytest.raises(IdempotencyMismatch):
        await items.retract(other, "same key, another act", by="ana", key="k")


async def test_keys_of_two_editors_are_two_keys(items: ItemService) -> None:
    one = await items.publish(draft(), by="ana", key="1")
    two = await items.publish(draft(), by="ben", key="1")
    assert one.item.id != two.item.id


async def test_a_hundred_at_once_make_one_item(
    items: ItemService, redis: Redis, keys: Keys
) -> None:
    answers = await asyncio.gather(
        *(items.publish(draft("Once"), by="ana", key="k") for _ in range(100))
    )
    assert {a.item.id for a in answers} == {answers[0].item.id}
    assert sum(not a.repeated for a in answers) == 1
    assert await redis.xlen(keys.wire) == 1
    assert await redis.zcard(keys.published) == 1


async def test_a_change_is_answered_as_then_even_if_it_could_not_happen_now(
    items: ItemService,
) -> None:
    """The item is retracted by the time the retry arrives; the first answer still stands."""
    id = (await items.publish(draft(), by="ana")).item.id
    first = await items.change(id, change(summary="S"), by="ana", if_match=1, key="c")
    await items.retract(id, None, by="ben")
    again = await items.change(id, change(summary="S"), by="ana", if_match=1, key="c")
    assert (again.item, again.wire_id, again.repeated) == (first.item, first.wire_id, True)
    with pytest.raises(IdempotencyMismatch):
        await items.change(id, change(summary="T"), by="ana", key="c")


async def test_a_second_retract_changes_nothing_and_its_answer_is_kept(items: ItemService) -> None:
    id = (await items.publish(draft(), by="ana")).item.id
    await items.retract(id, None, by="ana")
    nothing = await items.retract(id, None, by="ben", key="r")
    assert (nothing.wire_id, nothing.repeated, nothing.item.version) == (None, False, 2)
    # Nothing happened in the meantime, so this answer is the same as the one that is kept.
    assert (await items.retract(id, None, by="ben", key="r")).item == nothing.item


async def test_a_refusal_is_not_kept(items: ItemService) -> None:
    id = (await items.publish(draft(), by="ana")).item.id
    with pytest.raises(Stale):
        await items.retract(id, None, by="ana", if_match=7, key="r")
    assert (await items.retract(id, None, by="ana", if_match=1, key="r")).wire_id is not None


async def test_an_answer_that_runs_out_in_between_does_not_lose_the_act(
    items: ItemService, redis: Redis, keys: Keys
) -> None:
    """The key was seen, and gone when the script ran. The act must happen, not be taken as done."""
    id = (await items.publish(draft(), by="ana")).item.id
    original = items.read_for_change

    async def once_seen(id: str, request: Request) -> BeforeChange:
        items.read_for_change = original  # type: ignore[method-assign]
        return replace(await original(id, request), answered=True)

    items.read_for_change = once_seen  # type: ignore[method-assign]
    done = await items.retract(id, None, by="ana", key="r")
    assert done.wire_id is not None
    assert done.item.state == "retracted"


async def test_keys_expire(
    items: ItemService, redis: Redis, keys: Keys, settings: Settings
) -> None:
    await items.publish(draft(), by="ana", key="k")
    ttl = await redis.ttl(keys.idem("ana", "k"))
    assert 0 < ttl <= settings.idempotency_ttl
    await items.publish(draft(), by="ana")
    names = [name async for name in redis.scan_iter(f"{keys.prefix}idem:*")]
    assert sorted([await redis.ttl(name) <= 120 for name in names]) == [False, True]


async def test_an_item_that_vanished_is_not_found(
    items: ItemService, redis: Redis, keys: Keys
) -> None:
    id = (await items.publish(draft(), by="ana")).item.id
    await redis.delete(keys.item(id))
    with pytest.raises(NotFound):
        await items.retract(id, None, by="ana")


async def test_a_database_that_hangs_is_an_answer_in_time_and_a_repeat_makes_no_second_item(
    items: ItemService, server: RedisServer, redis: Redis, keys: Keys
) -> None:
    known = (await items.publish(draft("Known"), by="ana")).item.id
    items.attempts.answer_within = 0.2
    server.freeze()
    try:
        with pytest.raises(StoreUnreachable):
            await items.publish(draft("Line"), by="ana", key="k")
        with pytest.raises(StoreUnreachable):  # waits for what it reads before
            await items.retract(known, None, by="ana", key="r")
    finally:
        server.thaw()
    items.attempts.answer_within = 3.0
    await items.publish(draft("Line"), by="ana", key="k")
    await items.retract(known, None, by="ana", key="r")
    assert await redis.xlen(keys.wire) == 3


def test_a_long_wait_for_durability_has_its_time(redis: Redis, keys: Keys) -> None:
    def within(seconds: float) -> float:
        settings = Settings(durability_timeout=seconds)
        return ItemService(redis, keys, settings.taxonomy, settings).attempts.answer_within

    assert (within(2.0), within(10.0)) == (3.0, 11.0)


async def test_an_answer_that_cannot_be_read_names_the_item(
    items: ItemService, redis: Redis, keys: Keys
) -> None:
    """Another version may have kept it. The change was made, and is not made again."""
    first = await items.publish(draft("Line"), by="ana", key="k")
    kept = await redis.get(keys.idem("ana", "k"))
    for damaged in (kept.replace(b'"level"', b'"lvl"'), kept[:-1]):
        await redis.set(keys.idem("ana", "k"), damaged)
        with pytest.raises(UnreadableItem, match=first.item.id):
            await items.publish(draft("Line"), by="ana", key="k")
    assert await redis.xlen(keys.wire) == 1

"""Imports: many drafts in one pipeline, each with its own outcome."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.support.drafts import counted, draft
from ticker.domain.errors import Duplicate, TickerError
from ticker.publishing import service as items_module
from ticker.publishing.service import Committed, ItemService
from ticker.storage.connection import Redis
from ticker.storage.keys import Keys


def ok(result: Committed | TickerError) -> Committed:
    assert isinstance(result, Committed), result
    return result


async def test_each_draft_has_its_own_outcome_in_order(
    items: ItemService, redis: Redis, keys: Keys
) -> None:
    at = datetime.now(UTC) + timedelta(hours=1)
    taken = await items.publish(draft("Taken"), by="ana")
    results = await items.publish_many(
        [
            (draft("One"), "k1"),
            (draft("Taken"), None),
            (draft("Later", at=at), None),
            (draft("A test", test=True), None),
            (draft("Two"), None),
        ],
        by="ana",
    )
    duplicate = results[1]
    assert isinstance(duplicate, Duplicate)
    assert duplicate.existing == taken.item.id
    states = [ok(result).item.state for result in (results[0], *results[2:])]
    assert states == ["live", "scheduled", "test", "live"]
    assert await redis.xlen(keys.wire) == 3


async def test_it_is_one_round_trip(items: ItemService, redis: Redis) -> None:
    await items.publish(draft(), by="ana")
    async with counted(redis) as calls:
        await items.publish_many([(draft(), None) for _ in range(100)], by="ana")
    assert calls.pop("WAITAOF", 1) == 1
    assert calls == {"EVALSHA": 100}


async def test_a_server_that_forgot_the_script_is_taught_again(
    items: ItemService, redis: Redis
) -> None:
    await items.publish(draft(), by="ana")
    await redis.script_flush()
    results = await items.publish_many([(draft(), None) for _ in range(20)], by="ana")
    assert len({ok(result).item.id for result in results}) == 20
    await redis.script_flush()
    assert not (await items.publish(draft(), by="ana")).repeated


async def test_more_than_one_pipeline_full(
    items: ItemService, redis: Redis, keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(items_module, "MANY_MAX", 7)
    drafts = [(draft(), f"k{n}") for n in range(20)]
    first = [ok(result) for result in await items.publish_many(drafts, by="ana")]
    again = [ok(result) for result in await items.publish_many(drafts, by="ana")]
    assert [one.item for one in first] == [one.item for one in again]
    assert all(one.repeated for one in again)
    assert await redis.xlen(keys.wire) == 20
    assert [one.wire_id for one in first] == sorted(one.wire_id for one in first if one.wire_id)
    assert await items.publish_many([], by="ana") == []

"""An item whose stored record cannot be read has a clear answer, and can be retracted."""

from __future__ import annotations

import logging
from typing import Any

import orjson
import pytest

from tests.support.drafts import change, draft
from ticker.domain.errors import NotFound, UnreadableItem
from ticker.domain.event import WireEvent
from ticker.publishing.service import ItemService
from ticker.storage.connection import Redis
from ticker.storage.keys import Keys

ID = "01kav9ft020000000000000001"
DAMAGES: dict[str, Any] = {
    "empty": {},
    "no JSON": b"\xff{",
    "no object": b"[1]",
    "fields of a newer version": {"mood": "good"},
    "another type": {"sections": 7, "push": "yes"},
    "an unknown state": {"state": "asleep"},
    "reach that is none": {"level": None, "reach": {"edition": "en"}},
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
async def test_it_is_named_and_retracted(
    items: ItemService,
    redis: Redis,
    keys: Keys,
    caplog: pytest.LogCaptureFixture,
    damage: Any,
) -> None:
    first = await items.publish(draft("Wrong name", sections=["economy"], tags=["a"]), by="ana")
    id = first.item.id
    last = await items.change(id, change(sections=["politics"], tags=["b"]), by="ana")
    doc = damage
    if isinstance(damage, dict):
        doc = orjson.dumps(last.item.model_dump() | damage if damage else damage)
    await redis.hset(keys.item(id), "doc", doc)  # type: ignore[misc]
    for _ in range(2):
        with pytest.raises(UnreadableItem, match=id):
            await items.get(id)
        with pytest.raises(UnreadableItem):
            await items.change(id, change(headline="Right name"), by="ana")
        assert id not in [item.id for item in await items.latest(1_000)]
    assert [entry.action for entry in await items.history(id)] == ["publish", "update"]
    done = await items.retract(id, "wrong", by="ana")
    assert (done.item.state, done.item.version) == ("retracted", 3)
    [(_, record)] = await redis.xrevrange(keys.wire, count=1)
    event = WireEvent.read(record)
    assert event.action == "retract"
    assert event.was is not None
    assert event.was.edition == "en"
    assert event.was.tags == {"a", "b"}
    assert event.was.sections == {"economy", "politics"}
    assert b"Wrong name" not in record[b"v"]
    assert (await items.get(id)).state == "retracted"
    assert (await items.retract(id, "wrong", by="ana")).wire_id is None
    said = [one.getMessage() for one in caplog.records if one.levelno == logging.ERROR]
    assert len(said) == 1
    assert id in said[0]
    assert "Wrong name" not in said[0]


async def test_a_record_without_its_version_stays_unreadable(
    items: ItemService, redis: Redis, keys: Keys
) -> None:
    id = (await items.publish(draft(), by="ana")).item.id
    await redis.hset(keys.item(id), mapping={"doc": "{}", "version": "two"})  # type: ignore[misc]
    with pytest.raises(UnreadableItem):
        await items.retract(id, "wrong", by="ana")
    with pytest.raises(NotFound):
        await items.retract(ID, "wrong", by="ana")

"""An item that was withdrawn by mistake is published again, and both name each other."""

from __future__ import annotations

import asyncio
from typing import Any

import orjson
import pytest

from tests.support.drafts import draft
from tests.support.waiting import wait_until
from ticker.domain.clock import parse_ms
from ticker.domain.draft import Draft
from ticker.domain.errors import Conflict, Invalid
from ticker.domain.event import WireEvent
from ticker.domain.item import Item
from ticker.publishing.attempts import Committed
from ticker.publishing.service import ItemService
from ticker.storage.connection import Redis
from ticker.storage.keys import Keys
from ticker.storage.scripts import command

NOTICE = "This item was withdrawn by mistake."


async def retracted(items: ItemService, **fields: Any) -> Item:
    item = (await items.publish(draft(**fields), by="ana")).item
    return (await items.retract(item.id, None, by="ana")).item


def again(item: Item, **fields: Any) -> Draft:
    return draft(replaces=item.id, correction=NOTICE, **fields)


async def test_both_items_name_each_other_from_one_commit(
    items: ItemService, redis: Redis, keys: Keys
) -> None:
    old = await retracted(items)
    new = (await items.publish(again(old), by="ana")).item
    assert (new.replaces, new.correction and new.correction.text) == (old.id, NOTICE)
    assert await items.get(old.id) == old.model_copy(update={"replaced_by": new.id})
    assert await items.get(new.id) == new
    [(_, fields)] = await command(redis, "XREVRANGE", keys.wire, "+", "-", "COUNT", 1)
    event = WireEvent.read(fields)
    assert (event.item.id, event.item.correction) == (new.id, new.correction)
    public = orjson.loads(fields[b"v"])["item"]
    assert public["replaces"] == old.id
    assert public["correction"]["at"] == public["published_at"]
    assert "replaces" not in orjson.loads((await items.get(old.id)).public_json())


async def test_an_item_is_replaced_once(items: ItemService) -> None:
    old = await retracted(items)
    drafts = [again(old, headline=f"Bridge {number} opens") for number in range(3)]
    results = await asyncio.gather(
        *(items.publish(one, by=f"editor {number}") for number, one in enumerate(drafts)),
        return_exceptions=True,
    )
    [first] = [one for one in results if isinstance(one, Committed)]
    for refused in (one for one in results if one is not first):
        assert isinstance(refused, Conflict)
        assert first.item.id in refused.detail
    assert len(await items.latest(10)) == 2


async def test_what_readers_did_not_have_or_still_have_is_not_replaced(items: ItemService) -> None:
    live = (await items.publish(draft("The pier opens"), by="ana")).item
    ended = (await items.publish(draft("The pier is closed"), by="ana")).item
    await items.expire(ended.id, by="ana")
    early = await retracted(items, headline="Tomorrow", at="2999-01-01T00:00:00Z", force=True)
    drill = await retracted(items, headline="A drill", test=True)
    other = await retracted(items, headline="Puente", edition="es")
    unknown = live.model_copy(update={"id": "0" * 26})
    for item in (live, ended, early, drill, other, unknown):
        with pytest.raises(Invalid, match="replaces: must be an item of this edition"):
            await items.publish(again(item, headline="Again"), by="ana")


async def test_the_notice_has_the_time_at_which_the_item_goes_out(items: ItemService) -> None:
    old = await retracted(items)
    waiting = (await items.publish(again(old, draft=True), by="ana")).item
    assert (await items.get(old.id)).replaced_by == waiting.id
    await wait_until(items.now_ms, lambda now: now > parse_ms(waiting.updated_at))
    out = (await items.approve(waiting.id, by="ben")).item
    assert out.correction is not None
    assert out.correction.at == out.published_at == out.updated_at > waiting.updated_at


async def test_a_record_of_an_earlier_version_gets_the_name_too(
    items: ItemService, redis: Redis, keys: Keys
) -> None:
    old = await retracted(items)
    record = {k: v for k, v in orjson.loads(old.to_json()).items() if not k.startswith("replace")}
    await command(redis, "HSET", keys.item(old.id), "doc", orjson.dumps(record))
    new = (await items.publish(again(old), by="ana")).item
    assert (await items.get(old.id)).replaced_by == new.id

"""Publishing: what one commit writes, where, and with how many commands."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.support.drafts import change, counted, draft
from ticker.config import Settings
from ticker.domain.clock import parse_ms
from ticker.domain.errors import Conflict, Gone, NotFound
from ticker.domain.event import WireEvent
from ticker.publishing.private_version import PRIVATE_MAX
from ticker.publishing.service import ItemService
from ticker.storage.connection import Redis
from ticker.storage.keys import Keys
from ticker.storage.scripts import command


async def score(redis: Redis, key: str, id: str) -> float | None:
    found: float | None = await redis.zscore(key, id)
    return found


async def test_a_publish_is_one_script_and_at_most_one_wait(
    items: ItemService, redis: Redis
) -> None:
    await items.publish(draft(), by="ana")  # teaches the script and asks what can be promised
    async with counted(redis) as calls:
        for _ in range(10):
            await items.publish(draft(), by="ana")
    known = await items.durability()
    assert calls == {"EVALSHA": 10} | ({"WAITAOF": 10} if known.waits else {})


async def test_a_change_is_one_read_more(items: ItemService, redis: Redis) -> None:
    done = await items.publish(draft(), by="ana")
    async with counted(redis) as calls:
        await items.change(done.item.id, change(summary="Ferries run again"), by="ana")
    calls.pop("WAITAOF", None)
    assert calls == {"HGET": 2, "EXISTS": 1, "EVALSHA": 1}, "a pipeline and a script"


async def test_a_live_item_is_on_the_wire_and_in_the_indexes(
    items: ItemService, redis: Redis, keys: Keys, settings: Settings
) -> None:
    done = await items.publish(draft("Bridge closed"), by="ana")
    id = done.item.id
    [(wire_id, record)] = await redis.xrange(keys.wire)
    assert wire_id.decode() == str(done.wire_id)
    event = WireEvent.read(record)
    assert (event.action, event.item, event.by) == ("publish", done.item, "ana")
    assert await command(redis, "LRANGE", keys.log(id), 0, -1) == [wire_id]
    assert await command(redis, "HGET", keys.item(id), "state") == b"live"
    assert await score(redis, keys.published, id) == parse_ms(done.item.published_at)
    expiry = await score(redis, keys.expiry, id)
    assert expiry == parse_ms(done.item.updated_at) + settings.item_ttl * 1000
    assert await score(redis, keys.due, id) is None
    assert await redis.ttl(keys.item(id)) == -1
    assert await items.get(id) == done.item
    assert not await redis.exists(keys.live), "only a relay writes the lane"


async def test_a_scheduled_item_is_nowhere_but_in_the_schedule_index(
    items: ItemService, redis: Redis, keys: Keys
) -> None:
    at = datetime.now(UTC) + timedelta(hours=1)
    done = await items.publish(draft(at=at), by="ana")
    assert (done.item.state, done.wire_id) == ("scheduled", None)
    changed = await items.change(done.item.id, change(headline="Other words"), by="ana")
    assert changed.wire_id is None
    assert not await redis.exists(keys.wire, keys.live, keys.current, keys.published, keys.expiry)
    assert await score(redis, keys.due, done.item.id) == int(at.timestamp() * 1000)
    moved = await items.change(done.item.id, change(at=at + timedelta(hours=1)), by="ana")
    assert await score(redis, keys.due, done.item.id) == int((at.timestamp() + 3600) * 1000)
    assert await items.scheduled(10) == [moved.item]
    gone = await items.retract(done.item.id, "a mistake", by="ana")
    assert (gone.item.state, gone.wire_id) == ("retracted", None)
    assert not await redis.exists(keys.wire, keys.due)


async def test_a_test_item_never_touches_the_wire(
    items: ItemService, redis: Redis, keys: Keys, settings: Settings
) -> None:
    line = "This is only a test of the newsroom"
    done = await items.publish(draft(line, test=True), by="ana")
    await items.change(done.item.id, change(headline="Still a test"), by="ana")
    with pytest.raises(Conflict):
        await items.release(done.item.id, by="ana")
    await items.retract(done.item.id, None, by="ana")
    assert not await redis.exists(keys.wire, keys.published, keys.due, keys.expiry)
    assert 0 < await redis.ttl(keys.item(done.item.id)) <= settings.archive_ttl
    real = await items.publish(draft(line), by="ana")
    assert real.wire_id is not None, "a test does not make the real item a duplicate"


async def test_release_puts_a_scheduled_item_out(
    items: ItemService, redis: Redis, keys: Keys
) -> None:
    at = datetime.now(UTC) + timedelta(hours=1)
    done = await items.publish(draft(at=at), by="ana")
    out = await items.release(done.item.id, by="ben")
    assert out.item.state == "live"
    assert out.wire_id is not None
    assert not await redis.exists(keys.due)
    assert await score(redis, keys.published, out.item.id) == parse_ms(out.item.published_at)
    again = await items.release(done.item.id, by="ben")
    assert (again.wire_id, again.item) == (None, out.item)


async def test_a_removed_item_is_kept_for_editors_and_is_in_no_index(
    items: ItemService, redis: Redis, keys: Keys, settings: Settings
) -> None:
    retracted = (await items.publish(draft(), by="ana")).item.id
    expired = (await items.publish(draft(), by="ana")).item.id
    await items.retract(retracted, "wrong harbour", by="ben")
    await items.expire(expired, by="ben")
    assert not await redis.exists(keys.published, keys.expiry)
    for id in (retracted, expired):
        assert 0 < await redis.ttl(keys.item(id)) <= settings.archive_ttl
        assert 0 < await redis.ttl(keys.log(id)) <= settings.archive_ttl
    assert (await items.get(retracted)).status == "canceled"
    with pytest.raises(Conflict):
        await items.change(expired, change(headline="Back again"), by="ana")
    assert (await items.retract(expired, None, by="ana")).wire_id is not None
    with pytest.raises(Conflict):
        await items.expire(expired, by="ana")


async def test_expiry_follows_what_the_item_says(
    items: ItemService, redis: Redis, keys: Keys, settings: Settings
) -> None:
    until = datetime.now(UTC) + timedelta(hours=2)
    stated = (await items.publish(draft(expires_at=until), by="ana")).item.id
    assert await score(redis, keys.expiry, stated) == int(until.timestamp() * 1000)
    await items.pin(stated, True, by="ana")
    assert await score(redis, keys.expiry, stated) == int(until.timestamp() * 1000)
    await items.change(stated, change(expires_at=None), by="ana")
    assert await score(redis, keys.expiry, stated) is None, "pinned, and no longer limited"
    await items.pin(stated, False, by="ana")
    default = await score(redis, keys.expiry, stated)
    assert default is not None
    assert default > until.timestamp() * 1000
    await items.change(stated, change(summary="More"), by="ana")
    assert await score(redis, keys.expiry, stated) == default, "a change grants no more time"
    pinned = (await items.publish(draft(pinned=True), by="ana")).item.id
    assert await score(redis, keys.expiry, pinned) is None


async def test_unknown_items_are_not_found(items: ItemService) -> None:
    for id in ("0" * 26, "", "*", "a\r\nb", "é" * 26):
        with pytest.raises(NotFound):
            await items.get(id)
        with pytest.raises(NotFound):
            await items.retract(id, None, by="ana")
        with pytest.raises(NotFound):
            await items.retract(id, None, by="ana", key="k")
        assert await items.history(id) == []
    assert not issubclass(Gone, NotFound)


async def test_the_versions_that_readers_must_not_know_are_bounded(
    items: ItemService, redis: Redis, keys: Keys
) -> None:
    at = datetime.now(UTC) + timedelta(hours=1)
    id = (await items.publish(draft(at=at), by="ana")).item.id
    await command(redis, "RPUSH", keys.private(id), *["poison"] * PRIVATE_MAX)
    await items.change(id, change(headline="Two berths"), by="ana")
    assert await command(redis, "LLEN", keys.private(id)) == PRIVATE_MAX
    assert [e.action for e in await items.history(id)] == ["update"]

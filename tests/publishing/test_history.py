"""The history of an item: who changed it, when, and what."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tests.support.drafts import change, draft
from ticker.config import Settings
from ticker.publishing.service import ItemService
from ticker.storage.connection import Redis
from ticker.storage.keys import Keys
from ticker.storage.scripts import command


async def test_history_names_the_editor_of_each_event(
    items: ItemService, redis: Redis, keys: Keys
) -> None:
    id = (await items.publish(draft(), by="ana")).item.id
    await items.change(id, change(headline="Two berths", correction="not one", note="n"), by="ben")
    await redis.xadd(keys.wire, {"e": "poison"})
    [(poison, _)] = await redis.xrevrange(keys.wire, count=1)
    await command(redis, "RPUSH", keys.log(id), poison)
    await items.pin(id, True, by="ana")
    await items.retract(id, "wrong", by="cem")
    history = await items.history(id)
    assert [(e.action, e.version, e.by, e.note) for e in history] == [
        ("publish", 1, "ana", None),
        ("correct", 2, "ben", "n"),
        ("pin", 3, "ana", None),
        ("retract", 4, "cem", "wrong"),
    ]
    assert [e.action for e in await items.history(id, limit=2)] == ["pin", "retract"]


async def test_history_has_what_happened_before_readers_knew_the_item(
    items: ItemService, redis: Redis, keys: Keys, settings: Settings
) -> None:
    at = datetime.now(UTC) + timedelta(hours=1)
    id = (await items.publish(draft(at=at), by="ana")).item.id
    await items.change(id, change(headline="Two berths", note="n"), by="ben")
    await items.change(id, change(at=at + timedelta(hours=1)), by="ana")
    await items.release(id, by="cem")
    await items.change(id, change(headline="Two berths", correction="not one"), by="ben")
    history = await items.history(id)
    assert [(e.action, e.version, e.by, e.note, e.wire_id is None) for e in history] == [
        ("schedule", 1, "ana", None, True),
        ("update", 2, "ben", "n", True),
        ("reschedule", 3, "ana", None, True),
        ("publish", 4, "cem", None, False),
        ("correct", 5, "ben", None, False),
    ]
    assert set(history[2].changes) == {"embargo_until"}
    assert history[3].changes["state"] == ("scheduled", "live")
    await command(redis, "RPUSH", keys.private(id), "poison")
    assert len(await items.history(id)) == 5
    assert await redis.ttl(keys.private(id)) == -1
    await items.retract(id, None, by="cem")
    assert 0 < await redis.ttl(keys.private(id)) <= settings.archive_ttl

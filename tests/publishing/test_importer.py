"""Imports: many entries in one pipeline, each with its own outcome."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tests.support.drafts import counted, draft, publish_all
from ticker.domain.errors import Duplicate, ImplausibleTime, TickerError
from ticker.publishing.import_record import Incoming
from ticker.publishing.import_result import Imported
from ticker.publishing.service import ItemService
from ticker.storage.connection import Redis
from ticker.storage.keys import Keys


def ok(result: Imported | TickerError) -> Imported:
    assert isinstance(result, Imported), result
    return result


async def test_each_entry_has_its_own_outcome_in_order(
    items: ItemService, redis: Redis, keys: Keys
) -> None:
    now = datetime.now(UTC)
    taken = await items.publish(draft("Taken"), by="ana")
    entries = [
        Incoming("k1", draft("One")),
        Incoming(None, draft("Taken")),
        Incoming(None, draft("Later", at=now + timedelta(hours=1))),
        Incoming(None, draft("Too late", at=now - timedelta(hours=1))),
        Incoming(None, draft("A test", test=True)),
        Incoming(None, draft("Two")),
    ]
    results = await items.importer.run(entries, by="ana")
    duplicate, implausible = results.pop(1), results.pop(2)
    assert isinstance(duplicate, Duplicate)
    assert duplicate.existing == taken.item.id
    assert isinstance(implausible, ImplausibleTime)
    assert [ok(one).state for one in results] == ["live", "scheduled", "test", "live"]
    assert await redis.xlen(keys.wire) == 3


async def test_new_entries_are_one_round_trip(items: ItemService, redis: Redis) -> None:
    await items.publish(draft(), by="ana")
    async with counted(redis) as calls:
        await publish_all(items, [draft() for _ in range(100)])
    assert calls.pop("WAITAOF", 1) == 1
    assert calls == {"GET": 100, "EVALSHA": 100}


async def test_a_server_that_forgot_the_script_is_taught_again(
    items: ItemService, redis: Redis
) -> None:
    await items.publish(draft(), by="ana")
    await redis.script_flush()
    found = await publish_all(items, [draft() for _ in range(20)])
    assert len({item.id for item in found}) == 20
    await redis.script_flush()
    assert not (await items.publish(draft(), by="ana")).repeated

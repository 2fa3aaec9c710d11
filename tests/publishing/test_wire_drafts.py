"""Drafts that feeds write: a list of their own, updated in place, and the editors' once touched."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.support.drafts import change, draft
from ticker.config import Settings
from ticker.domain.errors import Duplicate
from ticker.publishing import command_builder
from ticker.publishing.import_record import Incoming
from ticker.publishing.import_result import Imported
from ticker.publishing.service import ItemService
from ticker.storage.connection import Redis, connect
from ticker.storage.keys import Keys
from ticker.storage.scripts import command

FEED = "wire:reuters"


def entry(key: str, headline: str, **fields: Any) -> Incoming:
    return Incoming(key, draft(headline, draft=True, **fields))


async def run(items: ItemService, *entries: Incoming, by: str = FEED) -> list[Imported]:
    found = await items.importer.run(entries, by=by, wire_only=True)
    assert all(isinstance(one, Imported) for one in found), found
    return [one for one in found if isinstance(one, Imported)]


async def waiting(items: ItemService) -> list[str]:
    return [item.headline for item in await items.wire_drafts(10)]


async def latest(items: ItemService) -> list[str]:
    return [item.headline for item in await items.latest(10)]


async def test_they_have_a_list_of_their_own_until_an_editor_takes_one(items: ItemService) -> None:
    await items.publish(draft("Ana's draft", draft=True), by="ana")
    one, two, three = await run(
        items, entry("1", "Ferry late"), entry("2", "Fog"), entry("3", "Frost")
    )
    assert await waiting(items) == ["Frost", "Fog", "Ferry late"]
    assert [item.headline for item in await items.drafts(10)] == ["Ana's draft"]
    assert await latest(items) == ["Ana's draft"]
    assert one.id is not None
    assert two.id is not None
    assert three.id is not None
    assert three.id in await items.ids_with(three.id[-8:])
    await items.approve(one.id, by="ben")
    await items.change(two.id, change(headline="Dense fog"), by="ben")
    await items.retract(three.id, None, by="ben")
    assert await waiting(items) == []
    assert [item.headline for item in await items.drafts(10)] == ["Dense fog", "Ana's draft"]
    assert await latest(items) == ["Dense fog", "Ferry late", "Ana's draft"]


async def test_one_that_nobody_approves_goes_and_one_that_is_approved_stays(
    items: ItemService, redis: Redis, keys: Keys, settings: Settings
) -> None:
    [one, two] = await run(items, entry("1", "Ferry late"), entry("2", "Fog"))

    async def left(id: str | None) -> float:
        return float(await command(redis, "PTTL", keys.item(str(id))))

    assert 0 < await left(one.id) <= command_builder.WIRE_DRAFT_TTL_MS
    await items.retract(str(one.id), None, by="ben")
    assert 0 < await left(one.id) <= command_builder.WIRE_DRAFT_TTL_MS
    await items.change(str(two.id), change(headline="Dense fog"), by="ben")
    assert await left(two.id) > settings.archive_ttl * 1000 - 60_000
    await items.approve(str(two.id), by="ben")
    assert await left(two.id) == -1


async def test_they_change_in_place_until_an_editor_has_one(items: ItemService) -> None:
    [one] = await run(items, entry("1", "Ferry late"))
    [again] = await run(items, entry("1", "Ferry late by an hour"))
    assert (again.action, again.id) == ("updated", one.id)
    assert await waiting(items) == ["Ferry late by an hour"]
    [same] = await run(items, entry("1", "Ferry late by an hour"))
    assert same.action == "unchanged"
    id = str(one.id)
    await items.approve(id, by="ben")
    for incoming, did in (
        (entry("1", "Ferry sunk"), "changed"),
        (Incoming("1", None), "withdrawn"),
    ):
        [left] = await run(items, incoming)
        assert (left.action, left.id, left.state) == ("unchanged", id, "live")
        assert left.source_did == did
    assert (await items.get(id)).headline == "Ferry late by an hour"
    await items.retract(id, "killed", by="ben")
    [gone] = await run(items, entry("1", "Ferry found"))
    assert (gone.state, gone.source_did) == ("retracted", None)


async def test_what_the_source_withdraws_goes(items: ItemService) -> None:
    [one] = await run(items, entry("1", "Ferry late"))
    [gone] = await run(items, Incoming("1", None))
    assert (gone.action, gone.id) == ("withdrawn", one.id)
    assert await waiting(items) == []


async def test_two_feeds_with_one_entry_or_the_same_words_make_one_draft(
    items: ItemService,
) -> None:
    [one] = await run(items, entry("1", "Ferry late"))
    [same] = await run(items, entry("1", "Ferry late"), by="wire:ap")
    assert (same.action, same.id) == ("unchanged", one.id)
    for incoming in (entry("1", "Ferry late", source="AP"), Incoming("1", None)):
        [same] = await run(items, incoming, by="wire:ap")
        assert (same.action, same.id) == ("unchanged", one.id)
    assert [item.source for item in await items.wire_drafts(10)] == [None]
    [other] = await items.importer.run([entry("9", "FERRY  late!")], by="wire:ap", wire_only=True)
    assert isinstance(other, Duplicate)
    assert other.existing == one.id


async def test_two_workers_at_once_make_one_draft(
    items: ItemService, settings: Settings, keys: Keys
) -> None:
    client = connect(settings.redis_url)
    other = ItemService(client, keys, settings.taxonomy, settings)
    lines = [entry(str(number), f"Ferry {number} late") for number in range(20)]
    try:
        both = await asyncio.gather(run(items, *lines), run(other, *lines))
    finally:
        await client.aclose()
    assert len({one.id for found in both for one in found}) == 20
    assert sum(one.action == "published" for found in both for one in found) == 20
    assert len(await items.wire_drafts(100)) == 20


async def test_no_audit_of_what_a_feed_writes(items: ItemService, redis: Redis, keys: Keys) -> None:
    [one] = await run(items, entry("1", "Ferry late"))
    await run(items, entry("1", "Ferry late by an hour"))
    assert await command(redis, "XLEN", keys.audit) == 0
    await items.approve(str(one.id), by="ben")
    assert await command(redis, "XLEN", keys.audit) == 1


@pytest.mark.parametrize("fields", [{"note": "Ask Eva"}, {"at": "2099-01-01T00:00:00Z"}])
async def test_what_an_editor_changes_of_it_is_audited_also_where_it_stays_the_feeds(
    items: ItemService, redis: Redis, keys: Keys, fields: dict[str, Any]
) -> None:
    await run(items, entry("1", "Ferry late"))
    [item] = await items.wire_drafts(1)
    await items.change(item.id, change(**fields, force=True), by="ana")
    assert len(await items.wire_drafts(1)) == 1
    assert await command(redis, "XLEN", keys.audit) == 1


async def test_beyond_the_bound_the_oldest_are_deleted(
    items: ItemService, redis: Redis, keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command_builder, "WIRE_DRAFTS_MAX", 3)
    found: list[Imported] = []
    for number in range(5):
        found += await run(items, entry(str(number), f"Ferry {number} late"))
    assert await waiting(items) == ["Ferry 4 late", "Ferry 3 late", "Ferry 2 late"]
    kept = [await command(redis, "EXISTS", keys.item(str(one.id))) for one in found]
    assert kept == [0, 0, 1, 1, 1]
    [late] = await run(items, entry("0", "Ferry 0 sunk"))
    assert late.action == "unchanged"

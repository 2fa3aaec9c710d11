"""Drafts on the store: their list and lifetime, their approval, and the second person."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.support.drafts import change, draft
from ticker.config import Settings
from ticker.domain.errors import Conflict, Duplicate, Stale, TickerError
from ticker.domain.item import Item
from ticker.publishing.attempts import Committed
from ticker.publishing.import_record import Incoming
from ticker.publishing.import_result import Imported
from ticker.publishing.service import ItemService
from ticker.storage.connection import Redis, connect
from ticker.storage.keys import Keys
from ticker.storage.scripts import command

TRIES = 40
RULE = {"two_person_levels": ("bulletin", "flash")}


@pytest.fixture
def desk(redis: Redis, keys: Keys, settings: Settings) -> ItemService:
    """The service of a newsroom in which alerts need two people."""
    return ItemService(redis, keys, settings.taxonomy, settings.model_copy(update=RULE))


@pytest.fixture
async def other(server_kind: str, keys: Keys, settings: Settings) -> AsyncIterator[ItemService]:
    """The service of another server of that newsroom, with a connection of its own."""
    client = connect(settings.redis_url, blocking=True)
    yield ItemService(client, keys, settings.taxonomy, settings.model_copy(update=RULE))
    await client.aclose()


async def made(items: ItemService, headline: str | None = None, **fields: Any) -> Item:
    return (await items.publish(draft(headline, draft=True, **fields), by="ana")).item


def later(hours: int = 5) -> datetime:
    return datetime.now(UTC) + timedelta(hours=hours)


async def test_drafts_are_listed_until_they_go_out_or_are_retracted(items: ItemService) -> None:
    one, two, three = [await made(items) for _ in range(3)]
    await items.change(one.id, change(headline="Port closed again"), by="ben")
    assert [item.id for item in await items.drafts(10)] == [one.id, three.id, two.id]
    assert [item.id for item in await items.drafts(1)] == [one.id]
    await items.approve(one.id, by="ana")
    await items.retract(two.id, "not true", by="ana")
    assert [item.id for item in await items.drafts(10)] == [three.id]
    scheduled = await items.change(three.id, change(at=later()), by="ana")
    assert scheduled.item.state == "draft"
    assert (await items.approve(three.id, by="ana")).item.state == "scheduled"
    assert await items.drafts(10) == []
    assert [item.id for item in await items.scheduled(10)] == [three.id]


async def test_a_draft_is_kept_for_a_time_and_what_is_out_for_good(
    items: ItemService, redis: Redis, keys: Keys, settings: Settings
) -> None:
    for at in (None, later()):
        item = await made(items, at=at)
        for key in (keys.item(item.id), keys.private(item.id)):
            left = await command(redis, "PTTL", key)
            assert settings.archive_ttl * 1000 - 60_000 < left <= settings.archive_ttl * 1000
        await items.approve(item.id, by="ana")
        for key in (keys.item(item.id), keys.private(item.id)):
            assert await command(redis, "PTTL", key) == -1


async def test_drafts_that_are_not_kept_any_more_leave_the_list(
    items: ItemService, redis: Redis, keys: Keys
) -> None:
    gone = await made(items)
    await command(redis, "DEL", keys.item(gone.id))
    await command(redis, "ZADD", keys.drafts, 1, gone.id)
    kept = await made(items)
    assert await command(redis, "ZRANGE", keys.drafts, 0, -1) == [kept.id.encode()]


async def test_an_approved_draft_is_published_when_it_is_approved(items: ItemService) -> None:
    item = await made(items)
    done = await items.approve(item.id, by="eva")
    assert done.wire_id is not None
    assert done.item.published_at > item.published_at or done.item.version == 2
    history = await items.history(item.id)
    assert [(one.action, one.by) for one in history] == [("draft", "ana"), ("publish", "eva")]
    assert history[1].at == done.item.published_at
    again = await items.approve(item.id, by="eva")
    assert (again.changed, again.wire_id) == (False, None)


async def test_a_draft_claims_its_words_when_it_is_approved(items: ItemService) -> None:
    first, second = await made(items, "Minister resigns"), await made(items, "Minister resigns!")
    await items.approve(first.id, by="eva")
    with pytest.raises(Duplicate) as refused:
        await items.approve(second.id, by="eva")
    assert refused.value.existing == first.id
    assert (await items.get(second.id)).state == "draft"
    assert (await items.approve(second.id, by="eva", force=True)).item.state == "live"
    with pytest.raises(Duplicate):
        await items.publish(draft("Minister resigns"), by="ben")


async def test_a_repeated_approval_with_a_key_gets_the_first_answer(items: ItemService) -> None:
    item = await made(items)
    first = await items.approve(item.id, by="eva", key="one")
    again = await items.approve(item.id, by="eva", key="one")
    assert (again.repeated, again.wire_id) == (True, first.wire_id)
    with pytest.raises(Conflict, match="eva has approved it already"):
        await items.approve(item.id, by="ben", if_match=1)
    waits = await made(items)
    await items.change(waits.id, change(headline="Port closed again"), by="ben")
    with pytest.raises(Stale):
        await items.approve(waits.id, by="eva", if_match=1)


async def test_one_of_two_approvers_at_once_wins_and_the_other_is_told(
    desk: ItemService, other: ItemService
) -> None:
    for _ in range(TRIES):
        item = await made(desk, level="flash")
        results = await asyncio.gather(
            desk.approve(item.id, by="ben"),
            other.approve(item.id, by="eva"),
            return_exceptions=True,
        )
        [winner] = [one for one in results if isinstance(one, Committed)]
        [loser] = [one for one in results if isinstance(one, Conflict)]
        assert f"{winner.item.approved_by} has approved it already" in str(loser)
        assert [one.action for one in await desk.history(item.id)] == ["draft", "publish"]


async def test_two_editors_at_the_same_millisecond_make_one_item(
    redis: Redis, keys: Keys, settings: Settings, other: ItemService
) -> None:
    """Two servers of a newsroom, whose clocks stand still, are sent the same headline at once."""
    desk = ItemService(redis, keys, settings.taxonomy, settings, lambda: 1_764_000_000_000)
    for number in range(TRIES):
        line = f"Tunnel {number} is closed"
        results = await asyncio.gather(
            desk.publish(draft(line), by="ana"),
            other.publish(draft(line), by="ben"),
            return_exceptions=True,
        )
        [winner] = [one for one in results if isinstance(one, Committed)]
        [loser] = [one for one in results if isinstance(one, Duplicate)]
        assert loser.existing == winner.item.id
    assert len(await desk.latest(100)) == TRIES


async def test_an_approval_and_a_change_at_once_publish_what_was_approved(
    desk: ItemService, other: ItemService
) -> None:
    """The text that goes out has an approval by somebody who has not written it."""
    for _ in range(TRIES):
        item = await made(desk, level="flash")
        results = await asyncio.gather(
            desk.approve(item.id, by="eva", if_match=1),
            other.change(item.id, change(headline="Something else"), by="ben"),
            return_exceptions=True,
        )
        approved = results[0]
        if isinstance(approved, Committed):
            published = (await desk.history(item.id))[1]
            assert (published.action, published.changes.get("headline")) == ("publish", None)
        else:
            assert isinstance(approved, Stale)
            assert (await desk.get(item.id)).state == "draft"


async def test_the_approver_who_changes_the_text_is_its_author(desk: ItemService) -> None:
    item = (await desk.publish(draft(level="flash"), by="ana")).item
    assert item.state == "draft"
    await desk.change(item.id, change(headline="Dam holds, ministry says"), by="eva")
    for author in ("ana", "eva", "Ana"):
        with pytest.raises(Conflict, match="second person"):
            await desk.approve(item.id, by=author)
    assert (await desk.approve(item.id, by="ben")).item.approved_by == "ben"


async def test_the_broken_glass_is_in_the_history(desk: ItemService) -> None:
    alone = await desk.publish(draft(level="flash", break_glass="Alone at night"), by="ana")
    waits = (await desk.publish(draft(level="flash"), by="ana")).item
    after = await desk.approve(waits.id, by="ana", break_glass="Nobody answers")
    for item, reason in ((alone.item, "Alone at night"), (after.item, "Nobody answers")):
        assert (item.state, item.break_glass) == ("live", reason)
        assert (await desk.history(item.id))[-1].note == reason


async def test_a_changed_alert_that_was_approved_for_later_waits_again(desk: ItemService) -> None:
    item = (await desk.publish(draft(level="flash", at=later()), by="ana")).item
    await desk.approve(item.id, by="eva")
    moved = await desk.change(item.id, change(at=later(6)), by="ana")
    assert moved.item.state == "scheduled"
    changed = await desk.change(item.id, change(headline="Polls close at nine"), by="ana")
    assert changed.item.state == "draft"
    assert await desk.scheduled(10) == []
    with pytest.raises(Conflict, match="the item is a draft"):
        await desk.due.release(item.id, by="clock")
    again = await desk.approve(item.id, by="eva")
    assert [one.id for one in await desk.scheduled(10)] == [item.id]
    assert (await desk.release(item.id, by="ana")).item.approved_by == again.item.approved_by


async def test_what_is_not_possible_with_a_draft_is_refused(items: ItemService) -> None:
    item = await made(items)
    for act in (
        items.release(item.id, by="ana"),
        items.expire(item.id, by="ana"),
        items.pin(item.id, True, by="ana"),
    ):
        with pytest.raises(Conflict, match="the item is a draft"):
            await act
    await items.retract(item.id, None, by="ana")
    for refused in (
        items.approve(item.id, by="eva"),
        items.change(item.id, change(headline="Again"), by="ana"),
    ):
        with pytest.raises(TickerError, match="the item is retracted"):
            await refused


async def test_an_imported_alert_waits_for_the_second_person(desk: ItemService) -> None:
    async def imported(headline: str) -> Imported:
        entry = Incoming("agency-1", draft(headline, level="flash"))
        [done] = await desk.importer.run([entry], by="wire")
        assert isinstance(done, Imported)
        return done

    first = await imported("Bridge collapses")
    assert (first.action, first.state, first.wire_id) == ("published", "draft", None)
    assert first.id is not None
    assert (await imported("Bridge collapses in storm")).state == "draft"
    with pytest.raises(Conflict, match="second person"):
        await desk.approve(first.id, by="wire")
    assert (await desk.approve(first.id, by="ana")).item.headline == "Bridge collapses in storm"
    mended = await imported("Bridge collapses in heavy storm")
    assert (mended.action, mended.state, mended.delivered) == ("updated", "live", False)
    waits = (await desk.get(first.id)).proposed
    assert waits is not None
    assert (waits.change, waits.authors) == (
        {"headline": "Bridge collapses in heavy storm"},
        ["wire"],
    )
    await imported("Bridge collapses in storm")  # the source takes it back
    same = (await desk.approve(first.id, by="ana")).item
    assert (same.headline, same.proposed) == ("Bridge collapses in storm", None)

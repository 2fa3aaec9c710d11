"""The undo window: a published item waits, and can be taken back before anybody has it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.support.drafts import change, draft
from tests.support.waiting import wait_until
from ticker.config import Settings
from ticker.domain.clock import parse_ms
from ticker.domain.draft import read_draft
from ticker.domain.errors import Conflict, Duplicate, Invalid, Stale
from ticker.domain.item import Item
from ticker.publishing.service import ItemService
from ticker.publishing.transitions import approve, publish, release, retract
from ticker.publishing.transitions import change as changed
from ticker.storage.connection import Redis
from ticker.storage.keys import Keys
from ticker.storage.scripts import command

NOW = parse_ms("2026-11-28T20:00:00.000Z")
PUBLIC = ("wire", "live", "current", "published", "expiry")
"""Where readers, feeds, the archive, alerts and webhooks get items from."""
RULE = {"two_person_levels": ("flash",)}


def from_ms(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC)


def first(settings: Settings, undo_ms: int = 5_000, **fields: Any) -> Item:
    made = draft(**fields)
    return publish(made, settings.taxonomy, id="a" * 26, by="ana", now_ms=NOW, undo_ms=undo_ms).item


@pytest.mark.parametrize(
    ("fields", "state", "waits"),
    [
        ({}, "scheduled", True),
        ({"level": "flash", "push": True}, "scheduled", True),
        ({"at": from_ms(NOW + 60_000)}, "scheduled", False),
        ({"at": from_ms(NOW)}, "live", False),
        ({"published_at": from_ms(NOW - 60_000)}, "live", False),
        ({"expires_at": from_ms(NOW + 5_000)}, "live", False),
        ({"test": True}, "test", False),
        ({"draft": True}, "draft", False),
    ],
)
def test_an_item_that_would_go_out_now_waits(
    settings: Settings, fields: dict[str, Any], state: str, waits: bool
) -> None:
    item = first(settings, **fields)
    assert item.state == state
    assert (item.undo_until is not None) is waits
    if waits:
        assert item.undo_until == item.embargo_until == "2026-11-28T20:00:05.000Z"


def test_an_expiry_counts_from_the_end_of_the_window(settings: Settings) -> None:
    assert first(settings, expires_in=60).expires_ms == NOW + 65_000
    assert first(settings, undo_ms=0, expires_in=60).expires_ms == NOW + 60_000


def test_what_becomes_of_the_window(settings: Settings) -> None:
    item = first(settings)
    step = changed(item, change(headline="Port open"), by="ben", now_ms=NOW + 1)
    assert step is not None
    assert (step.item.undo_until, step.item.state) == (item.undo_until, "scheduled")
    step = changed(item, change(level="flash"), by="ben", now_ms=NOW + 1, two_person=("flash",))
    assert step is not None
    reviewed = step.item
    assert (reviewed.state, reviewed.undo_until, reviewed.embargo_until) == ("draft", None, None)
    step = changed(item, change(at=from_ms(NOW + 60_000)), by="ben", now_ms=NOW + 1)
    assert step is not None
    assert (step.item.undo_until, step.item.state) == (None, "scheduled")
    out = release(item, by="schedule", now_ms=NOW + 5_000)
    assert out is not None
    assert (out.item.undo_until, out.item.embargo_until) == (None, None)
    gone = retract(item, None, by="ana", now_ms=NOW + 1)
    assert gone is not None
    assert (gone.item.state, gone.event) == ("retracted", None)
    assert retract(gone.item, None, by="ana", now_ms=NOW + 2) is None


def test_a_draft_has_its_window_after_the_approval(settings: Settings) -> None:
    item = first(settings, draft=True, level="flash")
    second = approve(item, by="ben", now_ms=NOW, two_person=("flash",), undo_ms=5_000)
    assert second is not None
    assert (second.item.state, second.event) == ("scheduled", None)
    assert second.item.undo_until == second.item.embargo_until == "2026-11-28T20:00:05.000Z"
    alone = approve(
        item, by="ana", now_ms=NOW, two_person=("flash",), break_glass="alone", undo_ms=5_000
    )
    assert alone is not None
    assert (alone.item.state, alone.item.undo_until) == ("live", None)


@pytest.mark.parametrize(
    "fields",
    [
        {"undo_window": 10.1},
        {"undo_window": -1},
        {"undo_window": float("nan")},
        {"undo_window": 1, "draft": True},
        {"undo_window": 1, "test": True},
        {"undo_window": 1, "at": "2026-11-28T20:00:00Z"},
        {"undo_window": 1, "published_at": "2026-11-28T20:00:00Z"},
    ],
)
def test_windows_that_are_refused(settings: Settings, fields: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        read_draft({"headline": "Port closed", "edition": "en", **fields}, settings.taxonomy)


async def public_state(redis: Redis, keys: Keys) -> list[bytes]:
    """Return what is kept wherever outputs read."""
    return [await command(redis, "DUMP", getattr(keys, name)) for name in PUBLIC]


async def test_nothing_of_it_is_public_before_the_end_and_after_an_undo(
    redis: Redis, keys: Keys, items: ItemService
) -> None:
    await items.publish(draft(), by="ana")
    before = await public_state(redis, keys)
    made = draft("Dam has failed", level="flash", push=True, undo_window=10)
    waits = await items.publish(made, by="ana", key="once")
    assert (waits.wire_id, waits.item.state) == (None, "scheduled")
    assert (await items.publish(made, by="ana", key="once")).item.undo_until is not None
    with pytest.raises(Duplicate):
        await items.publish(draft("Dam has failed"), by="ben")
    await items.change(waits.item.id, change(headline="Dam has not failed"), by="ben")
    assert await items.due.release(waits.item.id, by="schedule") is None
    assert await public_state(redis, keys) == before
    with pytest.raises(Stale):
        await items.retract(waits.item.id, None, by="ana", if_match=1)
    gone = await items.retract(waits.item.id, None, by="ana", if_match=2)
    assert (gone.wire_id, gone.item.state) == (None, "retracted")
    assert not (await items.retract(waits.item.id, None, by="ana")).changed
    with pytest.raises(Conflict):
        await items.release(waits.item.id, by="ana")
    assert await public_state(redis, keys) == before
    again = await items.publish(draft("Dam has failed"), by="ben")  # the words are free again
    assert again.item.state == "live"


async def test_it_goes_out_by_the_ordinary_schedule(items: ItemService) -> None:
    waits = await items.publish(draft(undo_window=0.001, expires_in=60), by="ana")
    assert await items.scheduled(10) != []
    out = await wait_until(lambda: items.due.release(waits.item.id, by="schedule"))
    assert out is not None
    assert (out.item.state, out.item.undo_until) == ("live", None)
    with pytest.raises(Stale):  # one moment later: what is out stays out
        await items.retract(waits.item.id, None, by="ana", if_match=waits.item.version)
    assert (await items.get(waits.item.id)).state == "live"


@pytest.mark.parametrize(
    ("fields", "state"),
    [
        ({}, "scheduled"),
        ({"undo_window": 0}, "live"),
        ({"level": "flash", "break_glass": "nobody answers"}, "live"),
        ({"level": "flash", "break_glass": "nobody answers", "undo_window": 9.5}, "scheduled"),
        ({"level": "flash"}, "draft"),
    ],
)
async def test_the_setting_is_for_every_item_that_says_nothing_else(
    redis: Redis, keys: Keys, settings: Settings, fields: dict[str, Any], state: str
) -> None:
    own = settings.model_copy(update={**RULE, "undo_window": 2.5})
    desk = ItemService(redis, keys, settings.taxonomy, own)
    item = (await desk.publish(draft(**fields), by="ana")).item
    assert item.state == state
    if state == "draft":
        item = (await desk.approve(item.id, by="ben")).item
        assert item.state == "scheduled"
    if item.undo_until is not None:
        seconds = (parse_ms(item.undo_until) - parse_ms(item.updated_at)) / 1000
        assert seconds == pytest.approx(fields.get("undo_window", 2.5), abs=0.5)
        released = await desk.release(item.id, by="ana")
        assert (released.item.state, released.item.undo_until) == ("live", None)

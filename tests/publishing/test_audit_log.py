"""The audit on the store: an entry for every change, retractions, retention, hostile records."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.support.drafts import change, draft
from ticker.api.request_scope import RequestScope
from ticker.config import Settings
from ticker.domain.actor import Actor, act_as
from ticker.domain.clock import parse_ms
from ticker.domain.errors import Conflict, Duplicate
from ticker.domain.request_context import RequestContext
from ticker.publishing.audit_log import SCANNED_MAX, AuditFilter, AuditLog
from ticker.publishing.import_record import Incoming
from ticker.publishing.service import ItemService
from ticker.storage.connection import Redis
from ticker.storage.keys import Keys
from ticker.storage.scripts import command

EVERYTHING = AuditFilter()
EVA = Actor("Eva", "chief", "k1", "192.0.2.7")


@pytest.fixture
def audit(redis: Redis, keys: Keys) -> AuditLog:
    return AuditLog(redis, keys)


async def entries(audit: AuditLog, **wanted: Any) -> list[dict[str, Any]]:
    """Return the entries, oldest first."""
    return (await audit.page(AuditFilter(**wanted), None, 200)).entries[::-1]


async def test_every_change_of_an_item_has_one_entry_and_a_refused_one_has_none(
    items: ItemService, audit: AuditLog
) -> None:
    later = datetime.now(UTC) + timedelta(hours=5)
    item = (await items.publish(draft("Ferry adrift"), by="ana", key="one")).item
    await items.publish(draft("Ferry adrift"), by="ana", key="one")
    with pytest.raises(Duplicate):
        await items.publish(draft("Ferry adrift"), by="ben")
    await items.change(item.id, change(headline="Ferry safe", correction="Safe"), by="ben")
    await items.change(item.id, change(level="urgent"), by="ben")
    await items.pin(item.id, True, by="ana")
    await items.pin(item.id, True, by="ana")
    await items.pin(item.id, False, by="ana")
    await items.expire(item.id, by="ana")
    with pytest.raises(Conflict):
        await items.pin(item.id, True, by="ana")
    held = (await items.publish(draft(at=later), by="ana")).item
    await items.change(held.id, change(at=later + timedelta(hours=1)), by="ana")
    await items.release(held.id, by="ben")
    waits = (await items.publish(draft(draft=True), by="ana")).item
    await items.change(waits.id, change(headline="Ferry found"), by="ana")
    await items.approve(waits.id, by="ben")
    await items.retract(waits.id, "not true", by="ben")
    await items.importer.run([Incoming("one", draft("Ferry sold"))], by="wire")
    found = await entries(audit)
    assert [(one["action"], one["by"]) for one in found] == [
        *(("publish", "ana"), ("correct", "ben"), ("update", "ben"), ("pin", "ana")),
        *(("unpin", "ana"), ("expire", "ana")),
        *(("publish", "ana"), ("reschedule", "ana"), ("release", "ben")),
        *(("draft", "ana"), ("update", "ana"), ("approve", "ben"), ("retract", "ben")),
        ("import", "wire"),
    ]
    assert {one["item"] for one in found[:6]} == {item.id}, "the id that the item has in the end"
    for one, version in zip(found[:6], range(1, 7), strict=True):
        assert one["version"] == version
    assert found[0]["changes"]["headline"] == {"before": None, "after": "Ferry adrift"}
    assert found[1]["changes"] == {
        "headline": {"before": "Ferry adrift", "after": "Ferry safe"},
        "correction": {"before": None, "after": "Safe"},
    }
    assert found[2]["changes"] == {"level": {"before": "ticker", "after": "urgent"}}
    assert found[-2]["reason"] == "not true"
    first = (await items.history(item.id))[0]
    assert abs(parse_ms(found[0]["at"]) - parse_ms(first.at)) < 1_000


async def test_who_acts_is_named_with_key_role_and_address(
    items: ItemService, audit: AuditLog
) -> None:
    with RequestScope(RequestContext(1, "one"), None, EVA.address):
        act_as(EVA)
        item = (await items.publish(draft(), by="Eva")).item
        await audit.record("create_key", "/v1/keys/k2")
    await items.expire(item.id, by="schedule")
    by_eva, key, by_itself = await entries(audit)
    for one in (by_eva, key):
        assert (one["by"], one["role"], one["key"], one["address"]) == (
            *("Eva", "chief", "k1", "192.0.2.7"),
        )
    assert (key["target"], key["item"], key["changes"]) == ("/v1/keys/k2", None, {})
    assert (by_itself["by"], by_itself["role"]) == ("schedule", "")


@pytest.mark.parametrize("kept", ["text", "hash"])
async def test_a_retraction_leaves_of_the_texts_what_the_setting_says(
    redis: Redis, keys: Keys, settings: Settings, audit: AuditLog, kept: str
) -> None:
    chosen = settings.model_copy(update={"audit_retracted": kept})
    items = ItemService(redis, keys, chosen.taxonomy, chosen)
    item = (await items.publish(draft("Ferry adrift", level="urgent"), by="ana")).item
    await items.change(item.id, change(headline="Ferry safe"), by="ben")
    await items.retract(item.id, "not true", by="ana")
    first, second, last = await entries(audit, item=item.id)
    adrift = hashlib.sha256(b"Ferry adrift").hexdigest()
    assert first["hashes"]["headline"] == {"before": None, "after": adrift}
    assert first["changes"]["level"] == {"before": None, "after": "urgent"}
    assert ("headline" in first["changes"]) == (kept == "text")
    assert ("headline" in second["changes"]) == (kept == "text")
    assert (last["action"], last["reason"], last["state"]) == ("retract", "not true", "retracted")
    in_store = (
        b"".join([await command(redis, "DUMP", keys.audit)])
        + repr(await command(redis, "XRANGE", keys.audit, "-", "+")).encode()
    )
    assert b"Ferry" not in in_store
    assert await command(redis, "EXISTS", keys.audit_texts(item.id)) == (kept == "text")


async def test_what_is_written_beside_a_proposed_change_is_no_reason_of_its_approval(
    redis: Redis, keys: Keys, settings: Settings, audit: AuditLog
) -> None:
    own = settings.model_copy(update={"two_person_levels": ("flash",)})
    items = ItemService(redis, keys, own.taxonomy, own)
    item = (await items.publish(draft(level="urgent"), by="ana")).item
    await items.change(item.id, change(level="flash", note="as Ferry's owner says"), by="ben")
    await items.approve(item.id, by="eva")
    await items.change(item.id, change(summary="At noon", note="Ferry again"), by="ben")
    await items.approve(item.id, by="ben", break_glass="nobody is here")
    found = [one["reason"] for one in await entries(audit, item=item.id)]
    assert found == [None, None, None, None, "nobody is here"]
    stored = repr(await command(redis, "XRANGE", keys.audit, "-", "+"))
    assert "Ferry" not in stored.replace("Ferry adrift", "")


async def test_a_text_that_somebody_has_replaced_is_not_shown(
    items: ItemService, redis: Redis, keys: Keys, audit: AuditLog
) -> None:
    item = (await items.publish(draft("Ferry adrift"), by="ana")).item
    [entry] = await entries(audit)
    forged = b'{"headline":[null,"Ferry safe"]}'
    await command(redis, "HSET", keys.audit_texts(item.id), entry["id"], forged)
    [shown] = await entries(audit)
    assert "headline" not in shown["changes"]
    assert shown["hashes"] == entry["hashes"]


async def test_pages_and_filters(items: ItemService, audit: AuditLog) -> None:
    made = [(await items.publish(draft(), by=f"editor {n % 2}")).item for n in range(5)]
    await audit.record("create_key", "/v1/keys/k2", actor=EVA)
    whole = [one["id"] for one in await entries(audit)][::-1]
    seen: list[str] = []
    before = None
    while True:
        page = await audit.page(EVERYTHING, before, 4)
        seen += [one["id"] for one in page.entries]
        if page.next is None:
            break
        before = page.next
    assert seen == whole
    assert len(await entries(audit, by="editor 1")) == 2
    assert [one["item"] for one in await entries(audit, item=made[3].id)] == [made[3].id]
    assert [one["by"] for one in await entries(audit, action="create_key")] == ["Eva"]
    now = int(whole[0].partition("-")[0])
    assert len(await entries(audit, since_ms=now, until_ms=now)) >= 1
    assert await entries(audit, since_ms=now + 60_000) == []
    assert await entries(audit, until_ms=now - 600_000) == []


async def test_a_page_looks_at_a_bounded_number_of_entries(
    audit: AuditLog, redis: Redis, keys: Keys
) -> None:
    text = (
        "for n = 1, ARGV[1] do redis.call('XADD', KEYS[1], n .. '-0', 'e', ARGV[2]) end "
        "redis.call('XADD', KEYS[1], ARGV[1] + 1 .. '-0', 'other', 'form')"
    )
    await command(redis, "EVAL", text, 1, keys.audit, SCANNED_MAX + 10, b'{"by":"ana"}')
    page = await audit.page(AuditFilter(by="ben"), None, 10)
    assert (page.entries, page.next) == ([], "12-0")
    assert (await audit.page(AuditFilter(by="ben"), page.next, 10)).next is None
    newest = await audit.page(EVERYTHING, None, 2)
    assert [one["by"] for one in newest.entries] == [None, "ana"], "one entry hides no other"


async def test_what_is_too_old_or_too_much_goes_and_the_rest_stays(
    audit: AuditLog, redis: Redis, keys: Keys
) -> None:
    for ms in (10, 20, 30, 40):
        await command(redis, "XADD", keys.audit, f"{ms}-0", "e", b"{}")
    assert await audit.trim(10, 5) == 0
    assert await audit.trim(10, 30) == 2
    assert [id for id, _ in await command(redis, "XRANGE", keys.audit, "-", "+")] == [
        *(b"30-0", b"40-0"),
    ]
    assert await audit.trim(1, 5) == 1
    assert await audit.trim(0, 1_000) == 1
    assert await audit.trim(0, 1_000) == 0


async def test_texts_are_kept_as_long_as_the_entries(
    items: ItemService, redis: Redis, keys: Keys, settings: Settings
) -> None:
    item = (await items.publish(draft(), by="ana")).item
    left = await command(redis, "PTTL", keys.audit_texts(item.id))
    whole = settings.audit_days * 86_400_000
    assert whole - 60_000 < left <= whole

"""The alerts of an edition: each is counted when it is sent, and stays counted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.support.drafts import change, draft
from ticker.publishing import command_builder
from ticker.publishing.alert_index import Alert, EditionAlerts
from ticker.publishing.service import ItemService
from ticker.storage.connection import Redis
from ticker.storage.keys import Keys
from ticker.storage.scripts import command


async def levels(items: ItemService, edition: str = "en", newest: int = 9) -> list[str]:
    found = await items.alerts.since(["ar", "en", "es"], 0, newest)
    return [one.level for one in found[edition].newest] if edition in found else []


async def test_an_alert_is_counted_once_and_again_at_a_higher_level(
    items: ItemService, redis: Redis, keys: Keys
) -> None:
    made = (await items.publish(draft(level="urgent", push=True), by="ana")).item
    await items.publish(draft(level="flash"), by="ana")
    await items.change(made.id, change(correction="Berth 3"), by="ana")
    assert await levels(items) == ["urgent"]
    for level in ("bulletin", "ticker", "urgent"):  # lower, and back
        await items.change(made.id, change(level=level), by="ana")
    assert await levels(items) == ["bulletin", "urgent"]
    for level in ("flash", "urgent"):  # the highest, and back
        await items.change(made.id, change(level=level), by="ana")
    assert await levels(items) == ["flash", "bulletin", "urgent"]
    await redis.delete(keys.alerts("en"))  # two days later
    await items.change(made.id, change(correction="Berth 4"), by="ana")
    assert await levels(items) == [], "it alerts nobody"
    await items.change(made.id, change(level="bulletin"), by="ana")
    await items.retract(made.id, "wrong", by="ana")
    assert await levels(items) == ["bulletin"], "it was sent"
    assert await items.alerts.since([], 0, 5) == {}


async def test_what_alerts_nobody_is_not_counted_until_it_does(
    items: ItemService, redis: Redis, keys: Keys
) -> None:
    at = datetime.now(UTC) + timedelta(hours=1)
    await items.publish(draft(push=True, draft=True), by="ana")
    await items.publish(draft(push=True, test=True), by="ana")
    last = (await items.publish(draft(push=True, at=at), by="ana")).item
    assert await levels(items) == []
    later = (await items.publish(draft(edition="ar"), by="ana")).item
    await items.release(last.id, by="ana")
    await items.change(later.id, change(push=True), by="ana")
    found = await items.alerts.since(["ar", "en"], 0, 5)
    assert {edition: one.count for edition, one in found.items()} == {"ar": 1, "en": 1}
    sent = found["ar"].newest[0].ms
    assert (await items.alerts.since(["ar"], sent, 5)).keys() == {"ar"}
    assert await items.alerts.since(["ar"], sent + 1, 5) == {}
    assert 0 < await command(redis, "PTTL", keys.alerts("ar")) <= 48 * 3_600_000


async def test_alerts_go_with_their_age_and_beyond_the_bound(
    items: ItemService, redis: Redis, keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command_builder, "ALERTS_MAX", 3)
    now = await items.now_ms()
    key, hour = keys.alerts("en"), 3_600_000
    old = [part for n, ago in enumerate((49, 3, 2, 1)) for part in (now - ago * hour, f"{n:026} 1")]
    await command(redis, "ZADD", key, *old)
    made = (await items.publish(draft(level="flash", push=True), by="ana")).item
    left = await command(redis, "ZRANGE", key, 0, -1)
    assert left == [b"%026d 1" % 2, b"%026d 1" % 3, f"{made.id} 3".encode()]
    found = await items.alerts.since(["en"], now - 90 * 60_000, 1)
    [newest] = found["en"].newest
    assert found["en"] == EditionAlerts(2, [Alert(made.id, "flash", newest.ms)])
    assert newest.ms >= now

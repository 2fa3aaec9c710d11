"""The preview before sending: every channel, whom it interrupts, and the alerts of today."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.support.newsroom import TestNewsroom, check_problem
from ticker.api.preview_schemas import Preview
from ticker.domain.audience import Audience
from ticker.readership.audience_store import AudienceStore
from ticker.storage.connection import Redis
from ticker.storage.keys import Keys
from ticker.storage.scripts import command

DRAFT = {
    "headline": "العبّارة تعود إلى الميناء",
    "edition": "ar",
    "level": "flash",
    "speaker": "مدير الميناء",
    "push": {"title": "عاجل"},
}


async def ask(
    newsroom: TestNewsroom, draft: dict[str, Any], since: str | None = None, **headers: str
) -> httpx.Response:
    return await newsroom.http.post(
        "/v1/preview",
        params={} if since is None else {"since": since},
        json=draft,
        headers=headers or newsroom.key,
    )


async def test_every_channel_in_the_direction_of_the_edition(
    newsroom: TestNewsroom, redis: Redis, keys: Keys
) -> None:
    counts: Any = {"editions": {"ar": 40, "all": 2, "en": 9}, "sections": {}, "stories": {}}
    await AudienceStore(redis, keys).report("one", Audience(51, counts))
    before = await newsroom.wire(), await command(redis, "XLEN", keys.audit)
    response = await ask(newsroom, DRAFT)
    shown = Preview.model_validate_json(response.content)
    assert [one.channel for one in shown.channels] == [
        *("site", "widget", "bar"),
        *("webpush", "fcm", "apns"),
    ]
    text = "مدير الميناء: العبّارة تعود إلى الميناء"
    for one in shown.channels:
        assert (one.dir, one.language, one.text, one.hint) == ("rtl", "ar", text, None)
        assert one.characters == len(text)
    assert [one.title for one in shown.channels] == ["", "", "", "عاجل", "عاجل", "عاجل"]
    assert shown.channels[0].payload["item"]["headline"] == DRAFT["headline"]
    assert shown.channels[3].payload["loud"] is True
    assert shown.interrupts.readers == 42
    assert shown.interrupts.subscriptions == {"webpush": 0, "fcm": 0, "apns": 0}
    drill = Preview.model_validate_json((await ask(newsroom, DRAFT | {"test": True})).content)
    assert (drill.state, drill.interrupts.readers) == ("test", 0)
    assert drill.interrupts.subscriptions == {}
    after = await newsroom.wire(), await command(redis, "XLEN", keys.audit)
    assert after == before, "nothing was published or changed"


async def test_alerts_of_today_and_similar_items(
    newsroom: TestNewsroom, redis: Redis, keys: Keys
) -> None:
    first = await newsroom.publish("Bridge over the harbour closed", level="urgent", push={})
    await newsroom.publish("No alert of this one", level="urgent")
    gone = (await newsroom.publish("Wrong alert", level="urgent", push={}))["item"]["id"]
    await newsroom.act(gone, "retract", reason="wrong")
    response = await ask(newsroom, {"headline": "Bridge over the harbour closes", "edition": "en"})
    shown = Preview.model_validate_json(response.content)
    assert [one.channel for one in shown.channels] == ["site", "widget", "bar"]
    assert shown.interrupts.subscriptions == {}
    today = shown.alerts_today["en"]
    assert today.count == 2
    assert [one.headline for one in today.newest] == ["", "Bridge over the harbour closed"]
    assert [one.item.id for one in shown.warnings if one.item] == [first["item"]["id"]]
    # Also once the newest items are others, and from the moment on that the editor names.
    await redis.delete(keys.latest)
    draft = {"headline": "Something else", "edition": "ar"}
    for since, count in ((today.newest[1].sent_at, 2), (today.newest[0].sent_at, 1)):
        again = Preview.model_validate_json((await ask(newsroom, draft, since)).content)
        assert again.alerts_today["en"].count == count
    later = Preview.model_validate_json((await ask(newsroom, draft, "2200-01-01T00:00Z")).content)
    assert later.alerts_today == {}


async def test_a_long_headline_says_what_becomes_of_it(newsroom: TestNewsroom) -> None:
    response = await ask(newsroom, {"headline": "word " * 30, "edition": "en", "push": True})
    hints = {one["channel"]: one["hint"] for one in response.json()["channels"]}
    assert "long for a ticker" in hints["bar"]
    assert "phones cut it off" in hints["apns"]


@pytest.mark.parametrize(
    ("draft", "since", "status", "slug"),
    [
        ({"headline": "", "edition": "en"}, None, 422, "invalid"),
        ({"headline": "x", "edition": "xx"}, None, 422, "invalid"),
        ({"headline": "x", "edition": "en", "at": "2020-01-01T00:00:00Z"}, None, 422, None),
        ({"headline": "x", "edition": "en"}, "midnight", 400, "bad-filter"),
    ],
)
async def test_what_would_be_refused_is_refused(
    newsroom: TestNewsroom, draft: dict[str, Any], since: str | None, status: int, slug: str | None
) -> None:
    response = await ask(newsroom, draft, since)
    assert response.status_code == status, response.text
    if slug is not None:
        check_problem(response, status, slug)


async def test_a_key_is_needed(newsroom: TestNewsroom) -> None:
    response = await newsroom.http.post("/v1/preview", json=DRAFT)
    check_problem(response, 401, "unauthorised")

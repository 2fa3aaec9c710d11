"""Rendered alerts: the very payloads that the senders make."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from tests.support.in_memory import InMemoryNewsroom
from ticker.domain.item import Item
from ticker.push.model import apns, fcm, webpush
from ticker.push.model.alert_decision import alert_ttl, collapse_key
from ticker.push.model.note import Strings, make_note
from ticker.push.model.rendered import rendered

STRINGS = Strings("Harbour News")
BASE = "https://news.example"


def item(**fields: Any) -> Item:
    news = InMemoryNewsroom()
    return news.items[news.publish(level="flash", push={}, **fields).item_id]


def test_they_are_what_the_senders_send() -> None:
    one = item(speaker="Harbour master", story="ferry")
    note = make_note(
        *("alert", one),
        strings=STRINGS,
        base=BASE,
        collapse=collapse_key(one),
        ttl=alert_ttl(one),
    )
    browser, android, apple = rendered(
        one, strings=STRINGS, base=BASE, now_s=1, fcm_topics=False, apns_topic="org.example"
    )
    request = apns.push(note, 1, topic="org.example")
    assert browser.payload == orjson.loads(webpush.payload(note))
    assert android.payload == orjson.loads(fcm.message(note, 1).to("DEVICE"))
    assert apple.payload == orjson.loads(request.payload)
    assert apple.headers == dict(request.headers)
    assert browser.headers["urgency"] == "high"
    assert {one.title for one in (browser, android, apple)} == {"Harbour News"}
    assert {one.text for one in (browser, android, apple)} == {
        "Harbour master: Ferry service resumes"
    }
    assert not any(one.cut for one in (browser, android, apple))


@pytest.mark.parametrize("topics", [False, True])
def test_a_text_that_a_provider_cuts_off_says_so(topics: bool) -> None:
    one = item(headline="\N{SNOWMAN}" * 280, speaker="\N{UMBRELLA}" * 200, summary="x")
    found = rendered(
        one, strings=STRINGS, base=BASE, now_s=1, fcm_topics=topics, apns_topic="org.example"
    )
    android = next(one for one in found if one.provider == "fcm")
    assert android.cut == (len(android.text) < 482)
    assert android.size <= (fcm.TOPIC_MAX if topics else fcm.MESSAGE_MAX) + len("DEVICE")

"""Screens that an event has reached, after the change and in words."""

from __future__ import annotations

from typing import Any

import pytest

from tests.client.messages import cursor, item
from tests.support.http_server import Answer, answering
from ticker.cli import screens
from ticker.client import Editor


def receipt(**more: Any) -> dict[str, Any]:
    return {
        "event": "1-1",
        "screens": 4_120,
        "delayed": 0,
        "later": 0,
        "first_after": 0.002,
        "last_after": 0.038,
        "written": {"websocket": {"en": 4_120}},
        "gateways": 2,
    } | more


def receipts(*events: dict[str, Any]) -> Answer:
    live = {"gateways": 2, "events": {f"action {number}": one for number, one in enumerate(events)}}
    body = {"id": "a", "push": False, "complete": True, "providers": {}, "webhooks": None}
    body["retraction"] = None
    return Answer(200, body | {"live": live})


TEXT = "on 4,120 screens, last after 38 ms"
CHANGED = {
    "item": item("a"),
    "wire_id": "1-1",
    "state": "live",
    "cursor": cursor(1),
    "durability": "fsync",
    "repeated": False,
    "delivered": True,
}


@pytest.mark.parametrize(
    ("receipt", "text"),
    [
        (receipt(), TEXT),
        (receipt(screens=1, last_after=3.21), "on 1 screen, last after 3.2 s"),
        (receipt(screens=0, last_after=None), "on 0 screens"),
        (receipt(delayed=7), f"{TEXT}; 7 more are slow"),
        (receipt(gateways=1), f"{TEXT}; 1 of 2 gateways has not reported"),
        (receipt(gateways=0), f"{TEXT}; 2 of 2 gateways have not reported"),
    ],
)
def test_the_words(receipt: dict[str, Any], text: str) -> None:
    assert screens.line(receipt, 2) == text
    assert screens.line(receipt, 2, gone=True) == text.replace("on ", "gone from ", 1)


@pytest.mark.parametrize(
    ("changed", "answers", "text"),
    [
        (
            {},
            [receipts(receipt(event="0-1")), receipts(receipt(gateways=1)), receipts(receipt())],
            TEXT,
        ),
        ({"state": "retracted"}, [receipts(receipt())], TEXT.replace("on", "gone from", 1)),
        ({}, [Answer(503, {})], None),
        ({"repeated": True}, [], None),
        ({"delivered": "pending"}, [], None),
        ({"delivered": None, "wire_id": None}, [], None),
    ],
    ids=["all gateways", "retracted", "no answer", "repeated", "pending", "draft"],
)
async def test_it_waits_for_all_gateways_and_for_nothing_that_is_not_on_its_way(
    changed: dict[str, Any],
    answers: list[Answer],
    text: str | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(screens, "LOOK_EVERY", 0.0)
    async with (
        answering(Answer(201, CHANGED | changed), *answers) as web,
        Editor(web.url, attempts=1) as client,
    ):
        result = await client.publish("Hello", "en")
        assert await screens.reached(client, result) == text
        assert len(web.asked) == 1 + len(answers)

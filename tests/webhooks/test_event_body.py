"""The body of a webhook message for each kind of event."""

from __future__ import annotations

import orjson

from tests.support.in_memory import InMemoryNewsroom
from ticker.domain.clock import rfc3339
from ticker.domain.filter import Filter
from ticker.webhooks.event_body import content, event_id


def test_the_body_for_a_receiver() -> None:
    event = InMemoryNewsroom().publish("Ferry runs")
    body = content(event, Filter())
    assert body is not None
    sent = orjson.loads(body)
    assert sent["type"] == "item.publish"
    assert sent["timestamp"] == rfc3339(event.id.ms)
    assert sent["data"] == orjson.loads(event.message)
    assert sent["data"]["item"]["headline"] == "Ferry runs"
    assert event_id(event) == f"evt_{event.id}"
    assert content(event, Filter(editions=frozenset({"xx"}))) is None


def test_a_removal_has_no_text() -> None:
    room = InMemoryNewsroom()
    event = room.publish("Ferry runs")
    body = content(room.retract(event.item_id), Filter())
    assert body is not None
    assert b"Ferry" not in body
    assert orjson.loads(body)["type"] == "item.retract"


def test_an_update_out_of_the_filter_becomes_expire() -> None:
    room = InMemoryNewsroom()
    event = room.publish("Ferry runs", sections=["health"])
    moved = room.change(event.item_id, sections=["economy"])
    body = content(moved, Filter(sections=frozenset({"health"})))
    assert body is not None
    assert b"Ferry" not in body
    assert orjson.loads(body)["type"] == "item.expire"
    assert orjson.loads(body)["data"]["action"] == "expire"

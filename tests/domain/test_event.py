"""Events on the wire and in the lane: what one writes the other reads."""

from __future__ import annotations

import tracemalloc
from dataclasses import replace

import orjson
import pytest

from tests.support.in_memory import EPOCH, InMemoryNewsroom, at
from ticker.domain.event import (
    Action,
    Heartbeat,
    LaneEvent,
    Noop,
    WireEvent,
    heartbeat_record,
    predecessor,
    read_lane,
)
from ticker.domain.filter import Facets
from ticker.domain.item import Item


def wire_event(**fields: object) -> WireEvent:
    newsroom = InMemoryNewsroom()
    published = newsroom.publish("Bridge opens", **fields)
    item = newsroom.items[published.item_id]
    return WireEvent("publish", item, "2025-11-24T16:00:00.000Z", "ana", note="not for readers")


def test_the_wire_keeps_everything() -> None:
    event = wire_event(sections=["politics"])
    for kept in (event, replace(event, may_alert=False)):
        assert WireEvent.read(kept.record()) == kept


def test_readers_get_no_editors_words() -> None:
    public = wire_event().lane_record()[b"e"]
    assert b"not for readers" not in public
    assert b"ana" not in public


def test_a_removal_carries_no_text() -> None:
    published = wire_event()
    removed = WireEvent("retract", published.item, published.at, "ana")
    assert b"Bridge" not in removed.public()
    entry = read_lane(at(1), removed.lane_record(), EPOCH)
    assert isinstance(entry, LaneEvent)
    assert entry.facets is None
    assert entry.was is not None


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"headline": 'They wrote ,"state":"lost" on it', "note": "no"},
        {"media": [{"href": "https://example.org/a.jpg", "alt": ',"state":"'}]},
        {"correction": {"text": "Not one", "at": "2025-11-24T16:00:00.000Z"}},
        {"replaces": "0" * 26},
    ],
)
@pytest.mark.parametrize("action", ["publish", "retract"])
def test_the_event_for_readers_is_made_of_the_stored_item(
    fields: dict[str, object], action: Action
) -> None:
    published = wire_event()
    item = Item.model_validate(orjson.loads(published.item.to_json()) | fields)
    event = replace(published, action=action, item=item, was=Facets.of(item))
    doc = item.to_json()
    length, rest = event.public_parts(doc)
    assert bool(length) == (action == "publish" and "replaces" not in fields)
    before = b'{"action":"publish","item":%b' % doc[:length] if length else b""
    assert before + rest == event.public()


def test_every_transport_shares_one_message() -> None:
    entry = read_lane(at(3), wire_event().lane_record(), EPOCH)
    assert isinstance(entry, LaneEvent)
    message = orjson.loads(entry.message)
    assert message["type"] == "item"
    assert message["cursor"] == f"{EPOCH}.{at(3)}"
    assert message["item"] == orjson.loads(entry.item)


def test_an_event_takes_little_more_memory_than_its_texts() -> None:
    """A process keeps thousands of them. (JSON as orjson returns it takes ten times its length.)"""
    record = wire_event().lane_record()
    read_lane(at(1), record, EPOCH)
    tracemalloc.start()
    events = [read_lane(at(number), record, EPOCH) for number in range(1, 101)]
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert all(isinstance(event, LaneEvent) for event in events)
    assert size / len(events) < 3 * len(record[b"e"]) + 700


def test_what_moves_cursors_and_shows_nothing() -> None:
    assert read_lane(at(1), {b"n": b""}, EPOCH) == Noop(at(1))
    assert read_lane(at(2), heartbeat_record(1_764_000_000_000), EPOCH) == Heartbeat(
        at(2), 1_764_000_000_000
    )


def test_an_entry_may_say_what_was_before_it() -> None:
    assert predecessor({b"p": str(at(7)).encode()}) == at(7)
    assert predecessor({b"n": b""}) is None


@pytest.mark.parametrize("record", [{}, {b"e": b"{}"}, {b"e": b"no JSON"}])
def test_a_record_that_no_relay_wrote_is_an_error(record: dict[bytes, bytes]) -> None:
    with pytest.raises((KeyError, ValueError)):
        read_lane(at(1), record, EPOCH)


def test_an_unknown_action_is_an_error() -> None:
    record = wire_event().record()
    record[b"e"] = record[b"e"].replace(b'"publish"', b'"sing"', 1)
    with pytest.raises(ValueError, match="sing"):
        WireEvent.read(record)


@pytest.mark.parametrize(
    "record",
    [
        {},
        {b"e": b"not json"},
        {b"e": b"{}"},
        {b"e": b"[]"},
        {b"e": b'{"action":"explode","item":{},"at":"","by":"","note":null,"was":null}'},
        {b"e": b'{"action":"publish","item":{},"at":"","by":"","note":null,"was":null}'},
    ],
)
def test_poison_is_recognised(record: dict[bytes, bytes]) -> None:
    with pytest.raises((ValueError, KeyError, TypeError)):
        WireEvent.read(record)

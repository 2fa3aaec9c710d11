"""The event of a step: its public and its internal form."""

from __future__ import annotations

import orjson

from tests.publishing.transitions.acts import change, live, publish
from ticker.domain.event import WireEvent
from ticker.domain.item import PUBLIC_FIELDS

SECRETS = ("chief@desk", "internal note", "who complained")


def test_the_lane_never_holds_what_is_internal() -> None:
    item = live(note="internal note", push=True)
    steps = [publish(note="internal note"), change(item, headline="New", note="who complained")]
    for step in steps:
        assert step.event is not None
        record = step.event.lane_record()[b"e"]
        assert set(orjson.loads(record)["item"]) == PUBLIC_FIELDS - {"replaces"}
        assert not any(secret.encode() in record for secret in SECRETS)


def test_wire_events_survive_the_wire() -> None:
    step = change(live(sections=["politics"], media=[]), sections=["health"], note="who complained")
    assert step.event is not None
    assert WireEvent.read(step.event.record()) == step.event

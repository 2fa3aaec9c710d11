"""``plan``: what of a wire entry goes to the lane. Pure, no server."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from ticker.domain.cursor import StreamId
from ticker.domain.event import LaneEvent, Record, WireEvent, beat_record, read_lane
from ticker.domain.item import Change, Draft, Item
from ticker.domain.taxonomy import Taxonomy
from ticker.publishing import transitions
from ticker.stream.store import DeadLetter, ForwardHeartbeat, Remove, Show
from workers.relay import REASON_MAX, plan

ID = StreamId(5, 0)
NOW = 1_790_000_000_000


def published(**fields: Any) -> transitions.Step:
    draft = Draft.model_validate({"headline": "Dam level falls", "edition": "en"} | fields)
    return transitions.publish(draft, Taxonomy(), id="0" * 26, by="ana", now_ms=NOW)


def record(step: transitions.Step | None) -> Record:
    assert step is not None
    assert step.event is not None
    return step.event.record()


def broken(**changes: object) -> Record:
    body = orjson.loads(record(published())[b"e"])
    for path, value in changes.items():
        *parents, last = path.split("__")
        target = body
        for name in parents:
            target = target[name]
        target[last] = value
    return {b"e": orjson.dumps(body)}


def test_an_item_event_is_shown_with_its_public_fields() -> None:
    step = published(note="secret", sections=["politics"])
    planned = plan((ID, record(step)))
    assert isinstance(planned, Show)
    assert (planned.id, planned.item_id) == (ID, step.item.id)
    assert b"secret" not in planned.body
    event = read_lane(ID, {b"e": planned.body}, 1)
    assert isinstance(event, LaneEvent)
    assert event.action == "publish"


def test_an_update_that_moves_an_item_says_from_where() -> None:
    item = published(sections=["politics"]).item
    step = transitions.change(item, Change(sections=["sports"]), by="ana", now_ms=NOW)
    planned = plan((ID, record(step)))
    assert isinstance(planned, Show)
    assert orjson.loads(planned.body)["was"]["sections"] == ["politics"]


@pytest.mark.parametrize("scrub", [True, False])
def test_removals_carry_no_text_and_only_a_retraction_scrubs(scrub: bool) -> None:
    item = published().item
    act = transitions.retract(item, "why", by="a", now_ms=NOW) if scrub else None
    step = act or transitions.expire(item, by="a", now_ms=NOW)
    planned = plan((ID, record(step)))
    assert isinstance(planned, Remove)
    assert planned.scrub is scrub
    assert b"Dam" not in planned.body
    assert b"why" not in planned.body


def test_a_heartbeat_is_carried() -> None:
    assert plan((ID, beat_record(NOW))) == ForwardHeartbeat(ID, NOW)


@pytest.mark.parametrize(
    "poison",
    [
        {},
        {b"e": b""},
        {b"e": b"null"},
        {b"e": b"[1]"},
        {b"e": b"\xff"},
        {b"x": b"1"},
        {b"h": b""},
        {b"h": b"soon"},
        {b"e": b'{"action":"publish"}'},
        {b"e": b"[" * 100_000},
        broken(action="shout"),
        broken(action=["publish"]),
        broken(item=None),
        broken(item__version="one"),
        broken(item__unknown=1),
        broken(item__published_at="yesterday"),
        broken(item__published_at="2026-01-01T00:00:00"),
        broken(item__expires_at="never"),
        broken(was="everywhere"),
        broken(was={"edition": "en"}),
        broken(was={"edition": "en", "level": [], "sections": 1, "regions": 2, "tags": 3}),
    ],
)
def test_poison_is_buried_with_a_reason(poison: Record) -> None:
    planned = plan((ID, poison))
    assert isinstance(planned, DeadLetter)
    assert (planned.id, planned.record) == (ID, poison)
    assert 0 < len(planned.reason) <= REASON_MAX


def test_whatever_is_planned_can_be_read_by_a_gateway() -> None:
    item: Item = published(pinned=True, expires_in=60).item
    for event in (
        WireEvent("publish", item, "t", "a"),
        WireEvent("pin", item, "t", "a"),
        WireEvent("retract", item, "t", "a"),
    ):
        planned = plan((ID, event.record()))
        assert isinstance(planned, Show | Remove)
        assert isinstance(read_lane(ID, {b"e": planned.body}, 1), LaneEvent)

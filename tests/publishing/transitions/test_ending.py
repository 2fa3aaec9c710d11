"""Retractions and expiries."""

from __future__ import annotations

from collections.abc import Callable

import orjson
import pytest

from tests.publishing.transitions.acts import NOW, change, live, publish
from tests.support.in_memory import InMemoryNewsroom
from ticker.domain.clock import rfc3339
from ticker.domain.errors import Conflict
from ticker.domain.event import WireEvent
from ticker.domain.filter import Facets
from ticker.publishing import transitions


def test_a_retraction_reaches_every_story_that_the_item_was_in() -> None:
    item = live(story="ferries")
    moved = change(item, story="tides")
    assert moved.event is not None
    assert moved.event.was == Facets.of(item)
    out = change(moved.item, story=None)
    assert Facets.of(out.item).stories == frozenset()
    gone = transitions.retract(out.item, "wrong", by="chief@desk", now_ms=NOW)
    assert gone is not None
    assert gone.event is not None
    assert gone.event.was is not None
    assert gone.event.was.stories == {"ferries", "tides"}
    body = orjson.loads(gone.event.lane_record()[b"e"])
    assert body["was"]["stories"] == ["ferries", "tides"]


def test_records_from_before_there_were_stories_are_read() -> None:
    step = change(live(story="ferries", sections=["politics"]), sections=["health"])
    assert step.event is not None
    body = orjson.loads(step.event.record()[b"e"])
    del body["was"]["stories"]
    del body["item"]["reach"]["stories"]
    read = WireEvent.read({b"e": orjson.dumps(body)})
    assert read.was is not None
    assert read.was.sections == {"politics"}
    assert read.was.stories == frozenset()
    gone = transitions.retract(read.item, None, by="x", now_ms=NOW)
    assert gone is not None
    assert gone.event is not None
    assert gone.event.was is not None
    assert gone.event.was.stories == {"ferries"}


def test_second_clicks_change_nothing() -> None:
    item = live()
    gone = transitions.retract(item, None, by="x", now_ms=NOW)
    assert gone is not None
    assert transitions.retract(gone.item, None, by="x", now_ms=NOW) is None
    assert transitions.pin(item, False, by="x", now_ms=NOW) is None
    assert transitions.expire(gone.item, by="x", now_ms=NOW) is None


def test_what_is_over_cannot_be_changed() -> None:
    gone = transitions.retract(live(), None, by="x", now_ms=NOW)
    assert gone is not None
    acts: list[Callable[[], object]] = [
        lambda: change(gone.item, headline="Back"),
        lambda: transitions.pin(gone.item, True, by="x", now_ms=NOW),
        lambda: transitions.release(gone.item, by="x", now_ms=NOW),
        lambda: change(live(), at=rfc3339(NOW)),
    ]
    for act in acts:
        with pytest.raises(Conflict):
            act()


def test_retracting_a_scheduled_item_sends_no_event() -> None:
    step = transitions.retract(publish(at=rfc3339(NOW + 9)).item, None, by="x", now_ms=NOW)
    assert step is not None
    assert (step.item.state, step.event) == ("retracted", None)


def test_removals_carry_no_text() -> None:
    news = InMemoryNewsroom()
    item = news.publish("Wrong words", summary="More", link="https://example.org/wrong", tags=["t"])
    for removal in (news.retract(item.item_id),):
        body = orjson.loads(removal.message)
        assert set(body["item"]) == {"id", "version", "status", "edition", "updated_at"}
        assert body["item"]["status"] == "canceled"

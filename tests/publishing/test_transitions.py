"""Transitions: what an act does to an item and what the world is told."""

from __future__ import annotations

from collections.abc import Callable

import orjson
import pytest

from tests.support.in_memory import TAXONOMY, InMemoryNewsroom
from ticker.domain.clock import parse_ms, rfc3339
from ticker.domain.draft import Change, Draft
from ticker.domain.errors import Conflict
from ticker.domain.event import WireEvent
from ticker.domain.filter import Facets
from ticker.domain.item import PUBLIC_FIELDS, Item
from ticker.publishing import transitions

NOW = 1_764_000_000_000
SECRETS = ("chief@desk", "internal note", "who complained")


def publish(**fields: object) -> transitions.Step:
    draft = Draft.model_validate({"headline": "Harbour bridge closed", "edition": "ar"} | fields)
    return transitions.publish(draft, TAXONOMY, id="01", by="chief@desk", now_ms=NOW)


def live(**fields: object) -> Item:
    return publish(**fields).item


def change(item: Item, **fields: object) -> transitions.Step:
    step = maybe_changed(item, **fields)
    assert step is not None
    return step


def maybe_changed(item: Item, **fields: object) -> transitions.Step | None:
    return transitions.change(item, Change.model_validate(fields), by="chief@desk", now_ms=NOW + 1)


@pytest.mark.parametrize(
    ("fields", "state"),
    [
        ({"headline": "Harbour bridge shut", "correction": "It is shut."}, "live"),
        ({"correction": "It is shut."}, "live"),
        ({"note": "Confirmed by phone.", "push": True, "tags": ["harbour"]}, "live"),
        ({"media": [{"href": "https://news.example/1.jpg", "alt": "The bridge"}]}, "live"),
        ({"expires_at": rfc3339(NOW + 90_000), "level": "urgent", "link": None}, "live"),
        ({"at": rfc3339(NOW + 80_000), "summary": "Lorries too."}, "scheduled"),
        ({"speaker": "", "source": "Port authority"}, "draft"),
        ({"headline": "Harbour bridge shut"}, "test"),
    ],
)
def test_a_change_to_the_values_that_the_item_has_makes_no_version(
    fields: dict[str, object], state: str
) -> None:
    drafts: dict[str, dict[str, object]] = {
        "live": {},
        "scheduled": {"at": rfc3339(NOW + 60_000)},
        "draft": {"draft": True},
        "test": {"test": True},
    }
    item = change(publish(**drafts[state]).item, **fields).item
    assert (item.state, item.version) == (state, 2)
    assert maybe_changed(item, **fields) is None
    assert maybe_changed(item) is None
    assert change(item, **fields | {"note": "Again."}).item.version == 3


def test_the_same_correction_of_another_text_is_a_version() -> None:
    first = change(live(), correction="It was the other bridge.").item
    second = change(first, headline="Canal bridge closed", correction="It was the other bridge.")
    assert second.item.version == 3
    assert second.event is not None
    assert second.event.action == "correct"


def test_publish_fills_language_and_direction_from_the_edition() -> None:
    step = publish(note="internal note")
    assert (step.item.language, step.item.dir, step.item.version) == ("ar", "rtl", 1)
    assert step.item.published_at == "2025-11-24T16:00:00.000Z"
    assert step.event is not None
    assert step.event.action == "publish"


def test_scheduled_and_test_items_have_no_event() -> None:
    scheduled = publish(at=rfc3339(NOW + 60_000))
    assert (scheduled.item.state, scheduled.event) == ("scheduled", None)
    assert scheduled.item.embargo_until == rfc3339(NOW + 60_000)
    assert (publish(test=True).item.state, publish(test=True).event) == ("test", None)
    assert publish(at=rfc3339(NOW - 1)).item.state == "live"


def test_release_publishes_with_the_time_of_release() -> None:
    item = publish(at=rfc3339(NOW + 60_000)).item
    step = transitions.release(item, by="schedule", now_ms=NOW + 60_001)
    assert step is not None
    assert step.event is not None
    assert step.event.action == "publish"
    assert step.item.published_at == rfc3339(NOW + 60_001)
    assert step.item.embargo_until is None
    assert transitions.release(step.item, by="schedule", now_ms=NOW) is None


def test_a_correction_is_public_and_an_update_is_not_called_one() -> None:
    step = change(live(), headline="Harbour bridge open", correction="It was never closed")
    assert step.event is not None
    assert step.event.action == "correct"
    assert step.item.correction is not None
    assert (step.item.version, step.item.correction.text) == (2, "It was never closed")
    updated = change(step.item, summary="One lane only")
    assert updated.event is not None
    assert updated.event.action == "update"
    assert updated.item.correction == step.item.correction


def test_a_change_of_facets_says_where_the_item_was() -> None:
    item = live(sections=["politics"])
    moved = change(item, sections=["economy"])
    assert moved.event is not None
    assert moved.event.was == Facets.of(item)
    same = change(item, headline="Other words")
    assert same.event is not None
    assert same.event.was is None
    again = change(moved.item, sections=["health"])
    gone = transitions.retract(again.item, "wrong", by="chief@desk", now_ms=NOW)
    assert gone is not None
    assert gone.event is not None
    assert gone.event.was is not None
    assert gone.event.was.sections == {"politics", "economy", "health"}


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


def test_the_lane_never_holds_what_is_internal() -> None:
    item = live(note="internal note", push=True)
    steps = [publish(note="internal note"), change(item, headline="New", note="who complained")]
    for step in steps:
        assert step.event is not None
        record = step.event.lane_record()[b"e"]
        assert set(orjson.loads(record)["item"]) == PUBLIC_FIELDS - {"replaces"}
        assert not any(secret.encode() in record for secret in SECRETS)


def test_removals_carry_no_text() -> None:
    news = InMemoryNewsroom()
    item = news.publish("Wrong words", summary="More", link="https://example.org/wrong", tags=["t"])
    for removal in (news.retract(item.item_id),):
        body = orjson.loads(removal.message)
        assert set(body["item"]) == {"id", "version", "status", "edition", "updated_at"}
        assert body["item"]["status"] == "canceled"


def test_wire_events_survive_the_wire() -> None:
    step = change(live(sections=["politics"], media=[]), sections=["health"], note="who complained")
    assert step.event is not None
    assert WireEvent.read(step.event.record()) == step.event


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


def test_the_same_line_is_the_same_whatever_its_punctuation() -> None:
    key = transitions.content_key(live(headline="Bridge  CLOSED!"))
    assert key == transitions.content_key(live(headline="“bridge closed”"))
    assert key != transitions.content_key(live(headline="Bridge closed", edition="es"))
    assert key == transitions.content_key(live(headline="Bridge closed", level="flash"))
    for one, other in (
        ("Brent +5%", "Brent −5%"),
        ("Fuel at €5", "Fuel at $5"),
        ("🔴", "📈"),
        ("Final: 2-1", "Final: 2-3"),
    ):
        keys = {transitions.content_key(live(headline=text)) for text in (one, other)}
        assert len(keys) == 2, one
    for one, other in (
        ("Brent −5%", "Brent -5 %"),
        ("Final: 2–1", "Final: 2-1"),
        ("ＯＫ", "ok"),
        ("إغلاق جسر الميناء", "إِغلاق جســر المينَاء"),
    ):
        keys = {transitions.content_key(live(headline=text)) for text in (one, other)}
        assert len(keys) == 1, one


def test_times() -> None:
    assert parse_ms(rfc3339(NOW + 7)) == NOW + 7
    with pytest.raises(ValueError, match="offset"):
        parse_ms("2026-01-01T00:00:00")

"""The push work of each kind of event."""

from __future__ import annotations

from typing import Any

import pytest

from ticker.domain.clock import new_id
from ticker.domain.cursor import StreamId
from ticker.domain.draft import Change, Draft
from ticker.domain.event import WireEvent
from ticker.domain.item import Item, Level
from ticker.domain.taxonomy import Taxonomy
from ticker.publishing import transitions
from ticker.push.model import alert_decision
from ticker.push.model.alert_decision import AlertRecord, Order, collapse_key, decide

NOW = 1_764_000_000_000


class Story:
    """Items and their numbered events, decided in the order of the fan-out."""

    def __init__(self) -> None:
        self.number = 0
        self.origins: dict[str, AlertRecord] = {}

    def publish(self, **fields: Any) -> Item:
        self.number += 1
        draft = Draft.model_validate(
            {"headline": "Ferry sinks", "edition": "en", "level": "urgent", "push": True} | fields
        )
        id = new_id(NOW + self.number, bytes(10))
        step = transitions.publish(draft, Taxonomy(), id=id, by="ana", now_ms=NOW + self.number)
        self.event = step.event
        return step.item

    def change(self, item: Item, **fields: Any) -> Item:
        self.number += 1
        change = Change.model_validate(fields)
        step = transitions.change(item, change, by="ana", now_ms=NOW + self.number)
        assert step is not None
        self.event = step.event
        return step.item

    def act(self, step: transitions.Step | None) -> Item:
        assert step is not None
        self.number += 1
        self.event = step.event
        return step.item

    def decide(self) -> Order | None:
        event: WireEvent | None = self.event
        assert event is not None
        id = StreamId(NOW + self.number, 0)
        origin = self.origins.get(event.item.id)
        order = decide(event, id, origin)
        if order is not None:
            self.origins[event.item.id] = order.alert
        return order


@pytest.fixture
def story() -> Story:
    return Story()


def kind(order: Order | None) -> str | None:
    return None if order is None else order.kind


def test_an_item_that_asks_for_push_is_an_alert_until_its_level_says_otherwise(
    story: Story,
) -> None:
    for level, seconds in (("flash", 3_600), ("bulletin", 3_600), ("urgent", 1_800)):
        item = story.publish(level=level, sections=["politics"])
        order = story.decide()
        assert order is not None
        assert order.kind == "alert"
        assert order.deadline_ms - order.published_ms == seconds * 1_000
        assert order.alert.sections == ("politics",)
        assert order.alert.level == Level[item.level]


def test_an_item_may_say_itself_how_long_it_is_worth_an_interruption(story: Story) -> None:
    story.publish(push={"ttl": 120, "title": "Storm"})
    order = story.decide()
    assert order is not None
    assert order.deadline_ms - order.published_ms == 120_000


def test_nothing_else_is(story: Story) -> None:
    item = story.publish(push=None)
    assert story.decide() is None
    item = story.change(item, headline="Ferry afloat")
    assert story.decide() is None
    item = story.act(transitions.pin(item, True, by="ana", now_ms=NOW))
    assert story.decide() is None
    story.act(transitions.retract(item, "wrong", by="ana", now_ms=NOW))
    assert story.decide() is None


def test_push_may_be_asked_for_later(story: Story) -> None:
    item = story.publish(push=None)
    assert story.decide() is None
    story.change(item, push=True)
    assert kind(story.decide()) == "alert"


def test_a_change_of_an_item_whose_alert_is_forgotten_alerts_only_if_it_says_so(
    story: Story,
) -> None:
    """Push forgets an alert after two days; a correction after a week alerted everybody again."""
    item = story.publish(sections=["politics"])
    assert kind(story.decide()) == "alert"
    story.origins.clear()
    item = story.change(item, headline="Ferry afloat", correction="It floats.")
    assert story.decide() is None
    item = story.change(item, level="ticker", push={"ttl": 60})
    assert story.decide() is None
    item = story.change(item, level="flash")
    assert kind(story.decide()) == "alert"
    story.origins.clear()
    item = story.change(item, push=None)
    assert story.decide() is None
    item = story.change(item, push=True)
    assert kind(story.decide()) == "alert"


def test_a_change_replaces_and_a_retraction_withdraws_under_the_same_key(story: Story) -> None:
    item = story.publish()
    alert = story.decide()
    item = story.change(item, headline="Ferry afloat", correction="It floats.")
    correction = story.decide()
    item = story.change(item, summary="Everybody is well.")
    update = story.decide()
    story.act(transitions.retract(item, "another", by="ana", now_ms=NOW))
    withdrawal = story.decide()
    orders = [alert, correction, update, withdrawal]
    assert [kind(order) for order in orders] == ["alert", "replace", "replace", "withdraw"]
    assert len({order.alert.collapse for order in orders if order}) == 1
    assert [order.alert.latest for order in orders if order] == [1, 2, 3, 4]
    assert {order.alert.alerts for order in orders if order} == {(StreamId(NOW + 1, 0),)}


def test_pins_and_expiry_leave_the_phone_alone(story: Story) -> None:
    item = story.publish()
    story.decide()
    item = story.act(transitions.pin(item, True, by="ana", now_ms=NOW))
    assert story.decide() is None
    story.act(transitions.expire(item, by="ana", now_ms=NOW))
    assert story.decide() is None


def test_raised_to_a_higher_level_it_is_an_alert_again_for_all_it_concerns(story: Story) -> None:
    item = story.publish(sections=["politics"])
    first = story.decide()
    story.change(item, level="flash", sections=["sports"])
    second = story.decide()
    assert first is not None
    assert second is not None
    assert second.kind == "alert"
    assert second.alert.collapse == first.alert.collapse
    assert second.alert.sections == ("politics", "sports")
    assert second.alert.alerts == (first.event, second.event)
    lowered = story.publish(level="flash")
    story.decide()
    story.change(lowered, level="urgent")
    assert kind(story.decide()) == "replace"


def test_an_event_that_comes_again_says_the_same(story: Story) -> None:
    item = story.publish()
    first = story.decide()
    assert story.decide() == first
    story.change(item, headline="Ferry afloat")
    second = story.decide()
    assert story.decide() == second


def test_replacements_are_remembered_up_to_a_bound(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(alert_decision, "CHANGES_MAX", 2)
    item = story.publish()
    order = story.decide()
    for n in range(3):
        item = story.change(item, headline=f"Line {n}")
        order = story.decide()
    assert order is not None
    assert order.alert.changes == (StreamId(NOW + 3, 0), StreamId(NOW + 4, 0))


def test_alerts_of_one_item_are_bounded(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alert_decision, "ALERTS_MAX", 2)
    item = story.publish(level="urgent")
    assert kind(story.decide()) == "alert"
    item = story.change(item, level="bulletin")
    assert kind(story.decide()) == "alert"
    story.change(item, level="flash")
    assert story.decide() is None


def test_the_collapse_key_is_of_story_level_and_edition(story: Story) -> None:
    def key(**fields: Any) -> str:
        return collapse_key(story.publish(**fields))

    same = {"story": "ferry", "level": "urgent"}
    assert key(**same) == key(headline="Another line", **same)
    others = {
        key(**same),
        key(**(same | {"level": "flash"})),
        key(**(same | {"story": "harbour"})),
        key(**(same | {"edition": "es"})),
        key(),
        key(),
    }
    assert len(others) == 6
    assert all(len(one) == 32 and one.replace("-", "").replace("_", "").isalnum() for one in others)


def test_orders_survive_json(story: Story) -> None:
    story.publish(sections=["politics"], story="ferry")
    order = story.decide()
    assert order is not None
    assert Order.from_json(order.to_json()) == order

"""The corrections page: what it lists, and that no withdrawn text is on it."""

from __future__ import annotations

import pytest

from tests.support.in_memory import InMemoryNewsroom
from ticker.domain.event import LaneEvent
from ticker.feeds.formats.channel import read_item
from ticker.site import corrections as module
from ticker.site.corrections import corrections
from ticker.stream.replay import Lane


def lane_of(*events: LaneEvent, capacity: int = 100) -> Lane:
    lane = Lane(capacity)
    for event in events:
        assert lane.advance(event)
    return lane


def listed(lane: Lane, edition: str = "en") -> list[tuple[str, str, bool]]:
    return [
        ("" if one.event is None else read_item(one.event)["headline"], one.note, one.live)
        for one in corrections(lane, edition)
    ]


def test_corrections_and_withdrawals_newest_first() -> None:
    news = InMemoryNewsroom()
    one, two, three, arabic = (
        news.publish("One"),
        news.publish("Two"),
        news.publish("Three"),
        news.publish("Four", edition="ar"),
    )
    events = [
        *(one, two, three, arabic),
        news.change(one.item_id, headline="One!", correction="First"),
        news.change(arabic.item_id, correction="Elsewhere"),
        news.change(two.item_id, correction="Gone soon"),
        news.retract(two.item_id),
        news.change(three.item_id, correction="Third"),
        news.change(one.item_id, headline="One!!", correction="Second"),
        news.expire(three.item_id),
    ]
    lane = lane_of(*events)
    assert listed(lane) == [
        ("One!!", "Second", True),
        ("Three", "Third", False),
        ("", "", False),
        ("One!!", "First", True),
    ]
    assert listed(lane, "ar") == [("Four", "Elsewhere", True)]
    assert listed(lane, "es") == []
    assert "Gone soon" not in repr(corrections(lane, "en"))


def test_a_correction_older_than_the_window_stays_while_its_item_is_live() -> None:
    news = InMemoryNewsroom()
    one = news.publish("One")
    events = [one, news.change(one.item_id, correction="Old")]
    events += [news.publish(f"Line {number}") for number in range(40)]
    assert listed(lane_of(*events, capacity=10)) == [("One", "Old", True)]


def test_the_list_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ENTRIES_MAX", 3)
    news = InMemoryNewsroom()
    event = news.publish()
    changes = [news.change(event.item_id, correction=str(number)) for number in range(9)]
    assert [note for _, note, _ in listed(lane_of(event, *changes))] == ["8", "7", "6"]

"""The window: capacity, scrubbing and filters."""

from __future__ import annotations

import pytest

from tests.stream.test_replay import lane_of
from tests.support.in_memory import TAXONOMY, InMemoryNewsroom, at
from ticker.domain.filter_query import read_filter
from ticker.stream.window import Window, visible


def test_capacity_moves_the_start_and_keeps_the_newest() -> None:
    window, news = Window(10), InMemoryNewsroom()
    for _ in range(100):
        window.append(news.publish())
        assert len(window) <= 11
    assert len(window.after(window.start)) == len(window)
    assert not window.holds(window.start.before())


def test_a_retraction_scrubs_the_window_and_positions_stay_valid() -> None:
    lane, news = lane_of(2)
    wrong = news.publish("Wrong words")
    lane.advance(wrong)
    lane.advance(news.change(wrong.item_id, headline="Still wrong words"))
    lane.advance(news.retract(wrong.item_id))
    assert all(b"rong words" not in event.message for event in lane.window)
    assert [e.action for e in lane.window.after(at(3))] == ["retract"]
    assert wrong.item_id not in lane.current_items


@pytest.mark.parametrize(
    ("query", "seen"),
    [
        ([], True),
        ([("edition", "en")], True),
        ([("edition", "ar")], False),
        ([("edition", "ar,en")], True),
        ([("edition", "ar"), ("edition", "en")], True),
        ([("edition", "en"), ("section", "sports")], False),
        ([("section", "health,sports"), ("region", "mena")], True),
        ([("section", "health"), ("region", "asia")], False),
        ([("tag", "Water supply")], True),
        ([("level", "urgent")], True),
        ([("level", "bulletin")], False),
        ([("story", "ferries")], True),
        ([("story", "tides,ferries")], True),
        ([("story", "tides")], False),
        ([("story", "ferries"), ("edition", "ar")], False),
        ([("not.section", "sports")], True),
        ([("not.section", "sports,HEALTH")], False),
        ([("edition", "en"), ("not.tag", "water supply")], False),
        ([("not.region", "asia"), ("not.story", "ferries")], False),
        ([("any", "section=sports"), ("any", "region=mena&level=urgent")], True),
        ([("any", "section=sports"), ("any", "region=mena&level=flash")], False),
        ([("any", "region=mena&not.section=health")], False),
        ([("edition", "ar"), ("any", "region=mena")], False),
    ],
)
def test_filters(query: list[tuple[str, str]], seen: bool) -> None:
    event = InMemoryNewsroom().publish(
        sections=["health"],
        regions=["mena"],
        tags=["Water supply"],
        level="urgent",
        story="ferries",
    )
    assert (visible(event, read_filter(query, TAXONOMY)) is not None) is seen

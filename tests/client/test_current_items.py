"""``CurrentItems``: the items after the events so far."""

from __future__ import annotations

import random
from typing import Any

from tests.client.messages import gone, item
from ticker.client.current_items import CurrentItems
from ticker.client.events import Item, ItemEvent, Snapshot


def at(minute: int) -> str:
    return f"2026-11-23T19:{minute:02d}:00.000Z"


def happened(action: str, data: dict[str, Any]) -> ItemEvent:
    return ItemEvent(action, Item.read(data), "e1.1-1")


def shown(current: CurrentItems) -> list[str]:
    return [one.id for one in current.items]


def test_pinned_first_then_newest_then_the_greater_id() -> None:
    current = CurrentItems()
    for data in (
        item("a", published_at=at(1)),
        item("b", published_at=at(3)),
        item("c", published_at=at(3)),
        item("d", published_at=at(0), pinned=True),
    ):
        current.apply(happened("publish", data))
    assert shown(current) == ["d", "c", "b", "a"]


def test_a_version_that_is_not_newer_changes_nothing() -> None:
    current = CurrentItems()
    current.apply(happened("correct", item("a", 3, headline="third")))
    assert not current.apply(happened("update", item("a", 2, headline="second")))
    assert not current.apply(happened("update", item("a", 3, headline="again")))
    assert not current.apply(happened("retract", gone("a", 2)))
    first = current.get("a")
    assert first is not None
    assert first.headline == "third"


def test_a_removal_removes_the_item_and_a_second_one_is_harmless() -> None:
    current = CurrentItems()
    current.apply(happened("publish", item("a")))
    assert current.apply(happened("retract", gone("a")))
    assert not current.apply(happened("retract", gone("a")))
    assert len(current) == 0


def test_an_item_may_come_back_into_the_view_of_a_filter() -> None:
    current = CurrentItems()
    current.apply(happened("publish", item("a", 1)))
    current.apply(happened("expire", gone("a", 2)))
    current.apply(happened("update", item("a", 3)))
    assert shown(current) == ["a"]


def test_a_snapshot_replaces_everything() -> None:
    current = CurrentItems()
    current.apply(happened("publish", item("a")))
    current.apply(Snapshot((Item.read(item("b")),), "e2.1-1", reset=True, reason="epoch"))
    assert shown(current) == ["b"]


def test_the_list_is_bounded_and_keeps_the_top() -> None:
    current = CurrentItems(limit=10)
    numbers = list(range(40))
    random.Random(7).shuffle(numbers)
    for number in numbers:
        data = item(f"i{number:02d}", published_at=at(number), pinned=number == 0)
        current.apply(happened("publish", data))
    assert shown(current) == ["i00", *(f"i{number:02d}" for number in range(39, 30, -1))]


def test_unknown_fields_are_kept_in_json_and_missing_ones_have_defaults() -> None:
    read = Item.read({**gone("a"), "mood": "calm"})
    assert (read.headline, read.sections, read.pinned) == ("", (), False)
    assert read.json["mood"] == "calm"

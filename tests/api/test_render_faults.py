"""Items whose rendering fails."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.support.in_memory import InMemoryNewsroom
from ticker.api import render_faults
from ticker.api.render_faults import RenderFaults
from ticker.domain.event import LaneEvent


def headlines(events: Sequence[LaneEvent]) -> str:
    if any(b"bad" in event.item for event in events):
        raise RuntimeError("cannot be rendered")
    return ",".join(event.item_id for event in events)


def one(event: LaneEvent) -> str:
    return headlines([event])


def test_the_others_are_rendered_and_the_fault_is_remembered() -> None:
    news, faults = InMemoryNewsroom(), RenderFaults()
    events = [news.publish("good"), news.publish("bad"), news.publish("good as well")]
    expected = [events[0].item_id, events[2].item_id]
    assert faults.each(events, one) == expected
    assert faults.together(events, headlines) == ",".join(expected)
    assert [event in faults for event in events] == [False, True, False]
    (family,) = faults.metrics()
    assert (family.name, dict(family.values)) == ("ticker_render_failures_total", {(): 1})


def test_a_new_version_gets_a_new_chance() -> None:
    news, faults = InMemoryNewsroom(), RenderFaults()
    event = news.publish("bad")
    assert faults.one(event, one) is None
    assert faults.one(news.change(event.item_id, headline="mended"), one) == event.item_id


def test_a_fault_of_the_whole_is_raised() -> None:
    def broken(events: Sequence[LaneEvent]) -> str:
        if len(events) != 1:
            raise RuntimeError("always")
        return "one"

    news = InMemoryNewsroom()
    with pytest.raises(RuntimeError, match="always"):
        RenderFaults().together([news.publish("a"), news.publish("b")], broken)


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(render_faults, "REMEMBERED_MAX", 2)
    news, faults = InMemoryNewsroom(), RenderFaults()
    events = [news.publish("bad") for _ in range(3)]
    assert faults.each(events, one) == []
    assert [event in faults for event in events] == [False, False, True]

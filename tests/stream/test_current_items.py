"""The current items against a model that sorts a list."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.in_memory import InMemoryNewsroom
from ticker.domain.event import LaneEvent
from ticker.domain.filter import EVERYTHING, Facets, Filter
from ticker.stream.current_items import CurrentItems

acts = st.lists(
    st.tuples(st.sampled_from(["publish", "change", "pin", "unpin", "retract"]), st.integers(0, 9)),
    max_size=60,
)
STORIES = ("ferries", "tides", None)
TAGS = ((), ("harbour",), ("harbour", "boats"))


def some(*values: str) -> st.SearchStrategy[frozenset[str]]:
    return st.frozensets(st.sampled_from([*values, "never"]), max_size=2)


filters = st.builds(
    Filter,
    editions=some("en", "es"),
    sections=some("health", "sports"),
    tags=some("harbour", "boats"),
    level=st.integers(0, 3),
    stories=some("ferries", "tides"),
)


@settings(deadline=None)
@given(acts, filters)
def test_order_is_pinned_then_newest(script: list[tuple[str, int]], filter: Filter) -> None:
    items, news = CurrentItems(), InMemoryNewsroom()
    shown: dict[str, LaneEvent] = {}
    for act, number in script:
        alive = sorted(shown)
        if act == "publish" or not alive:
            event = news.publish(
                edition=("en", "es")[number % 2],
                level=("ticker", "urgent", "flash")[number % 3],
                sections=["health"] if number % 4 else ["sports", "health"],
                tags=TAGS[number % 3],
                story=STORIES[number % 3],
            )
        else:
            id = alive[number % len(alive)]
            if act == "change":
                headline, story = f"Words {number}", STORIES[number % 3]
                if (news.items[id].headline, news.items[id].story) == (headline, story):
                    continue  # a change that changes nothing is no event
                event = news.change(id, headline=headline, story=story)
            elif act == "retract":
                event = news.retract(id)
            elif news.items[id].pinned == (act == "pin"):
                continue
            else:
                event = news.pin(id, act == "pin")
        items.apply(event)
        if event.facets is None:
            del shown[event.item_id]
        else:
            shown[event.item_id] = event
    expected = sorted(
        shown.values(), key=lambda e: (e.pinned, e.published_ms, e.item_id), reverse=True
    )
    assert items.select(EVERYTHING, 1_000) == expected
    assert items.select(EVERYTHING, 3) == expected[:3]
    in_view = [e for e in expected if e.facets is not None and filter.matches(e.facets)]
    assert items.select(filter, 1_000) == in_view
    assert items.select(filter, 2) == in_view[:2]
    by_time = sorted(expected, key=lambda e: (e.published_ms, e.item_id), reverse=True)
    assert items.newest(4) == by_time[:4]
    assert items.newest(1_000) == by_time
    assert len(items) == len(shown)
    assert items.stories == {
        story for e in shown.values() if e.facets for story in e.facets.stories
    }
    for story in ("ferries", "tides", "never"):
        walked = [e for e in shown.values() if e.facets is not None and story in e.facets.stories]
        assert items.story(story) == sorted(walked, key=lambda e: (e.published_ms, e.item_id))
    for event in shown.values():
        items.apply(news.retract(event.item_id))
    assert not any(vars(items).values())


class Counting(Filter):
    """A filter that counts the items it is matched with."""

    examined = 0

    def matches(self, facets: Facets) -> bool:
        Counting.examined += 1
        return super().matches(facets)


@pytest.mark.parametrize(
    "narrow",
    [
        {"stories": frozenset({"rare"})},
        {"tags": frozenset({"rare", "common"}), "sections": frozenset({"arts-culture"})},
        {"editions": frozenset({"en"}), "regions": frozenset({"palestine", "mena"})},
        {"level": 3},
        {"tags": frozenset({"nowhere"})},
    ],
)
def test_a_narrow_filter_does_not_scan_all_items(
    narrow: dict[str, Any],
) -> None:
    # One such request scanned all of 20,000 items: tens of milliseconds in which no live subscriber
    # was served, and any client could repeat it.
    items, news = CurrentItems(), InMemoryNewsroom()
    rare = news.publish(
        "The one",
        level="flash",
        sections=["arts-culture"],
        regions=["palestine", "mena"],
        tags=["rare", "common"],
        story="rare",
    )
    items.apply(rare)
    for number in range(300):
        items.apply(news.publish(f"Line {number}", sections=["sports"], tags=["common"]))
    Counting.examined = 0
    found = items.select(Counting(**narrow), 20)
    assert found == ([] if "nowhere" in narrow.get("tags", ()) else [rare])
    assert Counting.examined <= 1


def test_a_search_goes_on_from_the_last_place_examined() -> None:
    items, news = CurrentItems(), InMemoryNewsroom()
    for number in range(95):
        items.apply(news.publish(tags=[] if number % 10 == 0 else ["quiet"]))
    wanted = Counting(excluded=Filter(tags=frozenset({"quiet"})))
    whole, below, found = items.select(wanted, 100), None, []
    Counting.examined = 0
    for _ in range(5):
        part = items.page(wanted, 100, below, most=20)
        assert part.number <= 20
        found += part.events
        below = part.below
    assert (below, found) == (None, whole)
    assert Counting.examined == 95

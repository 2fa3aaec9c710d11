"""Sights: messages for several filters on one connection, and compaction."""

from __future__ import annotations

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.in_memory import TAXONOMY, InMemoryNewsroom
from ticker.domain.filter import EVERYTHING, Facets
from ticker.domain.filter_query import read_filter
from ticker.stream.sight import LEFT, SHOWN, FilterSet, Sight, compact, message_of, sight_of

POLITICS = read_filter([("section", "politics")], TAXONOMY)
ECONOMY = read_filter([("section", "economy")], TAXONOMY)
QUIET = read_filter([("not.section", "economy")], TAXONOMY)
SET = FilterSet(((1, POLITICS), (2, ECONOMY), (5, QUIET), (16, EVERYTHING)))


def test_one_message_names_the_subscriptions_that_show_and_that_leave() -> None:
    news = InMemoryNewsroom()
    first = news.publish(sections=["politics"])
    moved = news.change(first.item_id, sections=["economy"])
    gone = news.retract(first.item_id)
    assert sight_of(first, SET) == Sight((1, 5, 16), ())
    assert sight_of(moved, SET) == Sight((2, 16), (1, 5))
    assert sight_of(gone, SET) == Sight((1, 2, 5, 16), ())
    told = orjson.loads(message_of(moved, Sight((2, 16), (1, 5))))
    assert (told.pop("subs"), told.pop("left")) == ([2, 16], [1, 5])
    assert told == orjson.loads(moved.message)
    only_left = orjson.loads(message_of(moved, Sight((), (1, 5))))
    assert (only_left["subs"], only_left["action"], "left" in only_left) == (
        [1, 5],
        "expire",
        False,
    )
    assert list(orjson.loads(message_of(gone, Sight((1, 2), ()))))[:3] == ["type", "subs", "cursor"]


def test_a_single_filter_has_the_messages_of_everybody() -> None:
    news = InMemoryNewsroom()
    first = news.publish(sections=["politics"])
    moved = news.change(first.item_id, sections=["economy"])
    assert sight_of(first, POLITICS) is SHOWN
    assert sight_of(moved, POLITICS) is LEFT
    assert sight_of(first, ECONOMY) is None
    assert message_of(first, SHOWN) is first.message
    assert message_of(moved, LEFT) is moved.leave


@pytest.mark.parametrize("sections", [["economy", "politics"], ["economy"], ["politics"], []])
def test_a_removal_reaches_those_whose_exclusion_hit_in_between(sections: list[str]) -> None:
    news = InMemoryNewsroom()
    first = news.publish(sections=["politics"])
    news.change(first.item_id, sections=["politics", "economy"])
    news.change(first.item_id, sections=sections)
    assert sight_of(news.retract(first.item_id), QUIET) is SHOWN


def test_compaction_of_several_filters_leaves_what_was_left_in_between() -> None:
    news = InMemoryNewsroom()
    first = news.publish(sections=["politics"])
    events = [
        first,
        news.change(first.item_id, sections=["economy"]),
        news.change(first.item_id, sections=["health"]),
        news.change(first.item_id, headline="Elsewhere"),
    ]
    told = [(cursor, orjson.loads(message)) for cursor, message in compact(events, SET)]
    assert [(cursor, one["action"], one["subs"]) for cursor, one in told] == [
        (events[1].cursor, "expire", [1]),
        (events[2].cursor, "expire", [2]),
        (events[3].cursor, "update", [5, 16]),
    ]
    assert all("left" not in one for _, one in told)
    pair = FilterSet(((1, POLITICS), (2, ECONOMY)))
    assert [
        (cursor, orjson.loads(message)["subs"]) for cursor, message in compact(events, pair)
    ] == [(events[1].cursor, [1]), (events[2].cursor, [2])]


@given(
    st.lists(
        st.tuples(st.integers(0, 2), st.sampled_from(["politics", "economy", "health", ""])),
        max_size=12,
    )
)
def test_compaction_gives_the_same_boards_wherever_it_is_cut(
    changes: list[tuple[int, str]],
) -> None:
    """The events after a cut are compacted again, without those before it."""
    news = InMemoryNewsroom()
    first = [news.publish(f"Item {number}", sections=["politics"]) for number in range(3)]
    events = [
        news.change(first[number].item_id, headline=f"Line {place}", sections=[section])
        if section
        else news.change(first[number].item_id, headline=f"Line {place}")
        for place, (number, section) in enumerate(changes)
    ]
    expected = {
        (id, item.id): item.version
        for id, filter in SET.filters
        for item in news.items.values()
        if filter.matches(Facets.of(item))
    }
    messages = compact(events, SET)
    for cut in range(len(messages) + 1):
        sent = messages[:cut]
        reached = sent[-1][0].id if sent else first[-1].id
        rest = compact([event for event in events if event.id > reached], SET)
        board = {(id, one.item_id): one.version for one in first for id in (1, 5, 16)}
        for _, message in (*sent, *rest):
            told = orjson.loads(message)
            item = told["item"]
            for id in told["subs"]:
                board.pop((id, item["id"]), None)
                if told["action"] != "expire":
                    board[id, item["id"]] = item["version"]
            for id in told.get("left", ()):
                board.pop((id, item["id"]), None)
        assert board == expected


def test_compaction_keeps_the_last_word_per_item_for_this_filter() -> None:
    """An update may move an item out of a filter; later updates no longer concern it."""
    news = InMemoryNewsroom()
    first = news.publish(sections=["politics"])
    events = [
        first,
        news.change(first.item_id, sections=["economy"]),
        news.change(first.item_id, headline="Out of sight"),
    ]
    politics = read_filter([("section", "politics")], TAXONOMY)
    economy = read_filter([("section", "economy")], TAXONOMY)
    assert compact(events, politics) == [(events[1].cursor, events[1].leave)]
    assert compact(events, economy) == [(events[2].cursor, events[2].message)]
    assert compact(events, EVERYTHING) == [(events[2].cursor, events[2].message)]

"""Sights: messages for several filters on one connection, and compaction."""

from __future__ import annotations

import orjson
import pytest

from tests.support.in_memory import TAXONOMY, InMemoryNewsroom
from ticker.domain.filter import EVERYTHING, read_filter
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


@pytest.mark.parametrize("sections", [["politics", "economy"], ["economy"], ["politics"], []])
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
    ((cursor, message),) = compact(events, SET)
    assert cursor == events[-1].cursor
    told = orjson.loads(message)
    assert (told["subs"], told["left"]) == ([5, 16], [1, 2])
    ((cursor, message),) = compact(events, FilterSet(((1, POLITICS), (2, ECONOMY))))
    assert (cursor, orjson.loads(message)["subs"]) == (events[2].cursor, [1, 2])


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

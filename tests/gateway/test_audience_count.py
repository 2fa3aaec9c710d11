"""Counts of readers by the names in their filters, as they come, change and go."""

from __future__ import annotations

from tests.gateway.hub_harness import HubHarness
from tests.support.in_memory import InMemoryNewsroom
from ticker.domain.audience import NAMES_MAX
from ticker.domain.filter import Filter
from ticker.domain.readable import restricted
from ticker.gateway.audience_count import AudienceCount, names_of


def test_readers_count_under_each_name_once() -> None:
    harness = HubHarness()
    harness.hub.advance([InMemoryNewsroom().publish(story="Tides")])
    readers = [
        harness.connect(query)
        for query in (
            "edition=en&section=politics",
            "edition=en,ar",
            "",
            "sub.1=section%3Dpolitics&sub.2=section%3Dpolitics%26edition%3Des&sub.3=story%3Dtides",
        )
    ]
    assert harness.hub.audience().json == {
        "readers": 4,
        "editions": {"all": 2, "en": 2, "ar": 1, "es": 1},
        "sections": {"all": 3, "politics": 2},
        "stories": {"tides": 1},
    }
    harness.subscribe(readers[0], "edition=es")
    harness.settle()
    assert harness.hub.audience().json["editions"] == {"all": 2, "es": 2, "ar": 1, "en": 1}
    for reader in readers:
        reader.connection_lost(None)
    assert harness.hub.audience().json == {
        "readers": 0,
        "editions": {},
        "sections": {},
        "stories": {},
    }


def test_a_reader_of_all_readable_editions_counts_under_all() -> None:
    readable = frozenset({"en", "ar"})
    named = (Filter(), Filter(editions=frozenset({"en"})))
    names = [names_of((restricted(one, readable),)) for one in named]
    assert names == [
        (("editions", "all"), ("sections", "all")),
        (("editions", "en"), ("sections", "all")),
    ]


def test_invented_stories_do_not_count_and_real_ones_are_bounded() -> None:
    harness, news = HubHarness(), InMemoryNewsroom()
    tides = news.publish(story="tides")
    harness.hub.advance([tides])
    harness.connect("story=tides")
    for number in range(NAMES_MAX + 5):
        for _ in range(2):  # more readers than the story that exists
            harness.connect(f"story=s{number}")
    assert harness.hub.audience().by_name["stories"] == {"tides": 1}
    harness.hub.advance([news.publish(story=f"s{number}") for number in range(NAMES_MAX + 5)])
    told = harness.hub.audience().by_name["stories"]
    assert (len(told), set(told.values())) == (NAMES_MAX, {2})
    harness.hub.advance([news.retract(tides.item_id)])
    assert "tides" not in harness.hub.lane.current_items.stories


def test_the_stories_of_the_board_bound_the_work() -> None:
    looked = 0

    class Name(str):
        __slots__ = ()

        def __hash__(self) -> int:
            nonlocal looked
            looked += 1
            return super().__hash__()

    count = AudienceCount()
    count.add(tuple(("stories", Name(f"s{number}")) for number in range(1_000)), 1)
    count.add((("stories", "tides"),), 1)
    looked = 0
    assert count.counts({"tides": None}.keys()).by_name["stories"] == {"tides": 1}
    assert looked == 0

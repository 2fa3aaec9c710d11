"""Words, facets, times and queries in PostgreSQL's notation."""

from __future__ import annotations

import pytest

from tests.support.archives import query
from tests.support.in_memory import InMemoryNewsroom
from ticker.archive.changes import ALL, Shown, change
from ticker.archive.postgres_text import TIME_BITS, TIMES_MAX, span, tsquery, tsvector


def test_an_item_has_its_words_with_places_its_facets_and_its_times() -> None:
    newsroom = InMemoryNewsroom()
    shown = change(newsroom.publish("River, river: Español"))
    assert isinstance(shown, Shown)
    found = tsvector(shown).split(" ")
    assert "'river':1,2" in found
    assert any(word.startswith("'espanol':") for word in found)
    assert f"'@{ALL}'" in found
    for bits in TIME_BITS:
        assert f"'@{bits}.{shown.published_ms >> bits}'" in found


def test_a_facet_is_no_word_that_a_text_can_have() -> None:
    shown = change(InMemoryNewsroom().publish("@level1 @24.105 level1"))
    assert isinstance(shown, Shown)
    words = tsvector(shown).split(" ")
    assert {word for word in words if word.startswith("'@")}.isdisjoint({"'@24.105'"})
    assert "'level1':1,4" in words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""),
        ("river", "('river')"),
        ('"river flood" harb*', "('river' <-> 'flood') & ('harb':*)"),
        ("river -flood", "('river') & !('flood')"),
        ("level:flash", "('@level3')"),
    ],
)
def test_a_query(text: str, expected: str) -> None:
    assert tsquery(query(text)) == expected


def test_facets_are_alternatives_and_exclusions_stand_apart() -> None:
    found = tsquery(query("edition:en,es -section:sports"))
    wanted, excluded = found.split(" & ")
    assert wanted.count("@ed") == 2
    assert " | " in wanted
    assert excluded.startswith("!'@se")


def test_a_span_is_said_in_units_that_are_few() -> None:
    now = 1_764_000_000_000
    hour = 3_600_000
    for hours in (1, 10, 24 * 7, 24 * 365, 24 * 365 * 20):
        units = span(now - hours * hour, now).split(" | ")
        assert 1 <= len(units) <= TIMES_MAX
        bits, _, first = units[0].strip("('@)").partition(".")
        assert int(first) == (now - hours * hour) >> int(bits)
        assert units[-1].strip("('@)") == f"{bits}.{now >> int(bits)}"


def test_a_span_that_is_too_long_restricts_nothing() -> None:
    assert span(0, TIMES_MAX << TIME_BITS[-1]) == ""

"""The language of searches."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ticker.archive.query import Query, Term, parse, period
from ticker.domain.clock import parse_ms, to_ms
from ticker.domain.errors import BadFilter
from ticker.domain.filter import Filter
from ticker.domain.item import Level
from ticker.domain.taxonomy import Taxonomy

TAXONOMY = Taxonomy()


def read(text: str) -> Query:
    return parse(text, TAXONOMY)


def test_words_phrases_exclusions_and_beginnings() -> None:
    found = read('Flood «Coast Guard» -drill -"test alert" harb* coast-guard')
    assert found.terms == (
        Term(("flood",)),
        Term(("coast", "guard")),
        Term(("harb",), open_end=True),
    )
    assert found.without == (Term(("drill",)), Term(("test", "alert")))


def test_facets_and_dates() -> None:
    found = read(
        "edition:en section:politics,economy region:mena tag:floods story:river level:urgent "
        "-section:sports from:2026-11 to:2026-11-28"
    )
    assert found.filter == Filter(
        frozenset({"en"}),
        frozenset({"politics", "economy"}),
        frozenset({"mena"}),
        frozenset({"floods"}),
        Level.urgent,
        frozenset({"river"}),
    )
    assert found.without_facets == Filter(sections=frozenset({"sports"}))
    assert found.since_ms == parse_ms("2026-11-01T00:00:00Z")
    assert found.until_ms == parse_ms("2026-11-29T00:00:00Z")


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("to:2026", "2027-01-01T00:00:00Z"),
        ("to:2026-12", "2027-01-01T00:00:00Z"),
        ("to:2026-11-28T18:30:00+03:00", "2026-11-28T15:30:00.001Z"),
    ],
)
def test_the_end_is_included(text: str, end: str) -> None:
    assert read(text).until_ms == parse_ms(end)


@pytest.mark.parametrize("text", ["", "   ", "…", '""', "-", "«»"])
def test_nothing_selects_nothing(text: str) -> None:
    assert not read(text).selects


def test_a_colon_that_is_no_facet_is_text() -> None:
    assert read("10:30 covid:news").terms == (Term(("10", "30")), Term(("covid", "news")))


def test_an_unclosed_quotation_reaches_the_end() -> None:
    assert read('"coast guard').terms == (Term(("coast", "guard")),)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x" * 201, "at most 200 characters"),
        ("a" + "\u0301" * 20, "combining marks"),
        (" ".join("abcdefghijklmnopq"), "at most 16 words"),
        ("section:weather", "section"),
        ("level:loud", "level"),
        ("-level:flash", "level cannot be excluded"),
        ("from:yesterday", "from must be a date"),
        ("to:2026-13", "to must be a date"),
        ("a*", "at least 2 letters"),
        ("story:a/b", "story"),
    ],
)
def test_what_cannot_be_searched_is_refused_with_the_reason(text: str, said: str) -> None:
    with pytest.raises(BadFilter) as error:
        read(text)
    assert said in error.value.detail


def test_facets_of_the_page_are_beside_those_of_the_query() -> None:
    page = Filter(editions=frozenset({"ar"}), sections=frozenset({"economy"}), level=Level.urgent)
    assert read("edition:en level:flash").within(page).filter == Filter(
        editions=frozenset({"en"}), sections=frozenset({"economy"}), level=Level.flash
    )


@pytest.mark.parametrize("text", ["9999", "9999-12", "9999-12-31"])
def test_the_end_of_the_calendar_is_a_date(text: str) -> None:
    """The answer was "must be a date such as 2026-11-28"."""
    begin, end = period("to", text)
    assert begin <= end == to_ms(datetime(9999, 12, 31, tzinfo=UTC))

"""Filters of the client mean to the server what they say."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ticker.client import Bridge, FileCursors, Subscriptions, Ticker
from ticker.client.filters import Alternative, Filter, json_of, keywords, parts_of, query_of
from ticker.domain.filter import Filter as Parsed
from ticker.domain.filter_query import filter_from_json, read_filter
from ticker.domain.taxonomy import Taxonomy

URL = "http://127.0.0.1:9"
POLITICS, SPORTS = frozenset({"politics"}), frozenset({"sports"})
TAXONOMY = Taxonomy()

FILTERS: dict[str, tuple[Filter, Parsed]] = {
    "nothing": ({}, Parsed()),
    "one value": ({"section": "politics", "level": "urgent"}, Parsed(sections=POLITICS, level=1)),
    "several values": (
        {"edition": ["en", "ar"], "tag": ("flood",)},
        Parsed(editions=frozenset({"en", "ar"}), tags=frozenset({"flood"})),
    ),
    "excluded": (
        {"exclude": {"section": ["sports"]}},
        Parsed(excluded=Parsed(sections=SPORTS)),
    ),
    "one of several": (
        {
            "edition": "en",
            "any": [
                {"section": "politics", "exclude": {"region": "europe"}},
                {"region": "mena", "level": "flash"},
            ],
        },
        Parsed(
            editions=frozenset({"en"}),
            alternatives=(
                Parsed(regions=frozenset({"mena"}), level=3),
                Parsed(sections=POLITICS, excluded=Parsed(regions=frozenset({"europe"}))),
            ),
        ),
    ),
}


@pytest.mark.parametrize("name", FILTERS)
def test_a_filter_is_the_same_as_a_query_and_as_a_message(name: str) -> None:
    filter, parsed = FILTERS[name]
    query = query_of(filter)
    assert read_filter(query, TAXONOMY) == parsed
    assert filter_from_json(json_of(query), TAXONOMY) == parsed
    assert parts_of(query) == 1 + len(parsed.alternatives)


def test_a_filter_with_values_that_can_be_read_once_is_copied() -> None:
    alternatives: list[Alternative] = [{"region": iter(["mena"])}]
    once: Filter = {
        "section": iter(["politics"]),
        "exclude": {"tag": iter(["rumour"])},
        "any": iter(alternatives),
    }
    copied = keywords(once)
    assert query_of(copied) == query_of(copied) != []


@pytest.mark.parametrize(
    "wrong",
    [
        {"sections": "politics"},
        {"exclude": {"level": "flash"}},
        {"any": [{"any": []}]},
        {"any": {"section": "politics"}},
        {"any": "politics"},
    ],
    ids=["misspelt", "a level excluded", "any in any", "any is one filter", "any is a text"],
)
def test_a_filter_that_would_show_too_much_is_refused(wrong: Any) -> None:
    with pytest.raises(ValueError, match=r"unknown name|a list"):
        query_of(wrong)


def test_a_misspelt_keyword_is_an_error_as_elsewhere(tmp_path: Path) -> None:
    wrong: Any = {"sections": "politics"}
    several = Subscriptions(URL)
    feeds: list[Callable[[], object]] = [
        lambda: Ticker(URL, **wrong),
        lambda: several.subscribe("one", **wrong),
        lambda: Bridge(URL, FileCursors(tmp_path / "cursor"), **wrong),
    ]
    for make in feeds:
        with pytest.raises(TypeError, match="unexpected keyword argument 'sections'"):
            make()
    assert several.names == ()

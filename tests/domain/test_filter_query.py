"""Filters as clients write them, in a query and in JSON."""

from __future__ import annotations

from typing import Any

import pytest

from ticker.domain.errors import BadFilter
from ticker.domain.filter import EVERYTHING, Facets
from ticker.domain.filter_query import (
    EXCLUSIONS,
    FACETS,
    MAX_VALUES,
    filter_from_json,
    query_pairs,
    read_filter,
)
from ticker.domain.taxonomy import Taxonomy

TAXONOMY = Taxonomy()


def test_the_same_filter_from_a_query_and_from_json() -> None:
    query = [("section", "sports, health"), ("edition", "en"), ("tag", "x"), ("level", "urgent")]
    message = {"sections": ["health", "sports"], "edition": "en", "tags": ["x"], "level": "urgent"}
    assert read_filter(query, TAXONOMY) == filter_from_json(message, TAXONOMY)


@pytest.mark.parametrize(
    "pairs",
    [
        [("colour", "red")],
        [("section", "gossip")],
        [("edition", "fr")],
        [("level", "loud")],
        [("story", "not a name")],
        [("tag", "x" * 65)],
        [("tag", "x" + "\u0301" * 3_000)],
        [("tag", "\u200b")],
        [("x" * 5_000, "red")],
        [("level", "x" * 5_000)],
        [("not.level", "flash")],
        [("tag", ",".join(f"t{n}" for n in range(MAX_VALUES + 1)))],
    ],
)
def test_what_is_not_known_is_refused(pairs: list[tuple[str, str]]) -> None:
    with pytest.raises(BadFilter) as refusal:
        read_filter(pairs, TAXONOMY)
    assert len(refusal.value.detail) < 300


@pytest.mark.parametrize(
    ("name", "value", "facets"),
    [
        ("tag", "cafe\u0301", {"tags": ["Café"]}),
        ("TAG", "CAFÉ", {"tags": ["cafe\u0301"]}),
        ("tags", "STRASSE", {"tags": ["Straße"]}),
        ("tag", "\u0130stanbul", {"tags": ["i\u0307stanbul"]}),
        ("tag", "\u1ff4", {"tags": ["\u03ce\u0345"]}),
        ("Section", "POLITICS", {"sections": ["politics"]}),
        ("region", "Asia-Pacific", {"regions": ["asia-pacific"]}),
        ("edition", "EN", {}),
        ("level", " Urgent", {}),
        ("story", "DELTA-floods", {"story": "Delta-Floods"}),
    ],
)
def test_neither_case_nor_unicode_form_counts(
    name: str, value: str, facets: dict[str, Any]
) -> None:
    item = {"edition": "en", "level": 1, "sections": [], "regions": [], "tags": [], **facets}
    chosen = read_filter([(name, value)], TAXONOMY)
    assert chosen != EVERYTHING
    assert chosen.matches(Facets.from_json(item))


@pytest.mark.parametrize("name", [*FACETS, *EXCLUSIONS])
def test_an_empty_field_of_a_form_chooses_nothing(name: str) -> None:
    assert read_filter([(name, " ")], TAXONOMY) == EVERYTHING


def test_a_filter_survives_its_query() -> None:
    pairs = [
        ("level", "urgent"),
        ("tag", "b,A"),
        ("not.section", "sports"),
        ("any", "region=mena&not.story=x"),
        ("any", "edition=en"),
    ]
    filter = read_filter(pairs, TAXONOMY)
    assert query_pairs(filter)[0] == ("tag", "a,b")
    assert read_filter(query_pairs(filter), TAXONOMY) == filter
    assert read_filter(pairs[::-1], TAXONOMY) == filter
    as_json = {
        "level": "urgent",
        "tags": ["A", "b"],
        "not": {"sections": "sports"},
        "any": [{"region": "mena", "not": {"story": "x"}}, {"edition": ["en"]}],
    }
    assert filter_from_json(as_json, TAXONOMY) == filter


@pytest.mark.parametrize("data", [None, [], "en", {"edition": 1}, {"edition": [["en"]]}])
def test_a_message_needs_text(data: object) -> None:
    with pytest.raises(BadFilter):
        filter_from_json(data, TAXONOMY)

"""Query strings: filters, limits, and what is refused."""

from __future__ import annotations

import pytest
from starlette.requests import Request

from ticker.api.problem_documents import BadQuery
from ticker.api.query import filter_of, limit_of, query_of
from ticker.domain.filter_query import FIELDS_MAX, QUERY_MAX
from ticker.domain.taxonomy import Taxonomy


def request(query: str) -> Request:
    return Request({"type": "http", "query_string": query.encode(), "headers": []})


def test_own_parameters_are_apart_and_unknown_ones_are_ignored() -> None:
    pairs, own = query_of(request("section=sports&limit=3&Limit=4&_=17&edition="), ("limit",))
    assert pairs == [("section", "sports"), ("_", "17"), ("edition", "")]
    assert filter_of(pairs, Taxonomy()).sections == {"sports"}
    assert own == {"limit": ["3", "4"]}


@pytest.mark.parametrize(
    "query", ["tag=" + "x" * QUERY_MAX, "&".join(f"tag={n}" for n in range(FIELDS_MAX + 1))]
)
def test_a_query_is_bounded(query: str) -> None:
    with pytest.raises(BadQuery):
        query_of(request(query))


def test_the_wrong_parameter_is_named() -> None:
    good = [("section", "sports")]
    assert filter_of(good, Taxonomy()).sections == {"sports"}
    for pairs, allowed, name in (
        ([*good, ("section", "gossip")], None, "section"),
        ([*good, ("colour", "red")], None, "colour"),
        ([*good, ("tag", "x")], ("section",), "tag"),
    ):
        with pytest.raises(BadQuery) as raised:
            filter_of(pairs, Taxonomy(), allowed, refuse_unknown=("limit",))
        assert raised.value.extra()["errors"][0]["field"] == name


@pytest.mark.parametrize(
    "values", [["0"], ["201"], ["-1"], ["ten"], ["٣"], ["1", "2"], ["1000000"]]
)
def test_a_limit_is_one_number_in_bounds(values: list[str]) -> None:
    with pytest.raises(BadQuery):
        limit_of(values, 20, 200)


def test_a_limit_has_a_default() -> None:
    assert limit_of([], 20, 200) == 20
    assert limit_of(["200"], 20, 200) == 200

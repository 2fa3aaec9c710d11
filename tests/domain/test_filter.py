"""Filters: facets AND, values within one OR, and only names that the taxonomy has."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ticker.domain.filter import EVERYTHING, Facets, Filter
from ticker.domain.filter_query import read_filter
from ticker.domain.taxonomy import Taxonomy

TAXONOMY = Taxonomy()
names = st.frozensets(st.sampled_from(["a", "b", "c"]), max_size=2)
facets = st.builds(Facets, st.sampled_from(["en", "es"]), st.integers(0, 3), names, names, names)
filters = st.builds(
    Filter, st.frozensets(st.sampled_from(["en", "es"])), names, names, names, st.integers(0, 3)
)


def test_facets_and_values_or() -> None:
    sport = Facets("en", 1, frozenset({"sports", "health"}), frozenset({"asia"}))
    assert EVERYTHING.matches(sport)
    assert read_filter([("section", "politics,sports")], TAXONOMY).matches(sport)
    assert not read_filter([("section", "sports"), ("region", "mena")], TAXONOMY).matches(sport)
    assert read_filter([("level", "urgent")], TAXONOMY).matches(sport)
    assert not read_filter([("level", "flash")], TAXONOMY).matches(sport)


@given(facets, facets, filters)
def test_a_union_is_in_every_view_that_one_of_the_two_is_in(
    one: Facets, other: Facets, chosen: Filter
) -> None:
    if one.edition == other.edition and (chosen.matches(one) or chosen.matches(other)):
        assert chosen.matches(one.union(other))


@given(facets)
def test_facets_survive_json(one: Facets) -> None:
    assert Facets.from_json(one.to_json()) == one

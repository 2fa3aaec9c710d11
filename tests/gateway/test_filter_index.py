"""The index finds every audience that an event concerns."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ticker.domain.filter import Facets, Filter
from ticker.gateway import subscription_group
from ticker.gateway.filter_index import FilterIndex


def some(*values: str) -> st.SearchStrategy[frozenset[str]]:
    return st.frozensets(st.sampled_from(values), max_size=2)


filters = st.builds(
    Filter,
    some("en", "ar", "es"),
    some("politics", "sports", "health"),
    some("mena", "asia"),
    some("rain", "rail", "ferry"),
    st.integers(0, 3),
    some("ferries", "tides"),
)
facets = st.builds(
    Facets,
    st.sampled_from(["en", "ar", "es"]),
    st.integers(0, 3),
    some("politics", "sports", "health"),
    some("mena", "asia"),
    some("rain", "rail", "ferry"),
    some("ferries", "tides", "unasked"),
)


@given(st.lists(filters, max_size=20), facets, st.none() | facets)
def test_no_audience_is_overlooked(chosen: list[Filter], now: Facets, was: Facets | None) -> None:
    index = FilterIndex()
    for filter in chosen:
        index.enter(filter, subscription_group.ws)
    found = index.candidates(now, was)
    assert len(set(found)) == len(found)
    for one in index:
        if one.filter.matches(now) or (was is not None and one.filter.matches(was)):
            assert one in found


@given(st.lists(filters, max_size=20), facets, facets)
def test_events_of_one_kind_concern_the_same_filters(
    chosen: list[Filter], one: Facets, other: Facets
) -> None:
    index = FilterIndex()
    for filter in chosen:
        index.enter(filter, subscription_group.ws)
    if index.kind(one) == index.kind(other):
        assert [f for f in chosen if f.matches(one)] == [f for f in chosen if f.matches(other)]


def test_a_story_that_nobody_asks_for_makes_no_kind_of_its_own() -> None:
    """Else every new story would be a new route, and each is a list of all readers."""
    index = FilterIndex()
    index.enter(Filter(stories=frozenset({"ferries"})), subscription_group.ws)
    asked, unasked, plain = (Facets("en", stories=frozenset(s)) for s in (["ferries"], ["x"], []))
    assert index.kind(unasked) == index.kind(plain)
    assert index.kind(asked) != index.kind(plain)
    assert index.kind(None) is None


@given(st.lists(filters, max_size=20))
def test_who_has_left_is_nowhere(chosen: list[Filter]) -> None:
    index = FilterIndex()
    for made in [index.enter(filter, subscription_group.sse) for filter in chosen]:
        index.leave(made)
    assert len(index) == 0
    assert not any(vars(index).values())

"""The filter index finds every subscription group that an event concerns."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ticker.domain.filter import Facets, Filter
from ticker.gateway.filter_index import FilterIndex
from ticker.gateway.framing import event_stream_framing, websocket_framing
from ticker.gateway.response_cache import ResponseCache


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
def test_every_matching_group_is_found(
    chosen: list[Filter], now: Facets, was: Facets | None
) -> None:
    index = FilterIndex(ResponseCache())
    for filter in chosen:
        index.join(filter, websocket_framing)
    found = index.candidates(now, was)
    assert len(set(found)) == len(found)
    for one in index:
        (filter,) = (filter for _, filter in one.parts)
        if filter.matches(now) or (was is not None and filter.may_match(was)):
            assert one in found


@given(st.lists(filters, max_size=20), facets, facets)
def test_facets_with_equal_keys_match_the_same_filters(
    chosen: list[Filter], one: Facets, other: Facets
) -> None:
    index = FilterIndex(ResponseCache())
    for filter in chosen:
        index.join(filter, websocket_framing)
    if index.key(one) == index.key(other):
        assert [f for f in chosen if f.matches(one)] == [f for f in chosen if f.matches(other)]


def test_a_story_that_no_group_filters_by_has_no_key_of_its_own() -> None:
    """Every new story would need a fan-out plan of its own, a list of all subscribers."""
    index = FilterIndex(ResponseCache())
    index.join(Filter(stories=frozenset({"ferries"})), websocket_framing)
    asked, unasked, plain = (Facets("en", stories=frozenset(s)) for s in (["ferries"], ["x"], []))
    assert index.key(unasked) == index.key(plain)
    assert index.key(asked) != index.key(plain)
    assert index.key(None) is None


def test_a_story_counts_until_the_last_group_that_filters_by_it_is_gone() -> None:
    index = FilterIndex(ResponseCache())
    one, two = (
        index.join(Filter(stories=frozenset(stories)), websocket_framing)
        for stories in (["ferries"], ["ferries", "tides"])
    )
    ferries, tides, plain = (
        Facets("en", stories=frozenset(s)) for s in (["ferries"], ["tides"], [])
    )
    index.leave(two)
    assert index.key(ferries) != index.key(plain)
    assert index.key(tides) == index.key(plain)
    index.leave(one)
    assert index.key(ferries) == index.key(plain)


@given(st.lists(filters, max_size=20))
def test_an_index_whose_members_have_left_is_empty(chosen: list[Filter]) -> None:
    index = FilterIndex(ResponseCache())
    for made in [index.join(filter, event_stream_framing) for filter in chosen]:
        index.leave(made)
    assert len(index) == 0
    assert index.candidates(Facets("en")) == []
    sizes = [len(value) for value in vars(index).values() if isinstance(value, dict)]
    assert sizes == [0] * 8

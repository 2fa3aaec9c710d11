"""The index finds every audience that an event concerns."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ticker.core.filter import Facets, Filter
from ticker.gateway import audience
from ticker.gateway.index import Index


def some(*values: str) -> st.SearchStrategy[frozenset[str]]:
    return st.frozensets(st.sampled_from(values), max_size=2)


filters = st.builds(
    Filter,
    some("en", "ar", "es"),
    some("politics", "sports", "health"),
    some("mena", "asia"),
    some("rain", "rail", "ferry"),
    st.integers(0, 3),
)
facets = st.builds(
    Facets,
    st.sampled_from(["en", "ar", "es"]),
    st.integers(0, 3),
    some("politics", "sports", "health"),
    some("mena", "asia"),
    some("rain", "rail", "ferry"),
)


@given(st.lists(filters, max_size=20), facets, st.none() | facets)
def test_no_audience_is_overlooked(chosen: list[Filter], now: Facets, was: Facets | None) -> None:
    index = Index()
    for filter in chosen:
        index.enter(filter, audience.ws)
    found = index.candidates(now, was)
    assert len(set(found)) == len(found)
    for one in index:
        if one.filter.matches(now) or (was is not None and one.filter.matches(was)):
            assert one in found


@given(st.lists(filters, max_size=20))
def test_who_has_left_is_nowhere(chosen: list[Filter]) -> None:
    index = Index()
    for made in [index.enter(filter, audience.sse) for filter in chosen]:
        index.leave(made)
    assert len(index) == 0
    assert not any(vars(index).values())

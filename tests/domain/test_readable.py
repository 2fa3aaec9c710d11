"""Readable editions: a filter keeps what may be read, and matches nothing if that is nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ticker.domain.filter import EVERYTHING, Facets, Filter
from ticker.domain.readable import Readable, restricted


@pytest.mark.parametrize(
    ("wanted", "readable", "seen"),
    [
        ((), None, {"en", "inside"}),
        ((), {"en"}, {"en"}),
        ((), set(), set()),
        (("inside",), {"en"}, set()),
        (("inside",), set(), set()),
        (("en", "inside"), {"en"}, {"en"}),
        (("en",), {"en", "inside"}, {"en"}),
    ],
)
def test_only_what_may_be_read_is_left(
    wanted: tuple[str, ...], readable: set[str] | None, seen: set[str]
) -> None:
    rights: Readable = None if readable is None else frozenset(readable)
    filter = restricted(replace(EVERYTHING, editions=frozenset(wanted)), rights)
    for match in (Filter.matches, Filter.may_match):
        assert {one for one in ("en", "inside") if match(filter, Facets(one))} == seen
    assert restricted(filter, rights) == filter
    assert filter.names_no_edition == (not wanted and rights is not None)

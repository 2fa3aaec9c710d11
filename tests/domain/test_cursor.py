"""Cursors: what we make we can read, and nothing else passes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ticker.domain.clock import new_id
from ticker.domain.cursor import ZERO, Cursor, StreamId
from ticker.domain.errors import BadCursor

part = st.integers(0, 2**64 - 1)


@given(st.integers(0, 36**12), part, part)
def test_round_trip(epoch: int, ms: int, seq: int) -> None:
    cursor = Cursor(epoch, StreamId(ms, seq))
    assert Cursor.parse(str(cursor)) == cursor
    assert len(str(cursor)) <= 64


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1",
        "1-0",
        "a.1",
        "a.1-",
        "a.-1-0",
        "A.1-0",
        "a.1-0 ",
        "a.1-0\n",
        "a.١-0",
        "a.99999999999999999999-0",
        "a.1-18446744073709551616",
        "a" * 14 + ".1-0",
        "../etc",
        "a.1-0;b",
    ],
)
def test_refuses(text: str) -> None:
    with pytest.raises(BadCursor):
        Cursor.parse(text)


@given(part, part)
def test_before_is_the_next_lower(ms: int, seq: int) -> None:
    id = StreamId(ms, seq)
    assert id.before() < id or id == ZERO


@given(st.lists(st.tuples(st.integers(0, 2**48 - 1), st.binary(min_size=10, max_size=10))))
def test_ids_sort_by_time(moments: list[tuple[int, bytes]]) -> None:
    ids = [new_id(ms, entropy) for ms, entropy in sorted(moments)]
    assert ids == sorted(ids)
    assert all(len(id) == 26 for id in ids)

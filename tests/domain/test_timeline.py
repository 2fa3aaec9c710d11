"""Cursors of earlier epochs are good up to the end of their epoch."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.in_memory import at
from ticker.domain.cursor import ZERO, Cursor
from ticker.domain.timeline import Timeline

THREE = Timeline(30, {10: at(5), 20: at(9)})


@pytest.mark.parametrize(
    ("cursor", "good"),
    [
        (Cursor(30, at(99)), True),
        (Cursor(20, at(9)), True),
        (Cursor(20, at(10)), False),
        (Cursor(10, at(5)), True),
        (Cursor(10, at(6)), False),
        (Cursor(15, at(1)), False),  # of a branch that lost, or forgotten
        (Cursor(40, at(1)), False),  # not begun here
    ],
)
def test_a_cursor_is_good_up_to_the_end_of_its_epoch(cursor: Cursor, good: bool) -> None:
    assert THREE.holds(cursor) is good


def test_a_later_epoch_that_ended_before_ends_the_earlier_ones_too() -> None:
    restored = Timeline(40, {10: at(9), 20: at(4), 30: at(6)})
    assert restored.end(10) == at(4)
    assert restored.end(30) == at(6)
    assert restored.end(40) is None


@pytest.mark.parametrize(
    ("position", "epoch"), [(0, 10), (4, 10), (5, 20), (8, 20), (9, 30), (50, 30)]
)
def test_a_position_has_the_epoch_of_what_follows_it(position: int, epoch: int) -> None:
    assert THREE.cursor(at(position)) == Cursor(epoch, at(position))


@given(st.dictionaries(st.integers(1, 99), st.integers(0, 20)), st.integers(0, 25))
def test_every_cursor_that_is_given_out_is_good(ends: dict[int, int], position: int) -> None:
    # Ends never decrease within one history.
    in_order = dict(zip(sorted(ends), sorted(ends.values()), strict=True))
    timeline = Timeline(100, {epoch: at(end) for epoch, end in in_order.items()})
    cursors = [timeline.cursor(at(one)) for one in range(position + 1)]
    assert all(map(timeline.holds, cursors))
    assert [cursor.epoch for cursor in cursors] == sorted(cursor.epoch for cursor in cursors)


def test_reading() -> None:
    fields = {b"current": b"30", b"server": b"ab12", b"10": str(at(5)).encode()}
    assert Timeline.read(fields) == Timeline(30, {10: at(5)})
    assert Timeline.read({}) == Timeline(0)
    assert Timeline(3).cursor(ZERO) == Cursor(3, ZERO)

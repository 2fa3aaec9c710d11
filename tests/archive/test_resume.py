"""The archive goes on after a start, or after the lane has changed."""

from __future__ import annotations

import pytest

from ticker.archive.resume import Again, GoOn, resume
from ticker.domain.cursor import Cursor, StreamId
from ticker.domain.timeline import Timeline


def at(number: int) -> StreamId:
    return StreamId(number, 0)


NOW = Timeline(9, {7: at(50)})
FLOOR, TOP = at(20), at(100)


@pytest.mark.parametrize(
    ("held", "damaged", "plan"),
    [
        (None, False, Again(Cursor(7, at(20)), None, gap=False)),
        (Cursor(9, at(80)), False, GoOn()),
        (Cursor(7, at(40)), False, GoOn()),
        (Cursor(7, at(50)), False, GoOn()),
        (Cursor(7, at(60)), False, Again(Cursor(9, at(50)), at(50), gap=False)),
        (Cursor(9, at(120)), False, Again(Cursor(9, at(100)), at(100), gap=False)),
        (Cursor(7, at(10)), False, Again(Cursor(7, at(20)), None, gap=True)),
        (Cursor(5, at(30)), False, Again(Cursor(7, at(20)), at(20), gap=True)),
        (Cursor(9, at(80)), True, Again(Cursor(7, at(20)), at(20), gap=True)),
    ],
    ids=[
        *("empty", "same epoch", "earlier epoch", "its end", "lost events", "a shorter lane"),
        *("trimmed", "unknown epoch", "another history"),
    ],
)
def test_resume(held: Cursor | None, damaged: bool, plan: GoOn | Again) -> None:
    assert resume(held, NOW, FLOOR, TOP, damaged=damaged) == plan


def test_a_history_that_ended_before_the_floor_is_undone_to_its_end() -> None:
    timeline = Timeline(9, {7: at(10)})
    assert resume(Cursor(7, at(30)), timeline, FLOOR, TOP, damaged=False) == Again(
        Cursor(9, at(20)), at(10), gap=True
    )

"""Durations as people say them."""

from __future__ import annotations

import pytest

from ticker.cli.durations import duration, soon


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.04, "0.0 s"), (99.94, "99.9 s"), (100, "1 min 40 s"), (5_999, "99 min 59 s")],
)
def test_durations_are_said_as_people_do(seconds: float, said: str) -> None:
    assert duration(seconds) == said
    assert duration(7_260) == "2 h 1 min"
    assert duration(157_680_000) == "1,825 days", "a clock that is five years off"


def test_short_durations() -> None:
    assert (soon(0.0384), soon(3.21)) == ("38 ms", "3.2 s")

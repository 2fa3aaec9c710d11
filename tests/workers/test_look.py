"""Looks of several workers happen at the same moments."""

from __future__ import annotations

import pytest

from workers.look import until_next_look


@pytest.mark.parametrize(("now", "wait"), [(7.0, 0.25), (7.05, 0.2), (7.24, 0.26), (7.25, 0.25)])
def test_the_next_look_is_at_a_multiple_of_the_interval(now: float, wait: float) -> None:
    assert until_next_look(now, 0.25) == pytest.approx(wait)

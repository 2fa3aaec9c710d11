"""The drain: few readers leave at once, many at a bounded rate, and all within the drain time."""

from __future__ import annotations

import pytest

from ticker.gateway.limits import RECONNECTS_PER_SECOND, Limits


@pytest.mark.parametrize(
    ("connections", "seconds"), [(0, 0.0), (200, 0.1), (8_000, 4.0), (50_000, 5.0)]
)
def test_closes_are_spread_so_that_the_returns_have_a_rate(
    connections: int, seconds: float
) -> None:
    over = Limits(drain=5.0).drain_over(connections)
    assert over == seconds
    assert over == 5.0 or connections <= over * RECONNECTS_PER_SECOND


@pytest.mark.parametrize(("connections", "seconds"), [(10, 0.5), (4_000, 2.0), (50_000, 25.0)])
def test_readers_that_find_nobody_try_again_at_a_bounded_rate(
    connections: int, seconds: float
) -> None:
    within = Limits().retry_within(connections)
    assert within == seconds
    assert connections <= within * RECONNECTS_PER_SECOND

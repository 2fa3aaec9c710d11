from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ticker.bench.latencies import Latencies


def test_nothing_measured_has_no_figures() -> None:
    assert Latencies().summary() is None
    assert Latencies().cdf() == []
    with pytest.raises(ValueError, match="no durations"):
        Latencies().percentile(50)


def test_one_duration_is_every_figure() -> None:
    summary = Latencies([0.004]).summary()
    assert summary is not None
    assert (summary.p50, summary.p99, summary.longest) == (0.004, 0.004, 0.004)
    assert summary.json() == {"count": 1, "p50_ms": 4.0, "p99_ms": 4.0, "max_ms": 4.0}


def test_the_extremes_are_exact_and_out_of_range_is_kept() -> None:
    latencies = Latencies([0.0, 0.010, 10_000.0])
    assert (latencies.shortest, latencies.longest) == (0.0, 10_000.0)
    assert latencies.percentile(100) == 10_000.0


@given(
    st.lists(st.floats(min_value=2e-6, max_value=1_000), min_size=1, max_size=200),
    st.integers(min_value=1, max_value=100),
)
def test_percentiles_are_right_to_half_a_per_cent(values: list[float], percent: int) -> None:
    exact = sorted(values)[max(1, -(-len(values) * percent // 100)) - 1]
    assert Latencies(values).percentile(percent) == pytest.approx(exact, rel=0.0051)


@given(st.lists(st.floats(min_value=2e-6, max_value=1_000), min_size=1, max_size=100))
def test_the_curve_rises_to_one(values: list[float]) -> None:
    points = Latencies(values).cdf()
    assert points == sorted(points)
    assert points[-1][1] == 1
    assert points[-1][0] <= max(values)

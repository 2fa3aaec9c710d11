"""Counts and decay: weights of reads, and the order by forward decay."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ticker.readership.scores import HALF_LIVES, WINDOWS, Batch, Counted, Tally

reads = st.lists(
    st.tuples(st.sampled_from("abc"), st.sampled_from(["open", "share"]), st.floats(0, 50_000)),
    max_size=30,
)


def test_a_half_life_is_a_quarter_of_its_window() -> None:
    assert HALF_LIVES == {"hour": 900, "day": 21_600, "week": 151_200}
    assert tuple(HALF_LIVES) == tuple(WINDOWS)


def test_a_tally_counts_opens_and_shares_of_each_item() -> None:
    tally = Tally()
    for id, kind in (("a", "open"), ("a", "open"), ("b", "share"), ("a", "share")):
        assert tally.add(id, kind, 0.0)  # type: ignore[arg-type]
    assert tally.take(0.0) == [Counted("a", 2, 1, (3, 3, 3)), Counted("b", 0, 1, (1, 1, 1))]
    assert (len(tally), tally.take(0.0)) == (0, [])


def test_a_reads_weight_halves_with_every_half_life() -> None:
    tally = Tally()
    tally.add("a", "open", 0.0)
    [(_, opens, _, left)] = tally.take(900.0)
    assert opens == 1
    assert left == (0.5, 2 ** -(900 / 21_600), 2 ** -(900 / 151_200))


def test_a_tally_is_bounded_in_items_not_in_reads() -> None:
    tally = Tally(size_max=2)
    assert [tally.add(id, "open", 0.0) for id in "abcba"] == [True, True, False, True, True]
    assert [count.opens for count in tally.take(0.0)] == [2, 2]
    assert tally.add("c", "open", 0.0)


@given(reads, st.floats(0, 1e6), st.floats(0, 1e6))
def test_the_weight_is_the_exact_sum(
    script: list[tuple[str, str, float]], until: float, later: float
) -> None:
    """However long counts are pending, here or in a batch that the store did not accept."""
    tally, now = Tally(), 0.0
    at: dict[str, list[float]] = {}
    for id, kind, pause in script:
        now += pause
        tally.add(id, kind, now)  # type: ignore[arg-type]
        at.setdefault(id, []).append(now)
    batch = Batch(1, now + until, tuple(tally.take(now + until))).aged(now + until + later)
    end = now + until + later
    assert {count.id: count.opens + count.shares for count in batch.counts} == {
        id: len(times) for id, times in at.items()
    }
    for count in batch.counts:
        for left, half in zip(count.weights, HALF_LIVES.values(), strict=True):
            exact = sum(2.0 ** -((end - time) / half) for time in at[count.id])
            assert left == pytest.approx(exact, rel=1e-9, abs=1e-300)


def test_a_clock_that_stands_still_is_handled() -> None:
    tally = Tally()
    tally.add("a", "open", 5.0)
    [count] = tally.take(4.0)
    assert count.weights == (1, 1, 1)

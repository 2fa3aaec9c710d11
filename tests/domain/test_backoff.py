from __future__ import annotations

from ticker.domain.backoff import delay


def test_the_ceiling_doubles_up_to_the_last() -> None:
    waits = [delay(n, first=0.5, last=4.0, jitter=1.0) for n in range(1, 7)]
    assert waits == [0.5, 1.0, 2.0, 4.0, 4.0, 4.0]


def test_full_jitter_spreads_from_zero() -> None:
    assert [delay(n, first=0.5, last=4.0, jitter=0.0) for n in (1, 2, 9)] == [0.0] * 3
    assert delay(3, first=0.5, last=4.0, jitter=0.25) == 0.5


def test_a_floor_is_a_share_of_the_ceiling() -> None:
    waits = [delay(3, first=0.5, last=4.0, jitter=jitter, floor=0.5) for jitter in (0.0, 0.5, 1.0)]
    assert waits == [1.0, 1.5, 2.0]


def test_an_outage_of_days_does_not_overflow() -> None:
    assert delay(1_000_000, first=0.5, last=30.0, jitter=1.0) == 30.0

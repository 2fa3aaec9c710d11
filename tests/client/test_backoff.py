"""The waits between attempts: bounded, spread, and back at the start after a success."""

from __future__ import annotations

import pytest

from tests.support.clock import FakeClock
from ticker.client.backoff import (
    EXPECTED_ATTEMPTS,
    FIRST_CEILING,
    LAST_CEILING,
    LONGEST_ORDER,
    SETTLED,
    Backoff,
)


def test_the_ceiling_doubles_up_to_the_last() -> None:
    backoff = Backoff(first=0.5, last=4.0, draw=lambda: 1.0)
    assert [backoff.failed() for _ in range(6)] == [0.5, 1.0, 2.0, 4.0, 4.0, 4.0]


def test_the_jitter_is_full_so_that_clients_spread_from_zero() -> None:
    backoff = Backoff(draw=lambda: 0.0)
    assert [backoff.failed() for _ in range(5)] == [0.0] * 5


def test_a_connection_that_lasted_starts_over() -> None:
    clock = FakeClock()
    backoff = Backoff(draw=lambda: 1.0, now=clock)
    for _ in range(10):
        backoff.failed()
    backoff.welcomed()
    clock.now += SETTLED - 1
    backoff.welcomed()  # a reset in the middle of it: it is the same connection
    clock.now += 1
    assert backoff.failed() == FIRST_CEILING
    assert backoff.failures == 1


def test_a_server_that_welcomes_and_drops_in_a_loop_is_not_stormed() -> None:
    clock = FakeClock()
    backoff = Backoff(first=0.5, last=4.0, draw=lambda: 1.0, now=clock)
    waits = []
    for _ in range(5):
        backoff.welcomed()
        clock.now += SETTLED - 0.001
        waits.append(backoff.failed())
        clock.now += SETTLED  # without a connection
    assert waits == [0.5, 1.0, 2.0, 4.0, 4.0]


def test_an_outage_of_days_does_not_overflow() -> None:
    backoff = Backoff(draw=lambda: 1.0)
    backoff.failures = 1_000_000
    assert backoff.failed() == LAST_CEILING


@pytest.mark.parametrize(("ordered", "delay"), [(0.25, 0.25), (-1, 0), (1e9, LONGEST_ORDER)])
def test_what_the_server_orders_is_obeyed_within_a_bound(ordered: float, delay: float) -> None:
    assert Backoff(draw=lambda: 1.0).failed(ordered) == delay


def test_an_ordered_wait_counts_as_a_failure() -> None:
    backoff = Backoff(draw=lambda: 1.0)
    backoff.failed(0.1)
    assert backoff.failures == 1
    assert backoff.failed() == 2 * FIRST_CEILING


def test_an_expected_server_is_tried_within_its_time_until_it_is_late() -> None:
    backoff = Backoff(draw=lambda: 0.5)
    backoff.expect(2.0)
    assert backoff.failed(0.3) == 0.3, "the server's own order comes first"
    for _ in range(EXPECTED_ATTEMPTS):
        assert backoff.failed() == 1.0
    assert backoff.failed() == 0.25, "from here on the waits double"
    assert backoff.failed() == 0.5


def test_a_welcome_ends_the_expectation() -> None:
    backoff = Backoff(draw=lambda: 1.0, now=lambda: 0.0)
    backoff.expect(9.0)
    backoff.welcomed()
    assert backoff.failed() == 0.5

"""Waves of reconnecting readers."""

from __future__ import annotations

import pytest

from benchmarks.scale.wave import BY_KERNEL, Client, Servers, simulate

READERS = 1_000_000


def test_with_room_for_all_everybody_is_back_after_one_attempt() -> None:
    outcome = simulate(READERS, Servers(resumes_per_s=READERS))
    assert outcome.attempts == pytest.approx(1.0)
    assert outcome.half is not None
    assert outcome.half < 1.0
    assert outcome.all is not None
    assert outcome.all <= 1.1, "the first delay is up to one second"


def test_nobody_is_lost_or_counted_twice() -> None:
    slow = simulate(READERS, Servers(resumes_per_s=50_000, refusal=0))
    assert slow.all is not None
    assert slow.all >= READERS / 50_000, "no faster than the servers"


def test_attempts_before_the_servers_are_up_fail_and_come_again() -> None:
    outcome = simulate(READERS, Servers(resumes_per_s=READERS, up_after=10))
    assert outcome.half is not None
    assert outcome.half >= 10
    assert outcome.attempts > 3


def test_refusals_that_cost_as_much_as_connections_keep_everybody_out() -> None:
    """About one attempt in fifteen seconds for each reader, at 0.8 of a connection's cost."""
    kept_out = simulate(READERS, Servers(resumes_per_s=READERS / 30))
    assert kept_out.half is None
    assert kept_out.all is None
    assert simulate(READERS, Servers(resumes_per_s=READERS / 20)).all is not None


def test_refusals_in_the_kernel_let_the_others_through() -> None:
    outcome = simulate(READERS, Servers(resumes_per_s=READERS / 40, refusal=BY_KERNEL))
    assert outcome.all is not None
    assert outcome.all < 60


def test_a_delay_from_the_server_replaces_the_backoff() -> None:
    servers = Servers(resumes_per_s=READERS / 40, retry_after=(5.0, 60.0))
    assert simulate(READERS, servers).attempts == pytest.approx(1.9, abs=0.1)


@pytest.mark.parametrize(
    ("failures", "ceiling"), [(1, 1.0), (2, 2.0), (5, 16.0), (6, 30.0), (1_000, 30.0)]
)
def test_the_ceiling_doubles_up_to_the_last(failures: int, ceiling: float) -> None:
    assert Client().ceiling(failures) == ceiling

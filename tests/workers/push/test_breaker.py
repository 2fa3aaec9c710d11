from __future__ import annotations

from tests.support.clock import FakeClock
from workers.push.breaker import ORIGINS_MAX, PAUSE_MAX, PROBES, TRIP, WAIT_MAX, Breaker

HERE, THERE = "https://here.example", "https://there.example"


def made() -> tuple[Breaker, FakeClock]:
    clock = FakeClock(0.0)
    return Breaker(clock, lambda: 1.0), clock


def fail(breaker: Breaker, times: int, origin: str = HERE) -> None:
    for _ in range(times):
        breaker.failed(origin)


def test_failures_in_a_row_open_the_breaker() -> None:
    breaker, _ = made()
    fail(breaker, TRIP - 1)
    assert not breaker.away(HERE)
    breaker.answered(HERE)
    fail(breaker, TRIP - 1)
    assert breaker.wait(HERE) == 0.0
    fail(breaker, 1)
    assert breaker.away(HERE)
    assert breaker.wait(HERE) == 1.0
    assert breaker.wait(THERE) == 0.0


def test_three_requests_without_an_answer_open_it_and_one_probe_is_enough() -> None:
    breaker, clock = made()
    for _ in range(2):
        breaker.failed(HERE, unanswered=True)
    assert not breaker.away(HERE)
    breaker.failed(HERE, unanswered=True)
    assert breaker.away(HERE)
    clock.now += breaker.wait(HERE)
    breaker.failed(HERE, unanswered=True)
    assert breaker.wait(HERE) == 2.0


def test_after_each_pause_a_few_requests_probe_and_the_pauses_grow() -> None:
    breaker, clock = made()
    fail(breaker, TRIP)
    pauses = [breaker.wait(HERE)]
    for _ in range(8):
        clock.now += breaker.wait(HERE)
        fail(breaker, PROBES - 1)
        assert breaker.wait(HERE) == 0.0
        fail(breaker, 1)
        pauses.append(breaker.wait(HERE))
    assert pauses == [1, 2, 4, 8, *[PAUSE_MAX] * 5]


def test_failures_of_requests_under_way_at_the_trip_do_not_count() -> None:
    breaker, clock = made()
    fail(breaker, TRIP + 200)
    assert breaker.wait(HERE) == 1.0
    clock.now += 1.0
    fail(breaker, PROBES - 1)
    assert breaker.wait(HERE) == 0.0


def test_a_response_closes_the_breaker_at_once() -> None:
    breaker, _ = made()
    fail(breaker, TRIP)
    breaker.answered(HERE)
    assert breaker.wait(HERE) == 0.0
    assert not breaker.away(HERE)


def test_a_requested_wait_is_bounded() -> None:
    breaker, _ = made()
    for _ in range(TRIP):
        breaker.failed(HERE, 60.0)
    assert breaker.wait(HERE) == 60.0
    for _ in range(TRIP):
        breaker.failed(THERE, 1e9)
    assert breaker.wait(THERE) == WAIT_MAX


def test_a_requested_wait_opens_the_breaker_at_once() -> None:
    breaker, clock = made()
    breaker.failed(HERE, 7.0)
    assert breaker.wait(HERE) == 7.0
    assert breaker.away(HERE)
    clock.now += 7.0
    assert breaker.wait(HERE) == 0.0
    breaker.answered(HERE)
    assert not breaker.away(HERE)


def test_remembered_servers_are_bounded() -> None:
    breaker, _ = made()
    fail(breaker, TRIP)
    for number in range(ORIGINS_MAX):
        breaker.failed(f"https://{number}.example")
    assert not breaker.away(HERE)

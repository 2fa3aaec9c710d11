"""Verdicts and retry times, as tables."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ticker.domain.clock import parse_ms
from ticker.webhooks.retry_policy import (
    FAILING_MAX,
    JITTER,
    REFUSED_SCHEDULE,
    RETRY_AFTER_MAX,
    SCHEDULE,
    Decision,
    Delivered,
    Disable,
    EndpointGone,
    FailureState,
    GiveUp,
    Later,
    Refused,
    TryAgain,
    decide,
    judge,
    server_is_away,
    wait_ms,
)

NOW = parse_ms("2026-11-24T10:00:00Z")


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        (200, Delivered),
        (201, Delivered),
        (204, Delivered),
        (299, Delivered),
        (301, Refused),
        (302, Refused),
        (304, Refused),
        (400, Refused),
        (401, Refused),
        (404, Refused),
        (408, Later),
        (410, EndpointGone),
        (413, Refused),
        (422, Refused),
        (429, Later),
        (500, Later),
        (502, Later),
        (503, Later),
        (599, Later),
    ],
)
def test_the_verdict_of_each_status(status: int, verdict: type[object]) -> None:
    assert type(judge(status, None, 0)) is verdict


@pytest.mark.parametrize(
    ("text", "after"),
    [
        (None, None),
        ("120", 120),
        (" 0 ", 0),
        ("999999999999", RETRY_AFTER_MAX),
        ("Tue, 24 Nov 2026 10:02:00 GMT", 120),
        ("Tue, 24 Nov 2026 09:00:00 GMT", 0),
        ("Tue, 24 Nov 2099 09:00:00 GMT", RETRY_AFTER_MAX),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("", None),
    ],
)
def test_retry_after(text: str | None, after: int | None) -> None:
    verdict = judge(429, text, NOW / 1000)
    assert isinstance(verdict, Later)
    assert verdict.after == after


def test_the_schedule_grows_with_jitter_and_stays_at_its_end() -> None:
    for failures, seconds in enumerate((*SCHEDULE, SCHEDULE[-1], SCHEDULE[-1]), 1):
        lowest, highest = (wait_ms(failures, jitter, SCHEDULE) for jitter in (0.0, 1.0))
        assert lowest == int(seconds * 1000 * (1 - JITTER))
        assert highest == int(seconds * 1000 * (1 + JITTER))
    assert wait_ms(1, 0.0, SCHEDULE, after=60) == 60_000, "never sooner than it said"
    assert wait_ms(9, 1.0, SCHEDULE, after=0) == 1_200, "and never at once"


REFUSAL = Refused("it answered 422", 422)
AWAY = Later("it answered 503", 503)
LONG_AGO = NOW - FAILING_MAX * 1000


@pytest.mark.parametrize(
    ("before", "verdict", "after", "decision"),
    [
        (FailureState(), AWAY, FailureState(1, 0, NOW), TryAgain(NOW + 2_000)),
        (FailureState(1, 0, 5), AWAY, FailureState(2, 0, 5), TryAgain(NOW + 3_000)),
        (FailureState(2, 0, NOW - 9), AWAY, FailureState(3, 0, NOW - 9), TryAgain(NOW + 5_000)),
        (FailureState(), REFUSAL, FailureState(1, 1, NOW), TryAgain(NOW + 10_000)),
        (FailureState(1, 1, NOW), REFUSAL, FailureState(2, 2, NOW), TryAgain(NOW + 50_000)),
        (FailureState(2, 2, NOW), REFUSAL, FailureState(0, 0, NOW), GiveUp()),
        (FailureState(2, 0, NOW), REFUSAL, FailureState(3, 1, NOW), TryAgain(NOW + 10_000)),
        (FailureState(2, 2, LONG_AGO), REFUSAL, FailureState(3, 3, LONG_AGO), Disable),
        (
            FailureState(0, 0, LONG_AGO),
            REFUSAL,
            FailureState(1, 1, LONG_AGO),
            TryAgain(NOW + 10_000),
        ),
        (FailureState(2, 0, LONG_AGO), AWAY, FailureState(3, 0, LONG_AGO), Disable),
        (FailureState(2, 0, LONG_AGO + 1), AWAY, FailureState(3, 0, LONG_AGO + 1), TryAgain),
        (FailureState(), EndpointGone(), FailureState(1, 0, NOW), Disable),
    ],
)
def test_the_decision_after_a_failure(
    before: FailureState,
    verdict: Later | Refused | EndpointGone,
    after: FailureState,
    decision: Decision | type[Decision],
) -> None:
    failure, decided = decide(before, verdict, NOW, 0.5)
    assert failure == after
    if isinstance(decision, type):
        assert type(decided) is decision
    else:
        assert decided == decision


def test_refusals_end_after_about_a_minute() -> None:
    assert len(REFUSED_SCHEDULE) == 2
    assert sum(REFUSED_SCHEDULE) == 60


@given(away=st.floats(0, FAILING_MAX / 2), jitter=st.floats(0, 1))
def test_an_endpoint_is_tried_again_soon_after_it_is_back(away: float, jitter: float) -> None:
    state, now = FailureState(), 0
    while now <= away * 1000:
        state, decision = decide(state, AWAY, now, jitter)
        assert isinstance(decision, TryAgain)
        now = decision.at_ms
    late = now / 1000 - away
    assert late <= min(max(away, 10), SCHEDULE[-1]) * (1 + JITTER) + 3
    if away <= 20:
        assert late <= 12


@pytest.mark.parametrize(
    ("verdict", "away"),
    [
        (Later("no connection"), True),
        (Later("it answered 502", 502), True),
        (Later("it answered 500", 500), False),
        (Later("it answered 503", 503), False),
        (Later("it answered 502", 502, after=60), False),
    ],
)
def test_which_failures_are_of_the_whole_server(verdict: Later, away: bool) -> None:
    assert server_is_away(verdict) == away


def test_the_schedule_is_over_before_the_endpoint_is_disabled() -> None:
    assert sum(SCHEDULE) < FAILING_MAX

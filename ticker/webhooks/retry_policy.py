"""Webhook delivery rules: verdicts on responses, retry times, giving up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from ticker.domain import retry_after

SCHEDULE = (
    *(2, 3, 5, 10, 10, 10, 20, 30, 30, 60, 60, 120, 240, 300, 300),
    *(600, 1_200, 1_800, 3_600, 7_200, 14_400, 28_800, 43_200, 86_400),
)
"""Seconds before the second, third … try; the last one repeats until ``FAILING_MAX``.

No wait is longer than all before it together (from the third on), so an endpoint that was away for
some time is tried again after at most as long once more, and after 10 seconds if it was away for
less than 40. Restarts and deploys are the usual reason; Standard Webhooks' own schedule waits five
minutes after the second failure."""
NEIGHBOUR_GAP = 30
"""Seconds since its last try before a success of another endpoint at the same server ends an
endpoint's wait. Shorter waits end by themselves."""
REFUSED_SCHEDULE = (10, 50)
"""Seconds before the second and third try of an event that the receiver refuses. After that the
event is given up and the next one is sent."""
JITTER = 0.2
RETRY_AFTER_MAX = 86_400
FAILING_MAX = 5 * 86_400
"""Seconds of failures without a delivery after which an endpoint is disabled."""


@dataclass(frozen=True, slots=True)
class Delivered:
    """The receiver accepted the event."""

    status: int


@dataclass(frozen=True, slots=True)
class Later:
    """The receiver is away or busy: the endpoint waits, ``after`` seconds if it asked for that."""

    why: str
    status: int | None = None
    after: int | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """The receiver refused this event."""

    why: str
    status: int


@dataclass(frozen=True, slots=True)
class EndpointGone:
    """The receiver wants no further events: 410."""

    status: int = 410
    why: str = "it answered 410"


Verdict: TypeAlias = Delivered | Later | Refused | EndpointGone


def server_is_away(verdict: Later) -> bool:
    """Tell whether the failure concerns the whole server, not this endpoint.

    No connection, no answer, or a proxy that reaches nothing behind it. A server that asked us to
    wait is not away.
    """
    return verdict.after is None and verdict.status in (None, 502, 504)


def judge(status: int, asked: str | None, now: float) -> Verdict:
    """Return the verdict on a response with ``status`` and, if ``asked``, a Retry-After header.

    ``now`` is in seconds since 1970, for a header with a date.
    """
    if 200 <= status < 300:
        return Delivered(status)
    if status == 410:
        return EndpointGone()
    if status in (408, 429) or status >= 500:
        return Later(f"it answered {status}", status, _after(asked, now))
    if 300 <= status < 400:
        return Refused(f"it answered {status}; redirects are not followed", status)
    return Refused(f"it answered {status}", status)


def _after(text: str | None, now: float) -> int | None:
    after = retry_after.seconds(text, now, longest=RETRY_AFTER_MAX)
    return None if after is None else int(after)


def wait_ms(failures: int, jitter: float, schedule: Sequence[int], after: int | None = None) -> int:
    """Return the ms to wait after ``failures`` failures (1: the first), give or take ``JITTER``.

    ``jitter`` is a random number from 0 to 1. If the receiver asked for ``after`` seconds, the wait
    is not shorter.
    """
    if after is not None:
        return int(max(after, 1) * 1000 * (1 + JITTER * jitter))
    seconds = schedule[min(failures, len(schedule)) - 1]
    return int(seconds * 1000 * (1 + JITTER * (2 * jitter - 1)))


@dataclass(frozen=True, slots=True)
class FailureState:
    """The failures since the last delivery.

    ``failures`` counts failed tries of the current event, ``refusals`` those that the receiver
    refused. ``since_ms`` is the time of the first failure after the last delivery, None for none.
    """

    failures: int = 0
    refusals: int = 0
    since_ms: int | None = None


@dataclass(frozen=True, slots=True)
class TryAgain:
    """Send the same event again, not before ``at_ms``."""

    at_ms: int


@dataclass(frozen=True, slots=True)
class GiveUp:
    """Give this event up and go on with the next."""


@dataclass(frozen=True, slots=True)
class Disable:
    """Send nothing until an editor enables the endpoint."""

    reason: str


Decision: TypeAlias = TryAgain | GiveUp | Disable


def decide(
    before: FailureState, verdict: Later | Refused | EndpointGone, now_ms: int, jitter: float
) -> tuple[FailureState, Decision]:
    """Return the failure state after one more failed try, and the decision.

    ``jitter`` as in ``wait_ms``.
    """
    since = now_ms if before.since_ms is None else before.since_ms
    refused = isinstance(verdict, Refused)
    failure = FailureState(before.failures + 1, before.refusals + refused, since)
    if isinstance(verdict, EndpointGone):
        return failure, Disable("it answered 410: it wants no further events")
    # An endpoint with few events may have failed once, long ago: it still gets its tries.
    if now_ms - since >= FAILING_MAX * 1000 and failure.failures > len(REFUSED_SCHEDULE):
        days = FAILING_MAX // 86_400
        return failure, Disable(f"no delivery for {days} days; last error: {verdict.why}")
    if isinstance(verdict, Later):
        wait = wait_ms(failure.failures, jitter, SCHEDULE, verdict.after)
        return failure, TryAgain(now_ms + wait)
    if failure.refusals > len(REFUSED_SCHEDULE):
        return FailureState(since_ms=since), GiveUp()
    return failure, TryAgain(now_ms + wait_ms(failure.refusals, jitter, REFUSED_SCHEDULE))

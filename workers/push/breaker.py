"""A circuit breaker for each server of a provider.

It stops requests to a server that is away, probes it after a pause, and closes again with the first
answer. Other servers are not affected, and the devices behind the server are not to blame.
"""

from __future__ import annotations

import random
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from ticker.domain.backoff import delay

TRIP = 20
"""Failures in a row after which a server counts as away."""
UNANSWERED = 7
"""Failures for which a request without any answer counts: three in a row suffice, so that a server
with few devices counts as away as well."""
PROBES = 3
"""Failures that suffice once it was away: so many requests probe it."""
PAUSE_MIN, PAUSE_MAX = 1.0, 15.0
"""Seconds between two probes, doubled each time, with jitter."""
WAIT_MAX = 600.0
"""Seconds that a server may ask us to wait at most."""
ORIGINS_MAX = 4_096
"""Servers that are remembered; the one that failed longest ago is forgotten first."""


@dataclass(slots=True)
class _State:
    failures: int = 0
    pauses: int = 0
    until: float = 0.0


class Breaker:
    """The circuit breaker of one provider, for all its servers. ``clock`` is monotonic seconds."""

    def __init__(
        self, clock: Callable[[], float], jitter: Callable[[], float] = random.random
    ) -> None:
        self._clock = clock
        self._jitter = jitter
        self._states: OrderedDict[str, _State] = OrderedDict()

    def wait(self, origin: str) -> float:
        """Return the seconds until ``origin`` may be called; 0.0 if it may be now."""
        state = self._states.get(origin)
        return 0.0 if state is None else max(0.0, state.until - self._clock())

    def away(self, origin: str) -> bool:
        """Tell whether ``origin`` counts as away, so that its devices are not to blame."""
        state = self._states.get(origin)
        return state is not None and state.pauses > 0

    def answered(self, origin: str) -> None:
        """Record that ``origin`` gave an answer."""
        self._states.pop(origin, None)

    def failed(self, origin: str, asked: float | None = None, *, unanswered: bool = False) -> None:
        """Record that ``origin`` failed, gave no answer, or ``asked`` us to wait so many seconds.

        The wait holds for all requests to it (RFC 9110 §10.2.3): FCM's quotas, for one, belong to a
        project, not to a device.
        """
        state = self._states.setdefault(origin, _State())
        self._states.move_to_end(origin)
        if len(self._states) > ORIGINS_MAX:
            self._states.popitem(last=False)
        now = self._clock()
        if state.until > now:
            return  # requests that were in flight when it tripped
        state.failures += UNANSWERED if unanswered else 1
        if state.failures < TRIP and not asked:
            return
        pause = delay(
            state.pauses + 1, first=PAUSE_MIN, last=PAUSE_MAX, jitter=self._jitter(), floor=0.5
        )
        state.until = now + max(pause, min(asked or 0.0, WAIT_MAX))
        state.pauses += 1
        state.failures = TRIP - PROBES

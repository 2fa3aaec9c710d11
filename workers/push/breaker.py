"""When a provider is away: stop asking it, look again after a while, and go on at once when it is
back. One server's absence is not another's, and not the fault of the devices behind it.
"""

from __future__ import annotations

import random
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

TRIP = 20
"""Failures in a row, of one server, that mean it is away."""
PROBES = 3
"""Failures that are enough once it was away: so many requests try whether it is back."""
PAUSE_MIN, PAUSE_MAX = 1.0, 15.0
"""Seconds between two looks, doubled and jittered; so late we notice at most that it is back."""
WAIT_MAX = 600.0
"""Seconds that a server may ask us to wait; more is not believed."""
ORIGINS_MAX = 4_096
"""Servers that are remembered; the longest unused is forgotten, and with it that it was away."""


@dataclass(slots=True)
class _State:
    failures: int = 0
    pauses: int = 0
    until: float = 0.0


class Breaker:
    """Of one provider, for all its servers. ``clock`` gives seconds that only grow."""

    def __init__(
        self, clock: Callable[[], float], jitter: Callable[[float, float], float] = random.uniform
    ) -> None:
        self._clock = clock
        self._jitter = jitter
        self._states: OrderedDict[str, _State] = OrderedDict()

    def wait(self, origin: str) -> float:
        """Return the seconds for which ``origin`` is not to be asked; 0.0 if it may be now."""
        state = self._states.get(origin)
        return 0.0 if state is None else max(0.0, state.until - self._clock())

    def away(self, origin: str) -> bool:
        """Tell whether ``origin`` failed so often that its devices are not to blame."""
        state = self._states.get(origin)
        return state is not None and state.pauses > 0

    def answered(self, origin: str) -> None:
        """Note that ``origin`` gave an answer of its own."""
        self._states.pop(origin, None)

    def failed(self, origin: str, asked: float | None = None) -> None:
        """Note that ``origin`` failed, or ``asked`` us to wait so many seconds: then all of us do.

        RFC 9110 §10.2.3, and FCM's quotas are of a project, not of a device.
        """
        state = self._states.setdefault(origin, _State())
        self._states.move_to_end(origin)
        if len(self._states) > ORIGINS_MAX:
            self._states.popitem(last=False)
        now = self._clock()
        if state.until > now:
            return  # requests that were under way when it tripped
        state.failures += 1
        if state.failures < TRIP and not asked:
            return
        longest = min(PAUSE_MAX, PAUSE_MIN * 2.0 ** min(state.pauses, 16))
        pause = self._jitter(longest / 2, longest)
        state.until = now + max(pause, min(asked or 0.0, WAIT_MAX))
        state.pauses += 1
        state.failures = TRIP - PROBES

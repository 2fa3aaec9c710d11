"""The waits of a client between attempts: full jitter, bounded, reset by success that lasts.

``domain.backoff`` computes the delay after a number of failures, for all of Ticker. This class
counts a client's failures, and knows what else decides when a client comes back: a welcome that
lasted, a goodbye, and a time that the server asked for.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable

from ticker.domain.backoff import delay

SETTLED = 5.0
"""Seconds that a connection must live after its welcome to count as a success. A server that
welcomes and drops in a loop would otherwise get its clients back at the smallest wait for ever."""
FIRST_CEILING = 0.5
LAST_CEILING = 30.0
LONGEST_ORDER = 60.0
"""Seconds; a server that asks for more (``goodbye``, ``Retry-After``) is asked again after this."""


EXPECTED_ATTEMPTS = 60
"""Attempts while a server that said goodbye is expected back; after them the waits double."""


class Backoff:
    """Delays in seconds. Not shared between connections."""

    def __init__(
        self,
        first: float = FIRST_CEILING,
        last: float = LAST_CEILING,
        draw: Callable[[], float] = random.random,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """Let the ceiling grow from ``first`` to ``last``; ``draw`` returns numbers in [0, 1).

        ``now`` returns seconds that never go back.
        """
        self._first = first
        self._last = last
        self._draw = draw
        self._now = now
        self._welcomed: float | None = None
        self._expected = 0
        self._within = 0.0
        self.failures = 0

    def welcomed(self) -> None:
        """Start over, if the next failure is ``SETTLED`` seconds away or more."""
        self._expected = 0
        if self._welcomed is None:
            self._welcomed = self._now()

    def expect(self, within: float) -> None:
        """Wait up to ``within`` seconds before each of the next ``EXPECTED_ATTEMPTS`` attempts.

        The server was stopped on purpose, and another one takes its place.
        """
        self._expected = EXPECTED_ATTEMPTS
        self._within = min(max(within, 0.0), LAST_CEILING)

    def failed(self, ordered: float | None = None) -> float:
        """Count a failure and return how many seconds to wait.

        ``ordered`` is what the server asked for. It is obeyed as it is (the server has spread its
        clients already), up to ``LONGEST_ORDER``.
        """
        if self._welcomed is not None and self._now() - self._welcomed >= SETTLED:
            self.failures = 0
        self._welcomed = None
        self.failures += 1
        if ordered is not None:
            return min(max(ordered, 0.0), LONGEST_ORDER)
        if self._expected:
            self._expected -= 1
            self.failures = 0  # none of them says that a server is overloaded
            return self._within * self._draw()
        return delay(self.failures, first=self._first, last=self._last, jitter=self._draw())

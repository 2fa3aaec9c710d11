"""Event loop lag: how late a timer fires, which is how long every reader's event would wait."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Iterable

from ticker.telemetry.families import Family, Histogram, histogram

INTERVAL = 0.5
"""Seconds between two measurements. A stall that is shorter may be missed, but more of
them keep an idle process awake."""


class LoopLag:
    """Measures the lag of the running loop while ``run`` is entered."""

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, interval: float = INTERVAL
    ) -> None:
        """``clock`` is monotonic seconds; ``interval`` is seconds between two measurements."""
        self.lag = Histogram()
        self._clock = clock
        self._interval = interval

    def metrics(self) -> Iterable[Family]:
        """Return the histogram."""
        text = "Seconds by which a timer of the event loop was late, measured twice a second."
        yield histogram("event_loop_lag_seconds", text, self.lag)

    @contextlib.asynccontextmanager
    async def run(self) -> AsyncIterator[LoopLag]:
        """Measure until the block ends."""
        loop = asyncio.get_running_loop()
        handle: asyncio.TimerHandle

        def measure(due: float) -> None:
            nonlocal handle
            now = self._clock()
            self.lag.observe(max(0.0, now - due))
            handle = loop.call_later(self._interval, measure, now + self._interval)

        handle = loop.call_later(self._interval, measure, self._clock() + self._interval)
        try:
            yield self
        finally:
            handle.cancel()

"""Event loop lag: how late a timer fires, which is how long every reader's event would wait."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Iterable

from ticker.telemetry.families import Family, Histogram, histogram

INTERVAL = 0.1
"""Seconds between two measurements. A stall that is shorter may be missed."""


class LoopLag:
    """Measures the lag of the running loop while ``run`` is entered."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """``clock`` is monotonic seconds."""
        self.lag = Histogram()
        self._clock = clock

    def metrics(self) -> Iterable[Family]:
        """Return the histogram."""
        text = "Seconds by which a timer of the event loop was late, measured ten times a second."
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
            handle = loop.call_later(INTERVAL, measure, now + INTERVAL)

        handle = loop.call_later(INTERVAL, measure, self._clock() + INTERVAL)
        try:
            yield self
        finally:
            handle.cancel()

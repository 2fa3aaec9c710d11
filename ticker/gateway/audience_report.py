"""Reports of this process's audience: one small write to Redis a second at most."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable

from ticker.domain.audience import Audience
from ticker.domain.errors import TickerError

EVERY = 1.0
"""Seconds between two reports that differ."""
REPEAT = 3.0
"""Seconds after which a report is repeated although nothing has changed: an old one is stale."""

log = logging.getLogger(__name__)


class AudienceReport:
    """Reports ``counts`` while it runs. Without Redis it drops a report; the next one is whole."""

    def __init__(
        self,
        process: str,
        counts: Callable[[], Audience],
        report: Callable[[str, Audience], Awaitable[None]],
        clock: Callable[[], float],
        remove: Callable[[str], Awaitable[None]],
    ) -> None:
        """``process`` names this process in the store; ``clock`` is monotonic seconds.

        ``remove`` takes its report back.
        """
        self._counts = counts
        self._report = report
        self._clock = clock
        self._remove = remove
        self._process = process
        self._last: tuple[Audience, float] | None = None
        self._failing = False

    async def run(self) -> None:
        """Report until cancelled, and then take this process off."""
        try:
            while True:
                await asyncio.sleep(EVERY)
                await self.step()
        finally:
            with contextlib.suppress(TickerError):  # then its last report counts until it is stale
                await self._remove(self._process)

    async def step(self) -> None:
        """Report if the counts have changed, or if the last report is old."""
        counts, now = self._counts(), self._clock()
        if self._last is not None and self._last[0] == counts and now - self._last[1] < REPEAT:
            return
        try:
            await self._report(self._process, counts)
        except TickerError as error:
            if not self._failing:
                log.warning("the audience cannot be reported: %s", error)
            self._failing = True
            return
        self._failing = False
        self._last = counts, now

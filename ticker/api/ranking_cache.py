"""What is read most, as this process last heard: one question to Redis for all who ask here.

Asked only while somebody asks, at most once in ``FRESH`` seconds and once at a time for a window.
While Redis is away the last known ranking stands, for a time, and then an empty one.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
from collections.abc import AsyncIterator, Callable, Container, Mapping, Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import NamedTuple, Protocol

from ticker.domain.errors import Unavailable
from ticker.readership.scores import WINDOWS, Window

log = logging.getLogger(__name__)

FRESH = 5.0
"""Seconds for which a ranking is given without asking again."""
STALE = 30.0
"""Seconds after which one rather waits for a new ranking, at most ``PATIENCE``."""
PATIENCE = 1.0
KNOWN = 600.0
"""Seconds for which the last ranking stands while Redis is away."""
RANKED = 1_000
"""Items of a ranking that are looked at."""


class RankingStore(Protocol):
    """The store of rankings. Methods raise Unavailable."""

    async def best(self, window: Window, limit: int) -> list[str]:
        """Return the ids of up to ``limit`` items, best first."""

    async def totals(self, ids: Sequence[str]) -> list[tuple[int, int]]:
        """Return opens and shares of each item."""


class Ranked(NamedTuple):
    """One item and how often it was opened and shared since it came out."""

    id: str
    opens: int
    shares: int


@dataclass(frozen=True, slots=True)
class Ranking:
    """Items, best first. ``number`` is another one for every ranking of this process."""

    number: int = 0
    items: tuple[Ranked, ...] = ()


EMPTY = Ranking()


@dataclass(slots=True)
class _Chart:
    ranking: Ranking = EMPTY
    read_at: float = -math.inf
    tried_at: float = -math.inf
    task: asyncio.Task[None] | None = field(default=None)


class RankingCache:
    """The rankings of every window."""

    def __init__(self, store: RankingStore, clock: Callable[[], float] = monotonic) -> None:
        self._store = store
        self._clock = clock
        self._charts: dict[Window, _Chart] = {window: _Chart() for window in WINDOWS}
        self._number = 0
        self._failures = 0

    async def ranking(self, window: Window, out: Container[str]) -> Ranking:
        """Return the ranking of ``window``. ``out`` tells what is out: other items are left out.

        Some may have gone since; look again. Does not raise when Redis is away.
        """
        chart = self._charts[window]
        now = self._clock()
        if chart.task is None and now - max(chart.read_at, chart.tried_at) >= FRESH:
            chart.tried_at = now
            chart.task = asyncio.create_task(self._read(window, chart, out))
        if chart.task is not None and now - chart.read_at >= STALE:
            await asyncio.wait([chart.task], timeout=PATIENCE)
        return chart.ranking if self._clock() - chart.read_at < KNOWN else EMPTY

    @contextlib.asynccontextmanager
    async def run(self) -> AsyncIterator[RankingCache]:
        """End what is being asked when the block ends."""
        try:
            yield self
        finally:
            tasks = [chart.task for chart in self._charts.values() if chart.task is not None]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def metrics(self) -> Mapping[str, float]:
        """Return samples by metric name."""
        return {"rankings_total": self._number, "ranking_failures_total": self._failures}

    async def _read(self, window: Window, chart: _Chart, out: Container[str]) -> None:
        try:
            best = await self._store.best(window, RANKED)
            ids = [id for id in best if id in out]
            totals = await self._store.totals(ids)
        except Unavailable as error:
            self._failures += 1
            log.info("the last known ranking stands: %s", error.detail)
        except Exception:  # a bug here must not take the page's other parts with it
            self._failures += 1
            log.exception("a ranking could not be read")
        else:
            self._number += 1
            items = tuple(Ranked(id, *counts) for id, counts in zip(ids, totals, strict=True))
            chart.ranking = Ranking(self._number, items)
            chart.read_at = self._clock()
        finally:
            chart.task = None

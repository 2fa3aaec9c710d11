"""Cache the most-read rankings: one Redis query for all clients of this process.

A ranking is queried only on request, at most once in ``FRESH`` seconds, and by one task at a time
for each window. While Redis is unavailable the last ranking is served for ``KEEP`` seconds, then an
empty one.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
from collections.abc import AsyncIterator, Callable, Container, Iterable, Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import NamedTuple, Protocol

from ticker.domain.errors import Unavailable
from ticker.readership.scores import WINDOWS, Window
from ticker.telemetry.families import Family, counter

log = logging.getLogger(__name__)

FRESH = 5.0
"""Seconds for which a ranking is served without a new query."""
STALE = 30.0
"""Seconds after which a request waits for the new ranking, at most ``STALE_WAIT``."""
STALE_WAIT = 1.0
KEEP = 600.0
"""Seconds for which the last ranking is served while Redis is unavailable."""
QUERY_ITEMS = 1_000
"""Items of a ranking that are queried; the live ones among them are kept."""


class RankingStore(Protocol):
    """The store of rankings. Methods raise Unavailable."""

    async def best(self, window: Window, limit: int) -> list[str]:
        """Return the ids of up to ``limit`` items, best first."""

    async def totals(self, ids: Sequence[str]) -> list[tuple[int, int]]:
        """Return opens and shares of each item."""


class RankedItem(NamedTuple):
    """An item's id, and its opens and shares since it was published."""

    id: str
    opens: int
    shares: int


@dataclass(frozen=True, slots=True)
class Ranking:
    """Items, best first. ``number`` is unique among the rankings of this process."""

    number: int = 0
    items: tuple[RankedItem, ...] = ()


EMPTY = Ranking()


@dataclass(slots=True)
class _Entry:
    ranking: Ranking = EMPTY
    read_at: float = -math.inf
    tried_at: float = -math.inf
    task: asyncio.Task[None] | None = field(default=None)


class RankingCache:
    """The newest ranking of each window. ``clock`` is monotonic seconds."""

    def __init__(self, store: RankingStore, clock: Callable[[], float] = monotonic) -> None:
        self._store = store
        self._clock = clock
        self._entries: dict[Window, _Entry] = {window: _Entry() for window in WINDOWS}
        self.queries = 0
        self.failures = 0

    async def ranking(self, window: Window, live: Container[str]) -> Ranking:
        """Return the ranking of ``window``, reduced to the ids in ``live``. Does not raise.

        Items may have been retracted since it was queried: check each before you show it.
        """
        entry = self._entries[window]
        now = self._clock()
        if entry.task is None and now - max(entry.read_at, entry.tried_at) >= FRESH:
            entry.tried_at = now
            entry.task = asyncio.create_task(self._read(window, entry, live))
        if entry.task is not None and now - entry.read_at >= STALE:
            await asyncio.wait([entry.task], timeout=STALE_WAIT)
        return entry.ranking if self._clock() - entry.read_at < KEEP else EMPTY

    @contextlib.asynccontextmanager
    async def run(self) -> AsyncIterator[RankingCache]:
        """Cancel the running queries when the block ends."""
        try:
            yield self
        finally:
            tasks = [entry.task for entry in self._entries.values() if entry.task is not None]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def metrics(self) -> Iterable[Family]:
        """Return the totals of queries."""
        yield counter("ranking_queries_total", "Queries of a most-read ranking.", self.queries)
        yield counter(
            "ranking_query_failures_total", "Failed queries of a most-read ranking.", self.failures
        )

    async def _read(self, window: Window, entry: _Entry, live: Container[str]) -> None:
        try:
            best = await self._store.best(window, QUERY_ITEMS)
            ids = [id for id in best if id in live]
            totals = await self._store.totals(ids)
        except Unavailable as error:
            self.failures += 1
            log.info("serving the last ranking, the store is unavailable: %s", error.detail)
        except Exception:  # a bug here must not break the other parts of the page
            self.failures += 1
            log.exception("a ranking could not be read")
        else:
            self.queries += 1
            items = tuple(RankedItem(id, *counts) for id, counts in zip(ids, totals, strict=True))
            entry.ranking = Ranking(self.queries, items)
            entry.read_at = self._clock()
        finally:
            entry.task = None

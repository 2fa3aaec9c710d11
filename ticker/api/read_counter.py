"""Count the reads that pages report: deduplicate at once, add up in memory, write once a second.

No request waits for Redis. While Redis is unavailable, counts add up within their bound and keep
decaying. A batch that was sent and not acknowledged is sent again under its number, so nothing
counts twice.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import secrets
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from time import monotonic
from typing import Literal, Protocol

from ticker.domain.errors import Unavailable
from ticker.readership.dedup import ReadDeduplicator
from ticker.readership.scores import Batch, Counted, Kind, Tally
from ticker.readership.store import BATCH_MAX
from ticker.telemetry.families import Family, counter, gauge

log = logging.getLogger(__name__)

FLUSH_INTERVAL = 1.0
"""Seconds between two writes."""
LAST_FLUSH_TIMEOUT = 2.0
"""Seconds that the last write of a stopping process may take."""


class ReadStore(Protocol):
    """The store of read counts. Raises Unavailable."""

    async def add(self, process: str, batches: Sequence[Batch]) -> None:
        """Add the counts of ``process``, each batch once however often it is sent."""


class ReadCounter:
    """Count the reads reported to this process; ``run`` writes them to the store.

    At most ``TALLY_MAX`` items are pending, and as many again were sent and not acknowledged.
    """

    def __init__(
        self,
        store: ReadStore,
        clock: Callable[[], float] = monotonic,
        deduplicator: ReadDeduplicator | None = None,
        tally: Tally | None = None,
    ) -> None:
        """``clock`` is monotonic seconds."""
        self._store = store
        self._clock = clock
        if deduplicator is None:
            deduplicator = ReadDeduplicator(lambda: os.urandom(32))
        self._deduplicator = deduplicator
        self._tally = Tally() if tally is None else tally
        self._process = secrets.token_hex(8)
        self._number = 0
        self._sent: list[Batch] = []
        self._failing = False
        self._outcomes = dict.fromkeys(
            ("counted", "repeated", "rate_limited", "capped", "dropped", "unknown", "opted_out"), 0
        )
        self._writes = 0
        self.failures = 0
        """Writes that failed."""

    def count(self, client: str, id: str, kind: Kind) -> None:
        """Count a read of a live item unless it is a repeat. ``client`` is an IP address."""
        now = self._clock()
        outcome: str = self._deduplicator.admit(client, id, kind, now)
        if outcome == "counted" and not self._tally.add(id, kind, now):
            outcome = "dropped"
        self._outcomes[outcome] += 1

    def ignore(self, reason: Literal["unknown", "opted_out"]) -> None:
        """Record a report that does not count: an item that is not live, or ``Sec-GPC: 1``."""
        self._outcomes[reason] += 1

    async def flush(self) -> bool:
        """Write the pending counts. Return False if they stay pending. Does not raise."""
        now = self._clock()
        if not self._sent:
            self._sent = [self._batch(counts, now) for counts in _split(self._tally.take(now))]
        if not self._sent:
            return True
        try:
            await self._store.add(self._process, [batch.aged(now) for batch in self._sent])
        except Unavailable as error:
            self.failures += 1
            if not self._failing:
                log.warning("read counts are pending, the store is unavailable: %s", error.detail)
            self._failing = True
            return False
        except Exception:  # a bug: drop what was sent, or it would fail every later write too
            log.exception("read counts could not be written and are lost")
            self.failures += 1
            self._sent = []
            return False
        self._failing = False
        self._writes += 1
        self._sent = []
        return True

    @contextlib.asynccontextmanager
    async def run(self) -> AsyncIterator[ReadCounter]:
        """Write every ``FLUSH_INTERVAL`` seconds until the block ends, and then once more."""
        task = asyncio.create_task(self._keep_writing())
        try:
            yield self
        finally:
            task.cancel()
            await asyncio.wait([task])
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LAST_FLUSH_TIMEOUT):
                    while self.pending and await self.flush():
                        pass

    @property
    def pending(self) -> int:
        """Return the number of items whose counts are not written yet."""
        return len(self._tally) + sum(len(batch.counts) for batch in self._sent)

    @property
    def outcomes(self) -> Mapping[str, int]:
        """Return how many reports had each outcome."""
        return self._outcomes

    def metrics(self) -> Iterable[Family]:
        """Return what was counted."""
        yield counter(
            "reads_reported_total", "Reads reported by pages, by outcome.", self.outcomes, "outcome"
        )
        yield gauge(
            "reads_pending_items", "Items whose read counts are not written yet.", self.pending
        )
        yield counter("reads_writes_total", "Writes of read counts.", self._writes)
        yield counter(
            "reads_write_failures_total",
            "Failed writes of read counts; they are retried.",
            self.failures,
        )

    async def _keep_writing(self) -> None:
        while True:
            await asyncio.sleep(FLUSH_INTERVAL)
            await self.flush()

    def _batch(self, counts: tuple[Counted, ...], now: float) -> Batch:
        self._number += 1
        return Batch(self._number, now, counts)


def _split(counts: list[Counted]) -> list[tuple[Counted, ...]]:
    return [tuple(counts[start : start + BATCH_MAX]) for start in range(0, len(counts), BATCH_MAX)]

"""Reads that readers' pages report: judged at once, added up here, written once a second.

No request waits for Redis. While Redis is away counts add up within their bound and keep decaying;
what was sent and not acknowledged is sent again under its number, so that nothing counts twice.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import secrets
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from time import monotonic
from typing import Literal, Protocol

from ticker.domain.errors import Unavailable
from ticker.readership.dedup import ReadDeduplicator
from ticker.readership.scores import Batch, Counted, Kind, Tally
from ticker.readership.store import BATCH_MAX

log = logging.getLogger(__name__)

FLUSH_EVERY = 1.0
"""Seconds between two writes."""
LAST_FLUSH = 2.0
"""Seconds that the last write of a stopping process may take."""


class ReadStore(Protocol):
    """The store of read counts. Raises Unavailable."""

    async def add(self, process: str, batches: Sequence[Batch]) -> None:
        """Add the counts of ``process``, each batch once however often it is sent."""


class ReadCounter:
    """Counts the reads that this process hears of. ``run`` writes them as long as it lasts.

    Waiting are at most ``TALLY_MAX`` items, and as many again that were sent without an answer.
    """

    def __init__(
        self,
        store: ReadStore,
        clock: Callable[[], float] = monotonic,
        gate: ReadDeduplicator | None = None,
        tally: Tally | None = None,
    ) -> None:
        self._store = store
        self._clock = clock
        self._gate = ReadDeduplicator(lambda: os.urandom(32)) if gate is None else gate
        self._tally = Tally() if tally is None else tally
        self._process = secrets.token_hex(8)
        self._number = 0
        self._sent: list[Batch] = []
        self._failing = False
        self._outcomes = dict.fromkeys(
            ("counted", "repeated", "flooding", "ceiling", "dropped", "unknown", "opted_out"), 0
        )
        self._writes = 0
        self._failures = 0

    def count(self, client: str, id: str, kind: Kind) -> None:
        """Count a read of an item that is out, if it counts. ``client`` is an IP address."""
        now = self._clock()
        outcome: str = self._gate.admit(client, id, kind, now)
        if outcome == "counted" and not self._tally.add(id, kind, now):
            outcome = "dropped"
        self._outcomes[outcome] += 1

    def ignore(self, reason: Literal["unknown", "opted_out"]) -> None:
        """Record a report that does not count: an item that is not live, or ``Sec-GPC: 1``."""
        self._outcomes[reason] += 1

    async def flush(self) -> bool:
        """Write what waits. Return False if Redis is away; then it waits on. Does not raise."""
        now = self._clock()
        if not self._sent:
            self._sent = [self._batch(some, now) for some in _cut(self._tally.take(now))]
        if not self._sent:
            return True
        try:
            await self._store.add(self._process, [batch.aged(now) for batch in self._sent])
        except Unavailable as error:
            self._failures += 1
            if not self._failing:
                log.warning("reads wait to be written: %s", error.detail)
            self._failing = True
            return False
        except Exception:  # a bug: what was sent is given up, so that it ends no later write
            log.exception("reads could not be written and are lost")
            self._failures += 1
            self._sent = []
            return False
        self._failing = False
        self._writes += 1
        self._sent = []
        return True

    @contextlib.asynccontextmanager
    async def run(self) -> AsyncIterator[ReadCounter]:
        """Write every ``FLUSH_EVERY`` seconds until the block ends, and then once more."""
        task = asyncio.create_task(self._keep_writing())
        try:
            yield self
        finally:
            task.cancel()
            await asyncio.wait([task])
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LAST_FLUSH):
                    while self.waiting and await self.flush():
                        pass

    @property
    def waiting(self) -> int:
        """Return how many items' counts are not written yet."""
        return len(self._tally) + sum(len(batch.counts) for batch in self._sent)

    def metrics(self) -> Mapping[str, float]:
        """Return samples by metric name, labels included."""
        reports = {
            f'beacons_total{{outcome="{name}"}}': float(count)
            for name, count in self._outcomes.items()
        }
        return reports | {
            "reads_waiting": self.waiting,
            "reads_writes_total": self._writes,
            "reads_write_failures_total": self._failures,
        }

    async def _keep_writing(self) -> None:
        while True:
            await asyncio.sleep(FLUSH_EVERY)
            await self.flush()

    def _batch(self, counts: tuple[Counted, ...], now: float) -> Batch:
        self._number += 1
        return Batch(self._number, now, counts)


def _cut(counts: list[Counted]) -> list[tuple[Counted, ...]]:
    return [tuple(counts[start : start + BATCH_MAX]) for start in range(0, len(counts), BATCH_MAX)]

"""The bridges' figures for ``/metrics``, as this process last heard of them.

Workers count in Redis, for they come and go. A scrape must not wait for Redis, so a task asks it
every few seconds, once at a time, in one round trip. What is too old is not given any more: a lane
that stopped meanwhile would be said to run.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from time import monotonic
from typing import Protocol

from ticker.domain.errors import Unavailable
from ticker.push.model.provider_health import ProviderState
from ticker.push.model.receipts import COUNTS
from ticker.push.store.metrics import Figures

log = logging.getLogger(__name__)

EVERY = 5.0
"""Seconds between two questions."""
KNOWN = 60.0
"""Seconds for which the last figures stand while Redis is away."""
WEBHOOKS = ("delivered", "retried", "failed", "skipped")


class FigureStore(Protocol):
    """Where the figures are."""

    async def figures(self) -> Figures:
        """Return those of now. Raises Unavailable."""


class MetricsPoller:
    """The newest figures. ``run`` asks for them as long as it lasts."""

    def __init__(self, store: FigureStore, clock: Callable[[], float] = monotonic) -> None:
        self._store = store
        self._clock = clock
        self._figures: Figures | None = None
        self._read_at = 0.0
        self._failing = False

    async def refresh(self) -> bool:
        """Ask now; return whether there was an answer. Does not raise."""
        asked_at = self._clock()
        try:
            self._figures = await self._store.figures()
        except Unavailable as error:
            if not self._failing:
                log.warning("the bridges' figures stand still: %s", error.detail)
            self._failing = True
            return False
        except Exception:  # a bug here must end neither the task nor the other figures
            log.exception("the bridges' figures could not be read")
            return False
        self._failing = False
        self._read_at = asked_at
        return True

    @contextlib.asynccontextmanager
    async def run(self) -> AsyncIterator[MetricsPoller]:
        """Ask every ``EVERY`` seconds until the block ends."""
        task = asyncio.create_task(self._keep_asking())
        try:
            yield self
        finally:
            task.cancel()
            await asyncio.wait([task])

    def metrics(self) -> Mapping[str, float]:
        """Return samples by metric name, labels included."""
        if self._figures is None:
            return {"push_figures_age_seconds": -1.0}
        age = self._clock() - self._read_at
        found = {"push_figures_age_seconds": age}
        return found if age >= KNOWN else found | _samples(self._figures, age)

    async def _keep_asking(self) -> None:
        while True:
            await self.refresh()
            await asyncio.sleep(EVERY)


def _samples(figures: Figures, age: float) -> dict[str, float]:
    samples: dict[str, float] = {
        "push_jobs": figures.jobs,
        "push_oldest_job_seconds": 0.0,
    }
    if figures.oldest_ms is not None:
        waited = max(0, figures.now_ms - figures.oldest_ms) / 1000
        samples["push_oldest_job_seconds"] = waited + age
    for outcome in WEBHOOKS:
        samples[f'webhooks_total{{outcome="{outcome}"}}'] = figures.webhooks.get(outcome, 0)
    for lane in figures.lanes:
        for outcome in COUNTS:
            name = f'push_outcomes_total{{provider="{lane.provider}",outcome="{outcome}"}}'
            samples[name] = figures.outcomes.get((lane.provider, outcome), 0)
        samples |= _of_lane(lane, age)
    return samples


def _of_lane(lane: ProviderState, age: float) -> dict[str, float]:
    which = f'{{provider="{lane.provider}"}}'
    samples: dict[str, float] = {
        f"push_stopped{which}": lane.stop_reason is not None,
        f"push_subscriptions{which}": lane.subscriptions,
        f"push_quarantined{which}": lane.quarantined,
    }
    if lane.dry_run_age is not None:
        samples[f"push_dry_run_age_seconds{which}"] = lane.dry_run_age + age
    if lane.newest.last_after is not None:
        samples[f"push_last_acceptance_seconds{which}"] = lane.newest.last_after
    return samples

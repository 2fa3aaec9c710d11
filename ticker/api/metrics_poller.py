"""Push and webhook metrics for ``/metrics``, read from Redis in the background.

Workers count in Redis, because they come and go. A scrape must not wait for Redis, so a task reads
the metrics every few seconds, one read at a time, in one round trip. Metrics older than ``MAX_AGE``
are withheld: otherwise a provider that was stopped meanwhile would be reported as running.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from time import monotonic
from typing import Protocol

from ticker.domain.errors import Unavailable
from ticker.push.model.provider_state import ProviderState
from ticker.push.model.receipts import COUNTS
from ticker.push.store.metrics import PushMetrics

log = logging.getLogger(__name__)

POLL_INTERVAL = 5.0
"""Seconds between two reads."""
MAX_AGE = 60.0
"""Seconds for which the last metrics are given while Redis is away."""
WEBHOOK_OUTCOMES = ("delivered", "retried", "failed", "skipped")


class MetricsSource(Protocol):
    """The store that the metrics are read from."""

    async def metrics(self) -> PushMetrics:
        """Return the current metrics. Raises Unavailable."""


class MetricsPoller:
    """The last metrics read. ``run`` keeps them current."""

    def __init__(self, source: MetricsSource, clock: Callable[[], float] = monotonic) -> None:
        self._source = source
        self._clock = clock
        self._metrics: PushMetrics | None = None
        self._read_at = 0.0
        self._failing = False

    async def refresh(self) -> bool:
        """Read the metrics now; return whether that succeeded. Raises nothing."""
        asked_at = self._clock()
        try:
            self._metrics = await self._source.metrics()
        except Unavailable as error:
            if not self._failing:
                log.warning("push metrics: cannot be read, retrying: %s", error.detail)
            self._failing = True
            return False
        except Exception:  # a bug here must end neither the task nor the other metrics
            log.exception("push metrics: reading failed")
            return False
        self._failing = False
        self._read_at = asked_at
        return True

    @contextlib.asynccontextmanager
    async def run(self) -> AsyncIterator[MetricsPoller]:
        """Read the metrics every ``POLL_INTERVAL`` seconds until the block ends."""
        task = asyncio.create_task(self._poll())
        try:
            yield self
        finally:
            task.cancel()
            await asyncio.wait([task])

    def metrics(self) -> Mapping[str, float]:
        """Return samples by metric name, labels included."""
        if self._metrics is None:
            return {"push_metrics_age_seconds": -1.0}
        age = self._clock() - self._read_at
        found = {"push_metrics_age_seconds": age}
        return found if age >= MAX_AGE else found | _samples(self._metrics, age)

    async def _poll(self) -> None:
        while True:
            await self.refresh()
            await asyncio.sleep(POLL_INTERVAL)


def _samples(metrics: PushMetrics, age: float) -> dict[str, float]:
    samples: dict[str, float] = {"push_jobs": metrics.jobs, "push_oldest_job_age_seconds": 0.0}
    if metrics.oldest_ms is not None:
        waited = max(0, metrics.now_ms - metrics.oldest_ms) / 1000
        samples["push_oldest_job_age_seconds"] = waited + age
    for outcome in WEBHOOK_OUTCOMES:
        name = f'webhook_deliveries_total{{outcome="{outcome}"}}'
        samples[name] = metrics.webhooks.get(outcome, 0)
    for state in metrics.providers:
        for outcome in COUNTS:
            name = f'push_notifications_total{{provider="{state.provider}",outcome="{outcome}"}}'
            samples[name] = metrics.outcomes.get((state.provider, outcome), 0)
        samples |= _provider_samples(state, age)
    return samples


def _provider_samples(state: ProviderState, age: float) -> dict[str, float]:
    labels = f'{{provider="{state.provider}"}}'
    samples: dict[str, float] = {
        f"push_provider_stopped{labels}": state.stop_reason is not None,
        f"push_subscriptions{labels}": state.subscriptions,
        f"push_quarantined_subscriptions{labels}": state.quarantined,
    }
    if state.dry_run_age is not None:
        samples[f"push_dry_run_age_seconds{labels}"] = state.dry_run_age + age
    if state.newest.last_after is not None:
        samples[f"push_last_alert_duration_seconds{labels}"] = state.newest.last_after
    return samples

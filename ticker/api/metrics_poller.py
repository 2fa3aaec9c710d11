"""Push and webhook metrics, read from Redis in the background.

Workers count in Redis, because they come and go. A scrape must not wait for Redis, so a task reads
the metrics every few seconds, one read at a time, in one round trip. Metrics older than ``MAX_AGE``
are withheld: otherwise a provider that was stopped meanwhile would be reported as running.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable, Iterable
from time import monotonic
from typing import Protocol

from ticker.domain.errors import Unavailable
from ticker.push.model.provider_state import ProviderState
from ticker.push.model.receipts import COUNTS
from ticker.push.store.metrics import PushMetrics
from ticker.telemetry.families import Family, counter, gauge

log = logging.getLogger(__name__)

POLL_INTERVAL = 5.0
"""Seconds between two reads."""
MAX_AGE = 60.0
"""Seconds for which the last metrics are given while Redis is away."""
WEBHOOK_OUTCOMES = ("delivered", "retried", "failed", "skipped")


class PushMetricsSource(Protocol):
    """The store that the metrics are read from."""

    async def metrics(self) -> PushMetrics:
        """Return the current metrics. Raises Unavailable."""


class MetricsPoller:
    """The last metrics read. ``run`` keeps them current."""

    def __init__(
        self,
        source: PushMetricsSource,
        subscriptions_max: int,
        bytes_max: int,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        """``subscriptions_max`` and ``bytes_max`` are the bounds of one provider."""
        self._source = source
        self._subscriptions_max = subscriptions_max
        self._bytes_max = bytes_max
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

    def metrics(self) -> Iterable[Family]:
        """Return the metrics last read, if they are not too old, and their age."""
        yield gauge(
            "push_subscriptions_max",
            "Subscriptions of one provider that this process accepts at most.",
            self._subscriptions_max,
        )
        yield gauge(
            "push_subscription_bytes_max",
            "Memory in Redis that the subscriptions of one provider may take at most.",
            self._bytes_max,
        )
        if self._metrics is None:
            yield _age(-1.0)
            return
        age = self._clock() - self._read_at
        yield _age(age)
        if age < MAX_AGE:
            yield from _families(self._metrics, age)

    async def _poll(self) -> None:
        while True:
            await self.refresh()
            await asyncio.sleep(POLL_INTERVAL)


def _age(seconds: float) -> Family:
    text = "Seconds since the push metrics were read; -1 before that."
    return gauge("push_metrics_age_seconds", text, seconds)


def _families(metrics: PushMetrics, age: float) -> Iterable[Family]:
    waited = 0.0
    if metrics.oldest_ms is not None:
        waited = max(0, metrics.now_ms - metrics.oldest_ms) / 1000 + age
    yield gauge("push_jobs", "Shards that are being sent or are queued.", metrics.jobs)
    yield gauge(
        "push_oldest_job_age_seconds",
        "Seconds since the oldest of their events was published.",
        waited,
    )
    yield counter(
        "webhook_deliveries_total",
        "Webhook deliveries by outcome.",
        {outcome: metrics.webhooks.get(outcome, 0) for outcome in WEBHOOK_OUTCOMES},
        "outcome",
    )
    yield counter(
        "push_notifications_total",
        "Notifications by provider and outcome.",
        {
            (state.provider, outcome): metrics.outcomes.get((state.provider, outcome), 0)
            for state in metrics.providers
            for outcome in COUNTS
        },
        "provider",
        "outcome",
    )
    for name, text, value in _PROVIDER_GAUGES:
        found = {state.provider: value(state, age) for state in metrics.providers}
        known = {provider: number for provider, number in found.items() if number is not None}
        yield gauge(name, text, known, "provider")


def _dry_run_age(state: ProviderState, age: float) -> float | None:
    return None if state.dry_run_age is None else state.dry_run_age + age


_PROVIDER_GAUGES: tuple[tuple[str, str, Callable[[ProviderState, float], float | None]], ...] = (
    (
        "push_provider_stopped",
        "1 while the provider is stopped: it refuses credentials or set-up.",
        lambda state, age: float(state.stop_reason is not None),
    ),
    (
        "push_subscriptions",
        "Registered browsers and devices.",
        lambda state, age: state.subscriptions,
    ),
    (
        "push_subscription_bytes",
        "Memory in Redis that the subscriptions take, estimated.",
        lambda state, age: state.bytes,
    ),
    (
        "push_suspicious_servers",
        "Servers that call suspiciously many devices gone.",
        lambda state, age: len(state.suspicious),
    ),
    (
        "push_quarantined_subscriptions",
        "Quarantined subscriptions: their tokens do not fit.",
        lambda state, age: state.quarantined,
    ),
    (
        "push_dry_run_age_seconds",
        "Seconds since the last successful dry run, or since set-up.",
        _dry_run_age,
    ),
    (
        "push_last_alert_duration_seconds",
        "Newest alert: publication to the last acceptance.",
        lambda state, age: state.newest.last_after,
    ),
)
"""Name, meaning and value of what is known of each provider; None where nothing is."""

"""Routes for monitoring: ``/healthz``, ``/readyz`` and ``/metrics``."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from starlette.requests import Request
from starlette.responses import Response

from ticker.api import request_metrics
from ticker.api.live_items import ReadView
from ticker.api.monitoring_schemas import Alive, Readiness
from ticker.api.request_metrics import Family, RequestMetrics
from ticker.api.routing import Operation, json_response
from ticker.domain.health import HealthReport

REPORT_TTL = 0.5
"""Seconds for which a readiness report is reused, to limit the load on Redis."""

METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"

DESCRIPTIONS = {
    "ready": "1 if this process has loaded the lane and serves clients.",
    "connections": "Live connections.",
    "subscription_groups": "Distinct filters of the live connections, by transport.",
    "behind": "Clients that are paused or catching up.",
    "admission_queue": "Connections waiting for admission.",
    "waiting": "Clients whose cursor is ahead of this process.",
    "current_items": "Live items.",
    "window_events": "Events that can be replayed from memory.",
    "events_total": "Item events read from the lane.",
    "writes_total": "Writes to clients; one write may carry several events.",
    "encodes_total": "Frames encoded; each is shared by all clients with one filter and transport.",
    "connects_total": "Connections opened.",
    "resumes_total": "Connections that resumed from a cursor.",
    "snapshots_total": "Snapshots sent.",
    "resets_total": "Clients that were reset because their gap could not be replayed.",
    "pauses_total": "Times a client was paused because its send buffer was full.",
    "lagged_total": "Clients closed because they stayed paused too long.",
    "refused_total": "Connections and messages refused.",
    "tail_connected": "1 while the lane is being read.",
    "tail_reads_total": "Reads of the lane.",
    "tail_reconnects_total": "Lost connections to the lane.",
    "tail_unreadable_entries_total": "Lane entries that could not be parsed.",
    "tail_failures_total": "Unexpected failures of the tail; see the log.",
    "tail_heartbeat_age_seconds": "Seconds since the last lane heartbeat; -1 before the first.",
    "reads_reported_total": "Reads reported by pages, by outcome.",
    "reads_pending_items": "Items whose read counts are not written yet.",
    "reads_writes_total": "Writes of read counts.",
    "reads_write_failures_total": "Failed writes of read counts; they are retried.",
    "ranking_queries_total": "Queries of a most-read ranking.",
    "ranking_query_failures_total": "Failed queries of a most-read ranking.",
    "push_notifications_total": "Notifications by provider and outcome.",
    "push_provider_stopped": "1 while the provider is stopped: it refuses credentials or set-up.",
    "push_subscriptions": "Registered browsers and devices.",
    "push_quarantined_subscriptions": "Quarantined subscriptions: their tokens do not fit.",
    "push_jobs": "Shards that are being sent or are queued.",
    "push_oldest_job_age_seconds": "Seconds since the oldest of their events was published.",
    "push_dry_run_age_seconds": "Seconds since the last successful dry run, or since set-up.",
    "push_last_alert_duration_seconds": "Newest alert: publication to the last acceptance.",
    "push_metrics_age_seconds": "Seconds since the push metrics were read; -1 before that.",
    "webhook_deliveries_total": "Webhook deliveries by outcome.",
}
"""Help texts of metrics, without the prefix ``ticker_``. Others are described by their name."""


class HealthCheck(Protocol):
    """The readiness check: whether events travel through every hop to this process."""

    async def check(self) -> HealthReport:
        """Return the state of every hop now. Does not raise when one is down."""


class MetricsSource(Protocol):
    """A part of the process that has metrics."""

    def metrics(self) -> Mapping[str, float]:
        """Return samples by metric name, labels included: ``connections{transport="ws"}``."""


class MonitoringRoutes:
    """Handlers of health checks and metrics."""

    def __init__(
        self,
        read_view: ReadView,
        health: HealthCheck,
        request_metrics: RequestMetrics,
        sources: Sequence[MetricsSource],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """``sources`` add their samples to ``/metrics``; ``clock`` is monotonic seconds."""
        self._read_view = read_view
        self._health = health
        self._request_metrics = request_metrics
        self._sources = sources
        self._clock = clock
        self._report: tuple[float, HealthReport] | None = None
        self._check: asyncio.Task[HealthReport] | None = None

    def operations(self) -> list[Operation]:
        """Return the rows of the route table."""
        return [
            Operation(
                "GET",
                "/healthz",
                "alive",
                "Check that the process responds",
                self.alive,
                "Operators",
                text="Restart the process when this fails. `/readyz` checks that events arrive.",
                response=Alive,
            ),
            Operation(
                "GET",
                "/readyz",
                "ready",
                "Check that events travel to this process",
                self.ready,
                "Operators",
                text=(
                    "200 while the lane heartbeat arrives through every hop, otherwise 503 with "
                    "the same body, in which `silent` names the first hop that is down."
                ),
                response=Readiness,
            ),
            Operation(
                "GET",
                "/metrics",
                "metrics",
                "Metrics for Prometheus",
                self.metrics,
                "Operators",
                response_type=METRICS_TYPE,
            ),
        ]

    async def alive(self, request: Request) -> Response:
        """Handle ``GET /healthz``."""
        return json_response(b'{"status":"ok"}', headers={"cache-control": "no-store"})

    async def ready(self, request: Request) -> Response:
        """Handle ``GET /readyz``."""
        if self._report is None or self._clock() - self._report[0] >= REPORT_TTL:
            # One check at a time: while Redis hangs, each holds a connection that editors need.
            if self._check is None:
                self._check = asyncio.create_task(self._run_check())
            report = await asyncio.shield(self._check)
        else:
            report = self._report[1]
        headers = {"cache-control": "no-store"}
        if not report.ready:
            headers["retry-after"] = "1"
        body = {
            "ready": report.ready,
            "hops": {
                name: {"ok": hop.ok, "detail": hop.detail} for name, hop in report.hops.items()
            },
            "silent": report.silent,
            "durability": dict(report.durability),
        }
        return json_response(body, 200 if report.ready else 503, headers)

    async def _run_check(self) -> HealthReport:
        try:
            report = await self._health.check()
            self._report = (self._clock(), report)
            return report
        finally:
            self._check = None

    async def metrics(self, request: Request) -> Response:
        """Handle ``GET /metrics`` from memory."""
        samples = {"ready": float(self._read_view.ready)}
        for source in self._sources:
            samples.update(source.metrics())
        families = [
            *_process(),
            *request_metrics.from_samples(samples, DESCRIPTIONS),
            *self._request_metrics.families(),
        ]
        headers = {"content-type": METRICS_TYPE, "cache-control": "no-store"}
        return Response(request_metrics.render(families), headers=headers)


def _process() -> list[Family]:
    """Return the standard process metrics; memory only on Linux."""
    times = os.times()
    families = [
        Family(
            "process_cpu_seconds_total",
            "counter",
            "User and system CPU time in seconds.",
            (("process_cpu_seconds_total", round(times.user + times.system, 2)),),
        )
    ]
    try:
        with open("/proc/self/statm", "rb") as file:
            pages = int(file.read().split()[1])
    except OSError:
        return families
    resident = pages * os.sysconf("SC_PAGE_SIZE")
    name = "process_resident_memory_bytes"
    families.append(Family(name, "gauge", "Resident memory in bytes.", ((name, float(resident)),)))
    return families

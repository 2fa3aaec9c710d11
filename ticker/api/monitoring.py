"""Operators' routes: does the process live, do events travel, what are the figures."""

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
from ticker.api.request_metrics import Family, RequestMetrics
from ticker.api.resource import Operation, answer
from ticker.domain.health import HealthReport

REPORT_AGE = 0.5
"""Seconds for which a report of readiness is given again, so that asking costs Redis little."""

METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"

TEXTS = {
    "ready": "1 if this process has read the lane and answers readers.",
    "connections": "Readers connected now.",
    "audiences": "Different filters among the readers connected now.",
    "behind": "Readers that are paused now, or catching up.",
    "lobby": "Connections whose request waits for its turn.",
    "waiting": "Readers whose cursor is ahead of this process now.",
    "board_items": "Items that are out.",
    "window_events": "Events that can be replayed from memory.",
    "events_total": "Item events taken from the lane.",
    "writes_total": "Writes to readers; one may carry several events.",
    "encodes_total": "Frames made, each shared by all readers of one audience and transport.",
    "connects_total": "Readers that connected.",
    "resumes_total": "Readers that resumed from their cursor.",
    "snapshots_total": "Snapshots sent.",
    "resets_total": "Readers whose gap could not be closed.",
    "pauses_total": "Times a reader was paused because its connection did not take more.",
    "lagged_total": "Readers closed because they stayed paused too long.",
    "refused_total": "Connections and messages refused.",
    "tail_connected": "1 while the lane is being read.",
    "tail_reads_total": "Reads of the lane.",
    "tail_reconnects_total": "Connections to the lane that were lost.",
    "tail_poison_total": "Lane entries that could not be read.",
    "tail_failures_total": "Times that the tail failed unexpectedly and started over; see the log.",
    "tail_beat_age_seconds": "Since the newsroom's heartbeat last arrived; -1 for never.",
    "beacons_total": "Reads reported by pages, by what became of them (docs/most-read.md).",
    "reads_waiting": "Items whose reads are not written yet.",
    "reads_writes_total": "Times that reads were written.",
    "reads_write_failures_total": "Times that reads could not be written and wait on.",
    "rankings_total": "Rankings of what is read most that were read.",
    "push_outcomes_total": "What became of notifications, by provider (docs/bridges.md).",
    "push_stopped": "1 while nobody is told by this provider: credentials or set-up are refused.",
    "push_subscriptions": "Browsers and devices that are registered.",
    "push_quarantined": "Subscriptions that were set aside: their tokens do not fit.",
    "push_jobs": "Shards that are being sent or wait for it.",
    "push_oldest_job_seconds": "Since the oldest event among them was published.",
    "push_dry_run_age_seconds": "Since a dry run came through; before the first, since set up.",
    "push_last_acceptance_seconds": "From publication to the last acceptance, of the newest alert.",
    "push_figures_age_seconds": "Since the bridges' figures were read; -1 for never.",
    "webhooks_total": "What became of deliveries to webhook endpoints.",
    "ranking_failures_total": "Times that a ranking could not be read; the last one stood.",
}
"""What the gateway's figures mean; one that is missing here is explained by its name."""


class HealthCheck(Protocol):
    """Readiness: whether events travel through every hop to this process."""

    async def check(self) -> HealthReport:
        """Return the state of every hop now. Does not raise when one is down."""


class MetricsSource(Protocol):
    """A part of the process that has metrics."""

    def metrics(self) -> Mapping[str, float]:
        """Return samples by metric name, labels included: ``connections{transport="ws"}``."""


class MonitoringRoutes:
    """Handlers for monitors and orchestrators."""

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
        self._asking: asyncio.Task[HealthReport] | None = None

    def operations(self) -> list[Operation]:
        """Return the rows of the route table."""
        return [
            Operation(
                "GET",
                "/healthz",
                "alive",
                "The process answers",
                self.alive,
                "Operators",
                text="Restart the process when this fails. `/readyz` is about events.",
                answer="Alive",
            ),
            Operation(
                "GET",
                "/readyz",
                "ready",
                "Events travel from the desk to this process",
                self.ready,
                "Operators",
                text=(
                    "200 only while the newsroom's heartbeat arrives through every hop; 503 with "
                    "the same body otherwise, `silent` naming the hop."
                ),
                answer="Readiness",
            ),
            Operation(
                "GET",
                "/metrics",
                "metrics",
                "Figures for Prometheus",
                self.metrics,
                "Operators",
                answer_type=METRICS_TYPE,
            ),
        ]

    async def alive(self, request: Request) -> Response:
        """Answer ``GET /healthz``."""
        return answer(b'{"status":"ok"}', headers={"cache-control": "no-store"})

    async def ready(self, request: Request) -> Response:
        """Answer ``GET /readyz``."""
        if self._report is None or self._clock() - self._report[0] >= REPORT_AGE:
            # One question at a time, whoever asks: while Redis hangs, each would hold one of the
            # connections that editors need.
            if self._asking is None:
                self._asking = asyncio.create_task(self._ask())
            report = await asyncio.shield(self._asking)
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
        return answer(body, 200 if report.ready else 503, headers)

    async def _ask(self) -> HealthReport:
        try:
            report = await self._health.check()
            self._report = (self._clock(), report)
            return report
        finally:
            self._asking = None

    async def metrics(self, request: Request) -> Response:
        """Answer ``GET /metrics`` out of memory alone."""
        samples = {"ready": float(self._read_view.ready)}
        for source in self._sources:
            samples.update(source.metrics())
        families = [
            *_process(),
            *request_metrics.from_samples(samples, TEXTS),
            *self._request_metrics.families(),
        ]
        headers = {"content-type": METRICS_TYPE, "cache-control": "no-store"}
        return Response(request_metrics.render(families), headers=headers)


def _process() -> list[Family]:
    """Return the customary figures of a process; memory only where Linux tells."""
    used = os.times()
    families = [
        Family(
            "process_cpu_seconds_total",
            "counter",
            "CPU time used, user and system.",
            (("process_cpu_seconds_total", round(used.user + used.system, 2)),),
        )
    ]
    try:
        with open("/proc/self/statm", "rb") as file:
            pages = int(file.read().split()[1])
    except OSError:
        return families
    resident = pages * os.sysconf("SC_PAGE_SIZE")
    name = "process_resident_memory_bytes"
    families.append(Family(name, "gauge", "Memory in use.", ((name, float(resident)),)))
    return families

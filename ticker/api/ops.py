"""Operators' routes: does the process live, do events travel, what are the figures."""

from __future__ import annotations

import os
import time
from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response

from ticker.api import meter
from ticker.api.meter import Family, Meter
from ticker.api.resource import Operation, answer
from ticker.api.services import HealthReport, Services

REPORT_AGE = 0.5
"""Seconds for which a report of readiness is given again, so that asking costs Redis little."""

METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"

TEXTS = {
    "ready": "1 if this process has read the lane and answers readers.",
    "connections": "Readers connected now.",
    "audiences": "Different filters among the readers connected now.",
    "board_items": "Items that are out.",
    "window_events": "Events that can be replayed from memory.",
}
"""What the lane's own metrics mean; those of the gateway explain themselves by their names."""


class Ops:
    """Handlers for monitors and orchestrators."""

    def __init__(
        self, services: Services, meter: Meter, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._health = services.health
        self._reader = services.reader
        self._meter = meter
        self._clock = clock
        self._report: tuple[float, HealthReport] | None = None

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
        now = self._clock()
        if self._report is None or now - self._report[0] >= REPORT_AGE:
            self._report = (now, await self._health.check())
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

    async def metrics(self, request: Request) -> Response:
        """Answer ``GET /metrics`` out of memory alone."""
        own = {"ready": float(self._reader.ready)}
        if self._reader.ready:
            own["board_items"] = float(len(self._reader.lane.board))
            own["window_events"] = float(len(self._reader.lane.window))
        families = [
            *_process(),
            *meter.from_samples(own | dict(self._reader.metrics()), TEXTS),
            *self._meter.families(),
        ]
        headers = {"content-type": METRICS_TYPE, "cache-control": "no-store"}
        return Response(meter.render(families), headers=headers)


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

"""Routes for monitoring: ``/healthz`` and ``/readyz``. Metrics have a port of their own."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Protocol

from starlette.requests import Request
from starlette.responses import Response

from ticker.api.monitoring_schemas import Alive, Readiness
from ticker.api.routing import Operation, json_response
from ticker.domain.health import HealthReport

REPORT_TTL = 0.5
"""Seconds for which a readiness report is reused, to limit the load on Redis."""


class HealthCheck(Protocol):
    """The readiness check: whether events travel through every hop to this process."""

    async def check(self) -> HealthReport:
        """Return the state of every hop now. Does not raise when one is down."""


class MonitoringRoutes:
    """Handlers of health checks."""

    def __init__(
        self,
        health: HealthCheck,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """``clock`` is monotonic seconds."""
        self._health = health
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

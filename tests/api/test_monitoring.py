"""Health checks and metrics."""

from __future__ import annotations

import asyncio

import httpx

from tests.support.newsroom import TestNewsroom
from tests.support.waiting import simulated_delay
from ticker.api.monitoring import REPORT_TTL, MonitoringRoutes
from ticker.api.monitoring_schemas import Readiness
from ticker.domain.health import HealthReport, Hop


async def test_alive(newsroom: TestNewsroom) -> None:
    response = await newsroom.http.get("/healthz")
    assert (response.status_code, response.json()) == (200, {"status": "ok"})
    assert response.headers["cache-control"] == "no-store"


async def test_ready(newsroom: TestNewsroom) -> None:
    newsroom.health.report = HealthReport(True, {"redis": Hop(True, "answers")}, None, {"asked": 1})
    response = await newsroom.http.get("/readyz")
    Readiness.model_validate_json(response.content)
    assert response.status_code == 200
    assert response.json() == {
        "ready": True,
        "hops": {"redis": {"ok": True, "detail": "answers"}},
        "silent": None,
        "durability": {"asked": 1},
    }


async def test_not_ready_names_the_hop(newsroom: TestNewsroom) -> None:
    hops = {"redis": Hop(True, "answers"), "worker": Hop(False, "no heartbeat")}
    newsroom.health.report = HealthReport(False, hops, "worker")
    response = await newsroom.http.get("/readyz")
    Readiness.model_validate_json(response.content)
    assert (response.status_code, response.json()["silent"]) == (503, "worker")
    assert response.headers["retry-after"] == "1"
    assert response.headers["cache-control"] == "no-store"


async def test_many_requests_share_one_check(newsroom: TestNewsroom) -> None:
    now = 0.0
    ops = MonitoringRoutes(newsroom.health, lambda: now)
    for _ in range(1000):
        await ops.ready(None)  # type: ignore[arg-type]
    assert newsroom.health.asked == 1
    now += REPORT_TTL
    await ops.ready(None)  # type: ignore[arg-type]
    assert newsroom.health.asked == 2


async def test_the_readers_port_has_no_metrics(newsroom: TestNewsroom) -> None:
    for path in ("/metrics", "//metrics", "/%6detrics", "/metrics?x=1", "/metrics/"):
        url = httpx.URL("http://newsroom.test").copy_with(raw_path=path.encode())
        response = await newsroom.http.get(url)
        assert (response.status_code, "ticker_" in response.text) == (404, False), path


async def test_concurrent_requests_share_one_slow_check(
    newsroom: TestNewsroom,
) -> None:
    # While Redis hung every request for /readyz held a connection that editors needed.
    checks = 0

    class Slow:
        async def check(self) -> HealthReport:
            nonlocal checks
            checks += 1
            await simulated_delay(REPORT_TTL)
            return HealthReport(False, {}, "redis")

    ops = MonitoringRoutes(Slow())
    asked = [ops.ready(None) for _ in range(50)]  # type: ignore[arg-type]
    assert {response.status_code for response in await asyncio.gather(*asked)} == {503}
    await ops.ready(None)  # type: ignore[arg-type]
    assert checks == 1

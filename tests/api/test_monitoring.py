"""Health checks and metrics."""

from __future__ import annotations

import asyncio
import re

import pytest

from tests.support.newsroom import TestNewsroom
from tests.support.waiting import simulated_delay
from ticker.api.monitoring import REPORT_TTL, MonitoringRoutes
from ticker.api.monitoring_schemas import Readiness
from ticker.api.request_metrics import BUCKETS, Family, RequestMetrics, from_samples, render
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
    ops = MonitoringRoutes(newsroom.gateway, newsroom.health, RequestMetrics(), (), lambda: now)
    for _ in range(1000):
        await ops.ready(None)  # type: ignore[arg-type]
    assert newsroom.health.asked == 1
    now += REPORT_TTL
    await ops.ready(None)  # type: ignore[arg-type]
    assert newsroom.health.asked == 2


SAMPLE = re.compile(r'^([a-z_]+)(\{[a-z]+="[^"]*"(,[a-z]+="[^"]*")*\})? (-?[0-9.e+-]+)$')


async def test_metrics_are_well_formed(newsroom: TestNewsroom) -> None:
    newsroom.gateway.samples = {
        'connections{transport="ws"}': 3.0,
        'connections{transport="sse"}': 1.0,
        "events_total": 7.0,
        "tail_heartbeat_age_seconds": -1.0,
        "something_new": 0.25,
    }
    await newsroom.publish()
    await newsroom.http.get("/v1/items?x=1")
    response = await newsroom.http.get("/metrics")
    assert response.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    family, kinds, seen = "", {}, set()
    for line in response.text.splitlines():
        if line.startswith("# HELP "):
            family, _, text = line[7:].partition(" ")
            assert text
            assert family not in kinds, "a family comes once"
        elif line.startswith("# TYPE "):
            name, _, kind = line[7:].partition(" ")
            assert name == family
            kinds[family] = kind
        else:
            match = SAMPLE.match(line)
            assert match is not None, line
            name = match[1]
            if kinds[family] == "histogram":
                name = re.sub("_(bucket|sum|count)$", "", name)
            assert name == family
            assert line.rpartition(" ")[0] not in seen, "a sample comes once"
            seen.add(line.rpartition(" ")[0])
    assert response.text.endswith("\n")
    lines = response.text.splitlines()
    assert 'ticker_connections{transport="ws"} 3' in lines
    assert "ticker_ready 1" in lines
    assert "ticker_something_new 0.25" in lines
    assert kinds["ticker_events_total"] == "counter"
    assert kinds["ticker_connections"] == "gauge"
    assert 'ticker_http_requests_total{route="/v1/items",method="POST",status="201"} 1' in lines
    assert 'ticker_http_requests_total{route="/v1/items",method="GET",status="400"} 1' in lines


async def test_unknown_paths_make_no_new_series(newsroom: TestNewsroom) -> None:
    for n in range(50):
        await newsroom.http.get(f"/invented/{n}")
        await newsroom.http.request(f"M{n}", "/v1/items")
        await newsroom.http.get(f"/v1/items/{n}")
    lines = (await newsroom.http.get("/metrics")).text.splitlines()
    assert len([line for line in lines if line.startswith("ticker_http_requests_total")]) == 3


@pytest.mark.parametrize("seconds", [0.0, 0.001, 0.003, 99.0])
def test_a_duration_counts_in_its_bucket_and_all_above(seconds: float) -> None:
    meter = RequestMetrics()
    meter.count("/x", "GET", 200, seconds)
    [histogram] = [family for family in meter.families() if family.kind == "histogram"]
    *buckets, (_, total), (_, count) = histogram.samples
    assert [value for _, value in buckets] == [
        *(float(seconds <= bound) for bound in BUCKETS),
        1.0,
    ]
    assert (total, count) == (seconds, 1.0)


def test_text_is_escaped() -> None:
    family = Family("a", "gauge", "two\nlines \\", (("a", 1.5),))
    assert render([family]) == b"# HELP a two\\nlines \\\\\n# TYPE a gauge\na 1.5\n"


def test_names_get_the_prefix_once() -> None:
    families = from_samples({"ticker_a": 1, "b": 2}, {"a": "Of a."})
    assert [(family.name, family.help) for family in families] == [
        ("ticker_a", "Of a."),
        ("ticker_b", "b."),
    ]


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

    ops = MonitoringRoutes(newsroom.gateway, Slow(), RequestMetrics(), ())
    asked = [ops.ready(None) for _ in range(50)]  # type: ignore[arg-type]
    assert {response.status_code for response in await asyncio.gather(*asked)} == {503}
    await ops.ready(None)  # type: ignore[arg-type]
    assert checks == 1

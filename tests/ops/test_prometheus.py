"""Alerts, dashboards and the scrape configuration, with Debian's Prometheus and a real newsroom."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from scripts.dashboards import DASHBOARDS, dashboard
from tests.support.ports import free_port
from tests.support.ticker_up import TickerUp, running
from tests.support.waiting import wait_until
from ticker.client import ItemEvent, Snapshot, Ticker

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy" / "prometheus"
UNIT_TESTS = sorted((ROOT / "tests" / "ops" / "prometheus").glob("*_test.yml"))
RULES = sorted((DEPLOY / "rules").glob("*.yml"))
EXPRESSIONS = [
    target["expr"]
    for name in DASHBOARDS
    for panel in dashboard(name)["panels"]
    for target in panel["targets"]
]
TEXT = "\n".join([*(path.read_text() for path in RULES), *EXPRESSIONS])
NAMES = set(re.findall(r"\b(?:ticker|process)_\w+", TEXT))
LATER = {
    "ticker_push_dry_run_age_seconds",
    "ticker_push_last_alert_duration_seconds",
    "ticker_job_duration_seconds_bucket",
    "ticker_wire_failures",
}
"""Metrics that have no value before the first alert, or that depend on providers or feeds."""
PROMETHEUS = shutil.which("prometheus")
PROMTOOL = shutil.which("promtool")


def families() -> set[str]:
    page = (ROOT / "docs" / "reference" / "metrics.md").read_text()
    own = re.findall(r"^\| `(\w+)` \| (\w+)", page, re.MULTILINE)
    suffixes = {"histogram": ("_bucket", "_sum", "_count")}
    found = {name + end for name, kind in own for end in suffixes.get(kind, ("",))}
    standard = ("cpu_seconds_total", "resident_memory_bytes", "open_fds", "max_fds")
    return found | {f"process_{name}" for name in standard}


def test_alerts_and_dashboards_use_metrics_that_exist() -> None:
    assert len(NAMES) > 40
    assert families() >= NAMES
    recorded = set(re.findall(r"record: (\S+)", TEXT))
    assert set(re.findall(r"\bticker:\S+?(?=[\s)\]]|$)", TEXT)) <= recorded


async def promtool(*arguments: str | Path) -> str:
    assert PROMTOOL is not None
    process = await asyncio.create_subprocess_exec(
        PROMTOOL,
        *map(str, arguments),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    assert process.returncode == 0, said.decode()
    return said.decode()


@pytest.mark.processes
@pytest.mark.skipif(PROMTOOL is None, reason="needs Debian's prometheus")
async def test_rules_and_configuration_are_valid_and_do_what_they_say() -> None:
    assert "SUCCESS" in await promtool("check", "rules", *RULES)
    assert "SUCCESS" in await promtool("check", "config", DEPLOY / "prometheus.yml")
    assert "SUCCESS" in await promtool("test", "rules", *UNIT_TESTS)


class Scraper:
    """A running Prometheus."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http

    async def get(self, path: str, **query: str) -> Any:
        response = await self._http.get(f"/api/v1/{path}", params=query)
        assert response.status_code == 200, (query, response.text)
        return response.json()["data"]

    async def query(self, expression: str) -> list[Any]:
        found: list[Any] = (await self.get("query", query=expression))["result"]
        return found

    async def value(self, expression: str) -> float:
        found = await self.query(expression)
        return float(found[0]["value"][1]) if found else 0.0


@contextlib.asynccontextmanager
async def prometheus(folder: Path, target: str) -> AsyncIterator[Scraper]:
    """Run Prometheus with the shipped configuration, but a shorter interval, on ``target``."""
    assert PROMETHEUS is not None
    shutil.copytree(DEPLOY / "rules", folder / "rules")
    text = (DEPLOY / "prometheus.yml").read_text()
    text = text.replace("127.0.0.1:9464", target).replace("interval: 15s", "interval: 300ms")
    (folder / "prometheus.yml").write_text(text)
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        PROMETHEUS,
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--log.level=error",
    )
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=20) as http:

            async def ready() -> bool:
                with contextlib.suppress(httpx.TransportError):
                    return (await http.get("/-/ready")).status_code == 200
                return False

            await wait_until(ready)
            yield Scraper(http)
    finally:
        process.kill()
        await process.wait()


async def use(up: TickerUp) -> None:
    """Let a reader see an item, a wrong key be refused and a reader be reset."""
    async with Ticker(up.url, edition="en") as feed:
        assert isinstance(await anext(feed), Snapshot)
        await up.publish("Ferry service resumes")
        assert isinstance(await anext(feed), ItemEvent)
    async with httpx.AsyncClient(base_url=up.url) as http:
        assert (await http.get("/v1/events?edition=xx")).status_code == 400


@pytest.mark.processes
@pytest.mark.skipif(PROMETHEUS is None, reason="needs Debian's prometheus")
async def test_a_real_prometheus_has_every_series_of_a_real_newsroom(tmp_path: Path) -> None:
    port = free_port()
    async with running(tmp_path / "data", TICKER_METRICS_PORT=str(port)) as up:
        assert up.run["metrics_url"] == f"http://127.0.0.1:{port}/metrics"
        (tmp_path / "prometheus").mkdir()
        async with prometheus(tmp_path / "prometheus", f"127.0.0.1:{port}") as scraper:
            await use(up)
            count = 'sum(ticker_delivery_seconds_count{process="gateway"})'
            await wait_until(lambda: scraper.value(count), lambda found: found == 1)

            async def missing() -> set[str]:
                names = set(await scraper.get("label/__name__/values"))
                return NAMES - names

            # The first read of Redis and of push comes within five seconds of the start.
            await wait_until(missing, lambda found: found <= LATER)
            for expression in EXPRESSIONS:
                plain = expression.replace("$__rate_interval", "1m").replace("$__range", "1h")
                await scraper.query(plain)
            groups = (await scraper.get("rules"))["groups"]
            rules = [rule for group in groups for rule in group["rules"]]
            assert len(rules) > 30
            await wait_until(
                lambda: scraper.get("rules"),
                lambda found: {r["health"] for g in found["groups"] for r in g["rules"]} == {"ok"},
            )
            stages = "+".join(
                f"sum(ticker_{stage}_seconds_sum)"
                for stage in ("publish_to_lane", "lane_to_hub", "hub_to_socket")
            )
            whole = await scraper.value("sum(ticker_delivery_seconds_sum)")
            assert await scraper.value(stages) == pytest.approx(whole)
            firing = await scraper.query('ALERTS{alertstate="firing",severity="page"}')
            assert firing == [], "a healthy newsroom pages nobody"
            up_ = {
                one["metric"]["process"] for one in await scraper.query("ticker_process_up == 1")
            }
            assert {"gateway", "web", "stream", "delivery"} <= up_


def test_dashboards_are_provisioned_with_the_paths_that_their_comments_name() -> None:
    folder = ROOT / "deploy" / "grafana" / "provisioning"
    assert (
        "path: /var/lib/grafana/dashboards/ticker" in (folder / "dashboards/ticker.yml").read_text()
    )
    for name in DASHBOARDS:
        found = json.loads(
            (ROOT / "deploy" / "grafana" / "dashboards" / f"{name}.json").read_text()
        )
        assert found["uid"] == f"ticker-{name}"

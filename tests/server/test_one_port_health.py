"""Readiness of a port that two processes share: the gateway's hops, and the web process."""

from __future__ import annotations

from dataclasses import dataclass

import orjson
import pytest

from ticker.domain.health import HealthReport, Hop
from ticker.server.one_port_health import OnePortHealth

OWN = HealthReport(True, {"redis": Hop(True, "answers"), "tail": Hop(True, "saw a heartbeat")})
DURABILITY = {"requested": "fsync", "effective": "fsync"}


@dataclass
class FixedHealth:
    report: HealthReport

    async def check(self) -> HealthReport:
        return self.report


def said(silent: str | None = None) -> bytes:
    hops = {"tail": {"ok": silent is None, "detail": "saw a heartbeat 30.0 s ago"}}
    return orjson.dumps({"hops": hops, "silent": silent, "durability": DURABILITY})


@pytest.mark.parametrize(
    ("answer", "ready", "detail"),
    [
        ((200, said()), True, "answers"),
        ((503, said("tail")), False, "tail: saw a heartbeat 30.0 s ago"),
        (None, False, "does not answer; publishing, pages and feeds get 503"),
        ((500, b"oops"), False, "answers with status 500"),
        ((503, b"[]"), False, "answers with status 503"),
    ],
)
async def test_the_web_process_is_the_last_hop(
    answer: tuple[int, bytes] | None, ready: bool, detail: str
) -> None:
    async def fetch(path: str) -> tuple[int, bytes] | None:
        assert path == "/readyz"
        return answer

    report = await OnePortHealth(FixedHealth(OWN), fetch).check()
    assert report.ready is ready
    assert report.silent == (None if ready else "web")
    assert report.hops == {**OWN.hops, "web": Hop(ready, detail)}
    assert report.durability == (DURABILITY if answer is not None and b"{" in answer[1] else {})


async def test_the_first_silent_hop_is_named() -> None:
    async def fetch(path: str) -> None:
        return None

    own = HealthReport(False, {"redis": Hop(False, "does not answer")}, "redis")
    assert (await OnePortHealth(FixedHealth(own), fetch).check()).silent == "redis"


async def test_changes_that_redis_refuses_are_the_first_hop_and_not_blamed_on_the_worker() -> None:
    refused = "refuses changes: The database's memory is full"
    body = {
        "ready": False,
        "silent": "redis",
        "hops": {"redis": {"ok": False, "detail": refused}},
        "durability": {},
    }
    late = HealthReport(
        False, {"redis": Hop(True, "answers"), "worker": Hop(False, "old")}, "worker"
    )
    own = FixedHealth(late)

    async def fetch(path: str) -> tuple[int, bytes] | None:
        return 503, orjson.dumps(body)

    report = await OnePortHealth(own, fetch).check()
    assert report.silent == "redis"
    assert report.hops["redis"] == Hop(False, refused)
    assert report.hops["web"] == Hop(False, f"redis: {refused}")

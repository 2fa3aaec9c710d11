"""Behind a CDN, with a real Varnish as the CDN and a real newsroom as its origin."""

from __future__ import annotations

import asyncio
import math
import shutil
import time
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import httpx
import pytest

from tests.support.proxies import (
    SBIN,
    authorization,
    behind,
    gone_in_time,
    metric,
    over_sse,
    over_websocket,
    publish,
    retract,
)
from tests.support.ticker_up import TickerUp

VARNISH = shutil.which("varnishd", path=SBIN)

pytestmark = [
    pytest.mark.faults,
    pytest.mark.skipif(VARNISH is None, reason="varnish is not installed"),
]

READERS = 50


def behind_a_cdn(path: Path) -> AbstractAsyncContextManager[tuple[TickerUp, str]]:
    """Run a newsroom and a Varnish in front of it."""

    def varnish(up: TickerUp, port: int) -> Sequence[str]:
        assert VARNISH is not None
        rules = Path(__file__).with_name("cdn.vcl").read_text()
        assert rules.count("UPSTREAM") == 1
        vcl = path / "cdn.vcl"
        vcl.write_text(rules.replace("UPSTREAM", up.url.rpartition(":")[2]))
        return (
            *(VARNISH, "-F", "-j", "none", "-n", str(path / "varnish"), "-f", str(vcl)),
            *("-a", f"127.0.0.1:{port}", "-s", "malloc,16m"),
            *("-p", "thread_pools=1", "-p", "thread_pool_min=100"),
        )

    return behind(path, varnish)


async def test_many_readers_are_one_request_and_a_retraction_reaches_all(tmp_path: Path) -> None:
    async with (
        behind_a_cdn(tmp_path) as (up, url),
        asyncio.timeout(60),
        httpx.AsyncClient(base_url=url, timeout=20) as http,
    ):
        await over_websocket(up, url)
        await over_sse(up, url)
        text = "Light rail in Belmora stands still"
        id = await publish(up, text)
        await equal_polls_are_collapsed(up, http, text)
        desk = await http.get("/v1/items?all=true", headers=authorization(up))
        assert desk.status_code == 200
        assert (await http.get("/v1/items?all=true")).status_code == 401
        kept = ("/v1/items?edition=en", "/v1/embed?edition=en", "/", f"/item/{id}")
        for path in kept:
            assert text in (await http.get(path, headers={"Accept-Language": "en"})).text
        await retract(up, id)
        for path in kept:
            await gone_in_time(http, path, text)


async def equal_polls_are_collapsed(up: TickerUp, http: httpx.AsyncClient, text: str) -> None:
    polls = 'ticker_http_requests_total{route="/v1/items",method="GET"'
    before = await metric(up, polls)
    began = time.monotonic()
    many = await asyncio.gather(*(http.get("/v1/items?edition=en") for _ in range(READERS)))
    assert {answer.status_code for answer in many} == {200}
    assert all(text in answer.text for answer in many)
    seconds = math.ceil(time.monotonic() - began)
    # One, and one more for each second that a slow machine takes to ask so often.
    assert 1 <= await metric(up, polls) - before <= 2 + seconds

"""deploy/Caddyfile in a real Caddy, in front of a real newsroom. Plain HTTP: no certificates."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path

import httpx
import pytest

from tests.support.proxies import (
    CADDY,
    behind,
    caddy,
    hidden_from_the_world,
    over_sse,
    over_websocket,
    publish,
)
from tests.support.ticker_up import TickerUp

pytestmark = [
    pytest.mark.faults,
    pytest.mark.skipif(CADDY is None, reason="caddy is not installed"),
]


async def test_live_links_and_polls_pass_and_metrics_do_not(tmp_path: Path) -> None:

    def command(up: TickerUp, port: int) -> Sequence[str]:
        return caddy(tmp_path, port, up.url.removeprefix("http://"))[0]

    def environment(up: TickerUp, port: int) -> Mapping[str, str]:
        return caddy(tmp_path, port, up.url.removeprefix("http://"))[1]

    async with (
        behind(tmp_path, command, environment) as (up, url),
        asyncio.timeout(60),
    ):
        await over_websocket(up, url)
        await over_sse(up, url)
        await over_polls(up, url)
        await hidden_from_the_world(url)


async def over_polls(up: TickerUp, url: str) -> None:
    async with httpx.AsyncClient(base_url=url, timeout=20) as http:
        first = (await http.get("/v1/items")).json()
        for road in ("coast", "valley", "ring"):  # little is sent as it is
            await publish(up, f"The {road} road is closed. " * 10)
        answer = await http.get("/v1/items", params={"after": first["cursor"]})
        assert answer.headers["content-encoding"] == "gzip"
        assert len(answer.json()["events"]) == 3
        again = await http.get(answer.url, headers={"If-None-Match": answer.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")

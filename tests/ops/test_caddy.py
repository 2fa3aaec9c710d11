"""deploy/Caddyfile in a real Caddy, in front of a real newsroom. Plain HTTP: no certificates."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import httpx
import pytest

from tests.support.proxies import (
    ROOT,
    behind,
    hidden_from_the_world,
    over_sse,
    over_websocket,
    publish,
)
from tests.support.ticker_up import TickerUp

CADDY = shutil.which("caddy")

pytestmark = [
    pytest.mark.faults,
    pytest.mark.skipif(CADDY is None, reason="caddy is not installed"),
]


async def test_live_links_and_polls_pass_and_metrics_do_not(tmp_path: Path) -> None:
    assert CADDY is not None
    config = tmp_path / "Caddyfile"
    # Its admin port is one for the whole machine, and another Caddy may have it.
    text = (ROOT / "deploy" / "Caddyfile").read_text()
    config.write_text(text.replace("\n{\n", "\n{\n\tadmin off\n", 1))
    command = (CADDY, "run", "--adapter", "caddyfile", "--config", str(config))

    def environment(up: TickerUp, port: int) -> dict[str, str]:
        return {
            "NEWS_HOST": f"http://127.0.0.1:{port}",
            "TICKER_GATEWAY": up.url.removeprefix("http://"),
            "TICKER_WEB": up.url.removeprefix("http://"),
            "XDG_CONFIG_HOME": str(tmp_path),
            "XDG_DATA_HOME": str(tmp_path),
        }

    async with (
        behind(tmp_path, lambda _, __: command, environment) as (up, url),
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

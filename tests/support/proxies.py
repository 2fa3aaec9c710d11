"""Shared parts of the proxy tests: start a proxy, and check what a reader behind it gets."""

from __future__ import annotations

import asyncio
import functools
import os
import shutil
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import httpx

from tests.support.metrics import scraped
from tests.support.ports import free_port
from tests.support.ticker_up import TickerUp, running
from tests.support.waiting import wait_until
from ticker.client import ItemEvent, Snapshot, Ticker

ROOT = Path(__file__).parents[2]
SBIN = os.environ.get("PATH", "") + ":/usr/sbin"
"""Where Debian keeps proxies: not everybody's PATH names it."""
NGINX, CADDY = shutil.which("nginx", path=SBIN), shutil.which("caddy")

SHARED_FOR = 10
"""Seconds after which no shared cache may have a retracted text: the two that ``Cache-Control``
allows for polls and pages, and time for a slow machine."""


@asynccontextmanager
async def newsroom(data: Path) -> AsyncIterator[TickerUp]:
    """Run a newsroom that a proxy can be put in front of, and see that it ends well."""
    async with running(data, TICKER_CLIENT_HEARTBEAT="1") as up:
        yield up
        assert await up.stop() == 0


@asynccontextmanager
async def proxy(
    command: Sequence[str], port: int, environment: Mapping[str, str] | None = None
) -> AsyncIterator[str]:
    """Run a proxy that will listen at ``port``; yield its URL once the newsroom answers there."""
    process = await asyncio.create_subprocess_exec(
        *command,
        env={**os.environ, **(environment or {})},
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    # Read all the time: a proxy that writes into a full pipe stands still.
    output = asyncio.create_task(process.communicate())
    url = f"http://127.0.0.1:{port}"
    try:
        async with httpx.AsyncClient() as http, asyncio.timeout(60):
            while True:
                assert process.returncode is None, (await output)[1].decode()
                try:
                    assert (await http.get(f"{url}/healthz")).status_code == 200
                    break
                except httpx.TransportError:
                    await asyncio.sleep(0.02)
        yield url
    finally:
        if process.returncode is None:
            process.terminate()
        await output


def caddy(folder: Path, port: int, address: str) -> tuple[Sequence[str], Mapping[str, str]]:
    """Return command and environment of a Caddy with the shipped configuration, in ``folder``.

    It listens at ``port`` without TLS, in front of both services at ``address``.
    """
    config = folder / "Caddyfile"
    # Its admin port is one for the whole machine, and another Caddy may have it.
    text = (ROOT / "deploy" / "Caddyfile").read_text()
    config.write_text(text.replace("\n{\n", f"\n{{\n\tadmin unix/{folder}/admin\n", 1))
    environment = {
        "NEWS_HOST": f"http://127.0.0.1:{port}",
        "TICKER_GATEWAY": address,
        "TICKER_WEB": address,
        "XDG_CONFIG_HOME": str(folder),
        "XDG_DATA_HOME": str(folder),
    }
    return (CADDY or "", "run", "--adapter", "caddyfile", "--config", str(config)), environment


@asynccontextmanager
async def behind(
    folder: Path,
    command: Callable[[TickerUp, int], Sequence[str]],
    environment: Callable[[TickerUp, int], Mapping[str, str]] | None = None,
) -> AsyncIterator[tuple[TickerUp, str]]:
    """Run a newsroom and a proxy in front of it; yield both, the latter as its URL.

    ``command`` and ``environment`` get the newsroom and the port that the proxy is to listen at.
    """
    port = free_port()
    async with newsroom(folder / "data") as up:
        variables = None if environment is None else environment(up, port)
        async with proxy(command(up, port), port, variables) as url:
            yield up, url


async def over_websocket(up: TickerUp, url: str) -> None:
    async with Ticker(url, edition="en") as feed:
        first = await anext(feed)
        assert isinstance(first, Snapshot)
        published = await up.publish("Through the proxy, over a WebSocket")
        event = await anext(feed)
        assert isinstance(event, ItemEvent)
        assert event.item.id == published["item"]["id"]


async def over_sse(up: TickerUp, url: str) -> None:
    """An event must not wait in the proxy's buffer for the next one."""
    async with (
        httpx.AsyncClient(base_url=url, timeout=20) as http,
        http.stream("GET", "/v1/events", params={"edition": "en"}) as stream,
    ):
        assert stream.headers["content-type"].startswith("text/event-stream")
        assert "content-encoding" not in stream.headers
        lines = stream.aiter_lines()
        while await anext(lines) != "event: snapshot":
            pass
        published = await up.publish("Through the proxy, over SSE")
        while await anext(lines) != "event: item":
            pass
        while not (line := await anext(lines)).startswith("data:"):
            pass
        assert published["item"]["id"] in line


async def hidden_from_the_world(url: str) -> None:
    """The operator's numbers are not for readers, however the address is spelt."""
    async with httpx.AsyncClient(base_url=url) as http:
        for path in ("/metrics", "//metrics", "/%6Detrics", "/metrics?x=1"):
            answer = await http.get(httpx.URL(url).copy_with(raw_path=path.encode()))
            assert (answer.status_code, "ticker_" in answer.text) == (404, False), path
        assert (await http.get("/")).status_code == 200


async def publish(up: TickerUp, headline: str) -> str:
    """Return the id of an item that readers of the server see by now."""
    published = await up.publish(headline)
    id: str = published["item"]["id"]
    async with httpx.AsyncClient(base_url=up.url, timeout=20) as http:
        for path in ("/v1/items?edition=en", "/v1/embed?edition=en"):  # of gateway and web process
            await wait_until(functools.partial(http.get, path), lambda found: id in found.text)
    return id


async def retract(up: TickerUp, id: str) -> None:
    """Take an item back, past the proxy."""
    async with httpx.AsyncClient(base_url=up.url, timeout=20) as http:
        answer = await http.post(
            f"/v1/items/{id}/retract",
            json={"reason": "Published in error"},
            headers=authorization(up),
        )
    assert answer.status_code == 200, answer.text


async def gone_in_time(http: httpx.AsyncClient, path: str, text: str) -> None:
    """Return when ``path`` no longer has ``text``; TimeoutError when it is too late."""
    await wait_until(
        lambda: http.get(path), lambda found: text not in found.text, seconds=SHARED_FOR
    )


def authorization(up: TickerUp) -> dict[str, str]:
    """Return the header of an editor."""
    return {"Authorization": f"Bearer {(up.data / 'key').read_text().strip()}"}


async def metric(up: TickerUp, sample: str) -> int:
    """Return the sum of the samples of this name with these labels, given or begun."""
    found = await scraped(up.run["metrics_url"])
    name, brace, labels = sample.partition("{")
    wanted = labels.rstrip("}").split(",") if brace else []
    return int(
        sum(
            value
            for one, value in found.items()
            if one.startswith(f"{name}{brace}") and all(label in one for label in wanted)
        )
    )

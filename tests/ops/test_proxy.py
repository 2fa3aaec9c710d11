"""deploy/nginx.conf in a real nginx, in front of a real newsroom."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from tests.ops.newsroom import Up, running
from ticker.client import ItemEvent, Snapshot, Ticker

ROOT = Path(__file__).parents[2]
NGINX = shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin")

pytestmark = [
    pytest.mark.faults,
    pytest.mark.skipif(NGINX is None, reason="nginx is not installed"),
]


def configuration(directory: Path, port: int, upstream: str) -> Path:
    """Write the configuration as it is, but for its addresses and the directories it writes to."""
    text = (ROOT / "deploy" / "nginx.conf").read_text()
    own = "".join(
        f"  {kind}_temp_path {directory}/{kind};\n"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    for old, new in {
        "server server:8000": f"server {upstream}",
        "listen 8080": f"listen 127.0.0.1:{port}",
        "/var/cache/nginx/ticker": f"{directory}/cache",
        "pid /tmp/nginx.pid": f"pid {directory}/pid",
        "include mime.types": "include /etc/nginx/mime.types",
        "worker_connections 50000": "worker_connections 500",
        "http {\n": "http {\n" + own,
    }.items():
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    if os.getuid() == 0:  # its workers would become "nobody", who may not see our directory
        text = "user root;\n" + text
    path = directory / "nginx.conf"
    path.write_text(text)
    return path


@asynccontextmanager
async def behind_nginx(path: Path) -> AsyncIterator[tuple[Up, str]]:
    """Run a newsroom and an nginx in front of it; yield both, the latter as its URL."""
    assert NGINX is not None
    (path / "nginx").mkdir()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    async with running(path / "data", TICKER_HEARTBEAT="1") as up:
        config = configuration(path / "nginx", port, up.url.removeprefix("http://"))
        nginx = await asyncio.create_subprocess_exec(
            *(NGINX, "-c", str(config), "-g", "daemon off; master_process off;"),
            stderr=asyncio.subprocess.PIPE,
        )
        url = f"http://127.0.0.1:{port}"
        try:
            async with httpx.AsyncClient() as http, asyncio.timeout(10):
                while True:
                    assert nginx.returncode is None, await nginx.communicate()
                    try:
                        assert (await http.get(f"{url}/healthz")).status_code == 200
                        break
                    except httpx.TransportError:
                        await asyncio.sleep(0.02)
            yield up, url
        finally:
            nginx.terminate()
            await nginx.communicate()
        assert await up.stop() == 0


async def test_live_links_polls_and_edits_pass(tmp_path: Path) -> None:
    async with behind_nginx(tmp_path) as (up, url), asyncio.timeout(60):
        await over_websocket(up, url)
        await over_sse(up, url)
        await over_polls(up, url)
        await what_is_for_the_operator_stays_inside(url)


async def over_websocket(up: Up, url: str) -> None:
    async with Ticker(url, edition="en") as feed:
        first = await anext(feed)
        assert isinstance(first, Snapshot)
        published = await up.publish("Through the proxy, over a WebSocket")
        event = await anext(feed)
        assert isinstance(event, ItemEvent)
        assert event.item.id == published["item"]["id"]


async def over_sse(up: Up, url: str) -> None:
    """An event must not wait in the proxy's buffer for the next one."""
    async with (
        httpx.AsyncClient(base_url=url, timeout=20) as http,
        http.stream("GET", "/v1/events", params={"edition": "en"}) as stream,
    ):
        assert stream.headers["content-type"].startswith("text/event-stream")
        lines = stream.aiter_lines()
        while await anext(lines) != "event: snapshot":
            pass
        published = await up.publish("Through the proxy, over SSE")
        while await anext(lines) != "event: item":
            pass
        while not (line := await anext(lines)).startswith("data:"):
            pass
        assert published["item"]["id"] in line


async def over_polls(up: Up, url: str) -> None:
    key = (up.data / "key").read_text().strip()
    mine = {"Authorization": f"Bearer {key}"}
    async with httpx.AsyncClient(base_url=url, timeout=20) as http:
        many = await asyncio.gather(
            *(http.get("/v1/items", params={"edition": "en"}) for _ in range(20))
        )
        assert {answer.status_code for answer in many} == {200}
        assert len({answer.content for answer in many}) == 1
        # Answers are good for a second, and this may have begun at the end of one.
        assert sum(answer.headers["x-cache"] != "HIT" for answer in many) <= 2
        desk = await http.get("/v1/items", params={"all": "true"}, headers=mine)
        assert (desk.status_code, desk.headers["x-cache"]) == (200, "BYPASS")
        again = await http.get("/v1/items", params={"all": "true"})
        assert again.status_code == 401
        draft = {"headline": "Published through the proxy", "edition": "en"}
        assert (await http.post("/v1/items", json=draft, headers=mine)).status_code == 201


async def what_is_for_the_operator_stays_inside(url: str) -> None:
    async with httpx.AsyncClient(base_url=url) as http:
        assert (await http.get("/metrics")).status_code == 404
        assert (await http.get("/")).status_code == 200


async def test_a_server_that_restarts_is_found_again(tmp_path: Path) -> None:
    async with behind_nginx(tmp_path) as (up, url), asyncio.timeout(60), Ticker(url) as feed:
        assert isinstance(await anext(feed), Snapshot)
        os.kill(up.pid("serve") or 0, 9)
        published = await up.publish("While the server was away")
        event = await anext(feed)
        assert isinstance(event, ItemEvent)
        assert event.item.id == published["item"]["id"]

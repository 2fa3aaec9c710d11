"""The limits of deploy/nginx.conf and deploy/Caddyfile, in a real nginx and a real Caddy."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.ops.test_proxy import configuration
from tests.support.ports import free_port
from tests.support.proxies import CADDY, NGINX, ROOT, caddy, proxy

pytestmark = pytest.mark.faults


@contextlib.asynccontextmanager
async def upstream() -> AsyncIterator[str]:
    """Run a server that answers every request; an event stream stays open."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                if b"/v1/events" in head:
                    writer.write(
                        b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n: \n\n"
                    )
                    await reader.read()
                    break
                writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"


@contextlib.asynccontextmanager
async def nginx(folder: Path, **limits: str) -> AsyncIterator[str]:
    """Run nginx with the shipped configuration, but for smaller limits; yield its URL."""
    assert NGINX is not None
    port = free_port()
    async with upstream() as address:
        path = configuration(folder, port, address)
        text = path.read_text()
        for old, new in limits.items():
            name = old.replace("_", " ")
            assert text.count(name) == 1, name
            text = text.replace(name, new)
        path.write_text(text)
        command = (NGINX, "-c", str(path), "-g", "daemon off; master_process off;")
        async with proxy(command, port) as url:
            yield url


def at(address: str, url: str) -> httpx.AsyncClient:
    """Return an HTTP client whose connections come from ``address``."""
    transport = httpx.AsyncHTTPTransport(local_address=address)
    return httpx.AsyncClient(base_url=url, transport=transport, timeout=30)


def check_slow_down(response: httpx.Response) -> None:
    assert response.status_code == 429
    assert response.headers["retry-after"] == "5"
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["type"] == "/problems/too-many-requests"


@pytest.mark.skipif(NGINX is None, reason="nginx is not installed")
async def test_nginx_limits_the_requests_of_one_address(tmp_path: Path) -> None:
    limits = {"rate=100r/s": "rate=1r/m", "burst=1000": "burst=4"}
    async with (
        nginx(tmp_path, **limits) as url,
        at("127.0.0.2", url) as greedy,
        at("127.0.0.3", url) as other,
    ):
        for _ in range(5):
            assert (await greedy.get("/healthz")).status_code == 200
        for path in ("/healthz", "/v1/items", "/", "/v1/events", "/v1/ws"):
            check_slow_down(await greedy.get(path))
        assert (await other.get("/healthz")).status_code == 200


@pytest.mark.skipif(NGINX is None, reason="nginx is not installed")
async def test_nginx_limits_the_connections_of_one_address(tmp_path: Path) -> None:
    async with (
        nginx(tmp_path, connections_1000="connections 2") as url,
        at("127.0.0.2", url) as greedy,
        at("127.0.0.3", url) as other,
        greedy.stream("GET", "/v1/events") as one,
        greedy.stream("GET", "/v1/events") as two,
    ):
        assert (one.status_code, two.status_code) == (200, 200)
        check_slow_down(await greedy.get("/v1/events"))
        assert (await other.get("/v1/items")).status_code == 200


@pytest.mark.skipif(CADDY is None, reason="caddy is not installed")
async def test_caddy_bounds_heads(tmp_path: Path) -> None:
    port = free_port()
    async with upstream() as address:
        command, environment = caddy(tmp_path, port, address)
        async with (
            proxy(command, port, environment) as url,
            httpx.AsyncClient(base_url=url, timeout=20) as http,
        ):
            assert (await http.get("/", headers={"x-filler": "x" * 60_000})).status_code == 431
            assert (await http.get("/")).status_code == 200


def test_compose_says_the_public_address() -> None:
    """Otherwise an attacker's Host header gets into pages and feeds, and makes each a new one."""
    compose = (ROOT / "docker-compose.yml").read_text()
    environment = compose.partition("x-environment:")[2].partition("services:")[0]
    assert "TICKER_PUBLIC_URL: " in environment

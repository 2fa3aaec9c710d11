"""The address of the metrics: what it answers, and what it does at its bounds."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from tests.support.waiting import wait_until
from ticker.telemetry import endpoint
from ticker.telemetry.endpoint import (
    CONNECTIONS_MAX,
    HEAD_MAX,
    Address,
    Render,
    scrape,
    serve_metrics,
)


async def answer() -> bytes:
    return b"a 1\n"


@asynccontextmanager
async def served(render: Render = answer) -> AsyncIterator[int]:
    async with serve_metrics(Address("127.0.0.1", 0), render) as port:
        assert port is not None
        yield port


async def exchange(port: int, request: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    try:
        return await reader.read()
    except ConnectionResetError:
        return b""
    finally:
        writer.close()


async def test_it_answers_get_and_head_of_one_path() -> None:
    async with served() as port, httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as http:
        response = await http.get("/metrics?x=1")
        assert (response.status_code, response.text) == (200, "a 1\n")
        assert response.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
        head = await http.head("/metrics")
        assert (head.status_code, head.headers["content-length"]) == (200, "4")
        assert (await http.get("/")).status_code == 404
        assert (await http.post("/metrics")).status_code == 405


async def test_a_large_request_and_a_silent_client_are_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with served() as port:
        large = b"GET /metrics HTTP/1.1\r\nx: " + b"y" * 3 * HEAD_MAX
        assert (await exchange(port, large)).startswith(b"HTTP/1.1 431 ")
        monkeypatch.setattr(endpoint, "TIMEOUT", 0.01)
        assert await exchange(port, b"GET /metrics") == b"", "it closes in the end"


async def test_a_connection_too_many_is_closed() -> None:
    go = asyncio.Event()
    waiting = 0

    async def slow() -> bytes:
        nonlocal waiting
        waiting += 1
        await go.wait()
        return b""

    request = b"GET /metrics HTTP/1.1\r\n\r\n"
    async with served(slow) as port:
        asked = [asyncio.create_task(exchange(port, request)) for _ in range(CONNECTIONS_MAX)]
        await wait_until(lambda: waiting == CONNECTIONS_MAX)
        assert await exchange(port, request) == b""
        go.set()
        assert all(found.startswith(b"HTTP/1.1 200 ") for found in await asyncio.gather(*asked))


async def test_no_port_is_no_endpoint() -> None:
    async with serve_metrics(Address("127.0.0.1", None), answer) as port:
        assert port is None


async def test_an_address_in_use_is_logged_and_stops_nothing(
    caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    async with served() as port, serve_metrics(Address("127.0.0.1", port), answer) as second:
        assert second is None
    nowhere = Address("", None, tmp_path / "no" / "folder")
    async with serve_metrics(nowhere, answer) as second:
        assert second is None
    errors = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert len(errors) == 2


async def test_a_bug_in_a_metric_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    async def broken() -> bytes:
        raise RuntimeError("a bug")

    async with served(broken) as port, httpx.AsyncClient() as http:
        assert (await http.get(f"http://127.0.0.1:{port}/metrics")).status_code == 500
    assert "a bug" in caplog.text


async def test_a_socket_is_scraped(tmp_path: Path) -> None:
    path = tmp_path / "one.sock"
    assert await scrape(path) is None
    async with serve_metrics(Address("", 0, path), answer) as port:
        assert port is None
        assert await scrape(path) == b"a 1\n"
    async with serve_metrics(Address("", 0, path), answer):
        assert await scrape(path) == b"a 1\n", "a socket that a killed process left is replaced"

"""The application behind a real uvicorn, with incomplete and oversized bodies."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator

import orjson
import pytest
import uvicorn

import tests.support.quick_uvicorn  # noqa: F401 - for its effect
from tests.support.newsroom import TestNewsroom
from tests.support.waiting import wait_until
from ticker.api.bodies import DISCARD_MAX

GOOD = orjson.dumps({"headline": "Ferry service resumes", "edition": "en"})
Wire = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@pytest.fixture
async def port(newsroom: TestNewsroom) -> AsyncIterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(
            uvicorn.Config(newsroom.app, ws="none", lifespan="off", log_level="critical")
        )
        with contextlib.ExitStack() as stack:
            stack.callback(setattr, server, "should_exit", True)
            serving = asyncio.create_task(server.serve(sockets=[listener]))
            await wait_until(lambda: server.started)
            yield listener.getsockname()[1]
        await serving


@contextlib.asynccontextmanager
async def dial(port: int) -> AsyncIterator[Wire]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield reader, writer
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


def head(
    newsroom: TestNewsroom, *headers: str, method: str = "POST", path: str = "/v1/items"
) -> bytes:
    lines = [
        f"{method} {path} HTTP/1.1",
        "Host: newsroom.test",
        "Content-Type: application/json",
        f"Authorization: {newsroom.key['authorization']}",
        *headers,
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n"


async def answer(reader: asyncio.StreamReader) -> tuple[int, dict[str, str], bytes]:
    top = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 30)
    status, *lines = top.decode().split("\r\n")
    headers = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in lines) if k}
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    return int(status.split()[1]), headers, body


async def test_a_whole_request(newsroom: TestNewsroom, port: int) -> None:
    async with dial(port) as (reader, writer):
        writer.write(head(newsroom, f"Content-Length: {len(GOOD)}") + GOOD)
        status, headers, body = await answer(reader)
        assert status == 201
        assert headers["location"].endswith(orjson.loads(body)["item"]["id"])


async def test_a_body_in_pieces(newsroom: TestNewsroom, port: int) -> None:
    async with dial(port) as (reader, writer):
        writer.write(head(newsroom, "Transfer-Encoding: chunked"))
        for n in range(len(GOOD)):
            writer.write(b"1\r\n" + GOOD[n : n + 1] + b"\r\n")
            await writer.drain()
        writer.write(b"0\r\n\r\n")
        assert (await answer(reader))[0] == 201


async def test_too_large_in_pieces_without_a_length(newsroom: TestNewsroom, port: int) -> None:
    async with dial(port) as (reader, writer):
        writer.write(head(newsroom, "Transfer-Encoding: chunked"))
        for _ in range(20):
            writer.write(b"1000\r\n" + b" " * 0x1000 + b"\r\n")
        writer.write(b"0\r\n\r\n")
        status, headers, body = await answer(reader)
        assert (status, orjson.loads(body)["type"]) == (413, "/problems/too-large")
        assert headers["connection"] == "close"
        assert await reader.read() == b""
    assert await newsroom.traces() == 0


async def test_a_body_without_an_end_is_cut_off(newsroom: TestNewsroom, port: int) -> None:
    sent = 0
    async with dial(port) as (reader, writer):
        writer.write(head(newsroom, "Transfer-Encoding: chunked"))
        with contextlib.suppress(ConnectionError):
            while not reader.at_eof() and sent < 50 * DISCARD_MAX:
                writer.write(b"10000\r\n" + b" " * 0x10000 + b"\r\n")
                await writer.drain()
                sent += 0x10000
    # The buffers of both kernels count as sent, although nothing read them.
    assert sent < 30 * DISCARD_MAX
    assert await newsroom.traces() == 0


async def test_a_client_that_expects_100_is_refused_before_it_sends(
    newsroom: TestNewsroom, port: int
) -> None:
    async with dial(port) as (reader, writer):
        writer.write(head(newsroom, "Content-Length: 999999", "Expect: 100-continue"))
        status, headers, _ = await answer(reader)
        assert (status, headers["connection"]) == (413, "close")


async def test_a_client_that_expects_100_may_send(newsroom: TestNewsroom, port: int) -> None:
    async with dial(port) as (reader, writer):
        writer.write(head(newsroom, f"Content-Length: {len(GOOD)}", "Expect: 100-continue"))
        assert b" 100 " in await reader.readuntil(b"\r\n\r\n")
        writer.write(GOOD)
        assert (await answer(reader))[0] == 201


async def test_a_client_that_disconnects_publishes_nothing(
    newsroom: TestNewsroom, port: int
) -> None:
    async with dial(port) as (reader, writer):
        writer.write(head(newsroom, "Content-Length: 100") + GOOD[:20])
        await writer.drain()
    async with dial(port) as (reader, writer):
        writer.write(head(newsroom, method="GET", path="/healthz"))
        assert (await answer(reader))[0] == 200
    assert await newsroom.traces() == 0


async def test_a_connection_outlives_its_errors(newsroom: TestNewsroom, port: int) -> None:
    async with dial(port) as (reader, writer):
        for headers, body, expected in (
            ((), b"{", 400),
            (("If-None-Match: x",), b"", 400),
            ((), GOOD, 201),
            ((), GOOD, 409),
        ):
            writer.write(head(newsroom, f"Content-Length: {len(body)}", *headers) + body)
            assert (await answer(reader))[0] == expected


async def test_head_and_not_modified_have_no_body(newsroom: TestNewsroom, port: int) -> None:
    await newsroom.publish()
    async with dial(port) as (reader, writer):
        writer.write(head(newsroom, method="HEAD"))
        top = await reader.readuntil(b"\r\n\r\n")
        assert b"content-length: 0" not in top
        writer.write(head(newsroom, method="GET"))
        status, headers, body = await answer(reader)
        assert (status, len(body) > 100) == (200, True)
        writer.write(head(newsroom, f"If-None-Match: {headers['etag']}", method="GET"))
        status, headers, body = await answer(reader)
        assert (status, body, "content-length" in headers) == (304, b"", False)
        writer.write(head(newsroom, method="GET", path="/healthz"))
        assert (await answer(reader))[0] == 200


@pytest.mark.parametrize(
    "path", ["/../pyproject.toml", "/..%2f..%2fpyproject.toml", "/%2e%2e/x.js"]
)
async def test_paths_with_dots_are_refused(newsroom: TestNewsroom, port: int, path: str) -> None:
    async with dial(port) as (reader, writer):
        writer.write(head(newsroom, method="GET", path=path))
        status, _, body = await answer(reader)
        assert status == 404
        assert b"build-system" not in body

"""Plain HTTP/1.1: what a server may send, and what a connection may do."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest

from tests.support.http_server import Answer, answering
from tests.support.ports import free_port
from tests.support.waiting import wait_until
from ticker.client import plain_http
from ticker.client.errors import Refused, Unreachable
from ticker.client.http_message import Response
from ticker.client.plain_http import PlainHttp, needs_httpx


@asynccontextmanager
async def raw(*answers: bytes) -> AsyncIterator[tuple[PlainHttp, list[bytes]]]:
    """Answer each connection with one of ``answers`` and close it; yield the requests too."""
    asked: list[bytes] = []
    left = list(answers)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(left.pop(0))
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        http = PlainHttp(f"http://127.0.0.1:{port}/base/", 5)
        try:
            yield http, asked
        finally:
            await http.aclose()


async def get(http: PlainHttp) -> Response:
    return await http.send("GET", "/x", params=[("a", "é b")], headers={"Accept": "*/*"})


@pytest.mark.parametrize(
    ("answer", "content"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", b"hi"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n", b"hi"),
        (b"HTTP/1.0 200 OK\r\n\r\nuntil the end", b"until the end"),
        (b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\n\r\nhi", b"hi"),
    ],
)
async def test_a_response(answer: bytes, content: bytes) -> None:
    async with raw(answer) as (http, asked):
        found = await get(http)
    assert (found.status, found.reason, found.content) == (200, "OK", content)
    assert asked[0].startswith(b"GET /base/x?a=%C3%A9+b HTTP/1.1\r\nHost: 127.0.0.1:")
    assert b"\r\nAccept-Encoding: identity\r\n" in asked[0]
    assert "link" not in found.headers


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (b"", "closed the connection before"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhi", "closed the connection before"),
        (
            b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n",
            "another protocol",
        ),
        (b"HTTP/1.1 200 OK\r\nX: ", "closed the connection before"),
        (b"SSH-2.0-OpenSSH\r\n\r\n", "the response is not HTTP"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 70_000, "the response is too large"),
    ],
)
async def test_a_broken_response(answer: bytes, why: str) -> None:
    async with raw(answer) as (http, _):
        with pytest.raises(Unreachable, match=why):
            await get(http)


async def test_a_connection_is_kept_and_another_made_when_it_is_gone() -> None:
    async with answering(Answer(200, {}), Answer(200, {})) as web:
        http = PlainHttp(web.url, 5)
        for _ in range(2):
            assert (await get(http)).status == 200
        await http.aclose()
    kept = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"
    async with raw(kept, kept) as (http, asked):
        assert [(await get(http)).content for _ in range(2)] == [b"hi", b"hi"]
        assert len(asked) == 2


async def test_a_body_has_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plain_http, "RESPONSE_MAX", 100)
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 200\r\n\r\n" + b"x" * 200
    async with raw(answer) as (http, _):
        with pytest.raises(Unreachable, match="too large"):
            await get(http)


@pytest.mark.parametrize(
    ("first", "sent", "status"),
    [
        (b"HTTP/1.1 100 Continue\r\n\r\n", True, 201),
        (b"", True, 201),
        (b"HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno", False, 413),
    ],
    ids=["agreed", "silent", "refused"],
)
async def test_a_large_body_waits_until_the_server_agrees(
    monkeypatch: pytest.MonkeyPatch, first: bytes, sent: bool, status: int
) -> None:
    monkeypatch.setattr(plain_http, "EXPECT_FROM", 10)
    monkeypatch.setattr(plain_http, "AGREED_WITHIN", 0.05)
    read: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        read.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(first)
        if sent:
            read.append(await reader.readexactly(20))
            writer.write(b"HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n")
        else:
            read.append(await reader.read())
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        http = PlainHttp(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", 5)
        found = await http.send("POST", "/", content=b"x" * 20, headers={})
        await http.aclose()
        await wait_until(lambda: len(read) == 2)
    assert found.status == status
    assert b"\r\nExpect: 100-continue\r\n" in read[0]
    assert read[1] == (b"x" * 20 if sent else b"")


async def test_a_silent_server() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:  # it accepts, and never answers
        http = PlainHttp(f"http://127.0.0.1:{server.getsockname()[1]}", 0.05)
        with pytest.raises(Unreachable, match=r"no answer within 0\.05 s"):
            await get(http)


async def test_a_server_that_sends_a_little_now_and_then_has_one_deadline_for_all() -> None:
    gone = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        with suppress(EOFError, ConnectionError):
            while not gone.is_set():
                writer.write(b"x")
                with suppress(TimeoutError):
                    async with asyncio.timeout(0.02):
                        await reader.readuntil(b"what the client does not send")
        gone.set()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        http = PlainHttp(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", 0.2)
        with pytest.raises(Unreachable, match=r"no answer within 0\.2 s"):
            await get(http)
        async with asyncio.timeout(30):
            await gone.wait()


async def test_a_name_with_several_addresses_that_all_refuse() -> None:
    with pytest.raises(Unreachable, match="connection refused"):
        await get(PlainHttp(f"http://localhost:{free_port()}", 5))


async def test_a_path_with_a_space_is_quoted() -> None:
    async with answering(Answer(200, {})) as web:
        http = PlainHttp(f"{web.url}/the news%20of é/", 5)
        assert (await get(http)).status == 200
        await http.aclose()
        assert web.asked[0].path.startswith("/the%20news%20of%20%C3%A9/x?")


async def test_a_header_with_a_line_break_is_not_sent() -> None:
    with pytest.raises(Refused, match="Idempotency-Key has characters"):
        await PlainHttp("http://127.0.0.1:1", 1).send(
            "GET", "/", headers={"Idempotency-Key": "a\r\nX: y"}
        )


def test_proxies_and_passwords_need_httpx() -> None:
    assert not needs_httpx("http://a.example", {"HTTP_PROXY": "", "PATH": "/bin"})
    assert needs_httpx("http://a.example", {"HTTPS_PROXY": "http://proxy.example"})
    assert needs_httpx("http://user:secret@a.example", {})
    assert needs_httpx("http://a.example", {}, lambda: {"http": "http://proxy.example"})
    assert not needs_httpx("http://a.example", {}, lambda: {"no": "*.example"})

"""The webhook sender: bounds on what a receiver does, and addresses that are never reached."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from tests.support.http_server import Answer
from tests.support.waiting import simulated_delay, wait_until
from tests.support.webhook_newsroom import LOOPBACK, receiving
from ticker.webhooks.retry_policy import Delivered, EndpointGone, Later, Refused
from workers.webhooks.sender import ANSWER_MAX, Sender

SIGNED = {"webhook-id": "evt_1-0", "webhook-timestamp": "5", "webhook-signature": "v1,AA=="}
Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@contextlib.asynccontextmanager
async def sender(*, allow: bool = True, timeout: float = 5.0) -> AsyncIterator[Sender]:
    made = Sender(LOOPBACK if allow else (), timeout=timeout)
    try:
        yield made
    finally:
        await made.aclose()


@contextlib.asynccontextmanager
async def rude(serve: Serve) -> AsyncIterator[tuple[str, list[str]]]:
    """A server that does ``serve`` after the head of a request; yield its address, and a list to
    which it adds how each connection ended."""
    ends: list[str] = []

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            await serve(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError) as error:
            ends.append(type(error).__name__)
        finally:
            writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", ends


async def test_the_request() -> None:
    async with receiving() as receiver, sender() as one:
        assert await one.send(receiver.url + "/in?x=1", SIGNED, b'{"a":1}') == Delivered(204)
    [asked] = receiver.asked
    assert (asked.method, asked.path, asked.body) == ("POST", "/in?x=1", b'{"a":1}')
    assert asked.headers["content-type"] == "application/json"
    assert asked.headers["user-agent"].startswith("Ticker/")
    assert "http://" + asked.headers["host"] == receiver.url
    assert {name: asked.headers[name] for name in SIGNED} == SIGNED
    assert not {"cookie", "authorization", "accept-encoding"} & set(asked.headers)


async def test_the_verdict_of_each_answer() -> None:
    answers = [Answer(200, b"ok"), Answer(503, b""), Answer(404, b""), Answer(410, b"")]
    async with receiving(*answers) as receiver, sender() as one:
        found = [await one.send(receiver.url, SIGNED, b"{}") for _ in answers]
    assert [type(verdict) for verdict in found] == [Delivered, Later, Refused, EndpointGone]


async def test_redirects_are_not_followed() -> None:
    async with receiving() as inner:
        moved = Answer(307, b"", {"Location": inner.url})
        async with receiving(moved) as outer, sender() as one:
            verdict = await one.send(outer.url, SIGNED, b"{}")
        assert verdict == Refused("it answered 307; redirects are not followed", 307)
        assert not inner.asked


async def test_an_endless_body_is_read_for_a_little_and_counts() -> None:
    sent = 0

    async def endless(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            writer.write(b"400\r\n" + b"x" * 1024 + b"\r\n")
            await writer.drain()
            sent += 1024

    async with rude(endless) as (url, ends), sender() as one:
        assert await one.send(url, SIGNED, b"{}") == Delivered(200)
        await wait_until(lambda: ends)
    assert sent >= ANSWER_MAX


async def test_a_dripping_body_does_not_hold_the_line() -> None:
    async def dripping(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n")
        while True:
            writer.write(b"x")
            await writer.drain()
            await simulated_delay(0.1)

    async with rude(dripping) as (url, _), sender(timeout=30) as one:
        async with asyncio.timeout(20):
            assert await one.send(url, SIGNED, b"{}") == Delivered(200)


@pytest.mark.parametrize("said", [b"", b"HTTP/1.1 200 OK\r\nX: "])
async def test_a_slow_answer_is_given_up(said: bytes) -> None:
    async def slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(said)
        await reader.read()

    async with rude(slow) as (url, _), sender(timeout=0.3) as one:
        assert await one.send(url, SIGNED, b"{}") == Later("no answer within 0.3 seconds")


@pytest.mark.parametrize("said", [b"", b"nonsense\r\n\r\n", b"HTTP/1.1 200 OK\r\n" + b"a" * 99_999])
async def test_a_broken_answer_is_retried(said: bytes) -> None:
    async def broken(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(said)

    async with rude(broken) as (url, _), sender() as one:
        verdict = await one.send(url, SIGNED, b"{}")
    assert isinstance(verdict, Later)
    assert verdict.why.startswith("no connection, or a broken one")


async def test_a_closed_port_is_retried() -> None:
    async with receiving() as receiver:
        url = receiver.url
    async with sender() as one:
        assert isinstance(await one.send(url, SIGNED, b"{}"), Later)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "[::1]", "2130706433", "0x7f.1", "0.0.0.0", "127.1"]
)
@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_a_name_of_this_machine_is_refused(scheme: str, host: str) -> None:
    """By name, and in every spelling of the address that a resolver understands."""
    async with receiving() as receiver, sender(allow=False) as one:
        port = receiver.url.rpartition(":")[2]
        verdict = await one.send(f"{scheme}://{host}:{port}/", SIGNED, b"{}")
        assert isinstance(verdict, Later)
        assert "outbound_private_networks" in verdict.why or "cannot be resolved" in verdict.why
        assert not receiver.asked
        assert not receiver.open, "nobody connected"


async def test_http_goes_only_into_the_allowed_networks() -> None:
    async with sender() as one:
        verdict = await one.send("http://93.184.216.34/", SIGNED, b"{}")
    assert isinstance(verdict, Later)
    assert "http is allowed only there" in verdict.why


@pytest.mark.parametrize("url", ["file:///etc/passwd", "unix:/tmp/s", "https:/x", "https://", "x"])
async def test_an_endpoint_that_is_not_http_is_refused(url: str) -> None:
    async with sender() as one:
        verdict = await one.send(url, SIGNED, b"{}")
    assert isinstance(verdict, Later)
    assert "not an" in verdict.why


async def test_an_unknown_name() -> None:
    async with sender() as one:
        verdict = await one.send("https://nobody.invalid/", SIGNED, b"{}")
    assert isinstance(verdict, Later)
    assert "cannot be resolved" in verdict.why

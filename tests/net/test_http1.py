"""HTTP/1.1 over sockets, against a server that sends exactly the bytes it is given."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from tests.net.calls import failures, outcome, outcomes, post, statuses
from tests.net.peer import certificate
from tests.support.waiting import forever, simulated_delay, wait_until
from ticker.net.client import HttpClient
from ticker.net.http1 import ANSWER_MAX, HEAD_MAX
from ticker.net.reply import BODY_MAX, Reply, Unanswered

OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"


class Server:
    """Reads requests and lets ``talk`` answer them, connection by connection."""

    def __init__(self, talk: Callable[[Channel], Awaitable[None]]) -> None:
        self.talk = talk
        self.origin = ""
        self.requests: list[tuple[int, bytes, bytes]] = []
        """The number of the connection, head and body."""
        self.channels: list[Channel] = []

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        channel = Channel(self, len(self.channels), reader, writer)
        self.channels.append(channel)
        try:
            await self.talk(channel)
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            channel.open = False
            writer.close()


class Channel:
    def __init__(
        self,
        server: Server,
        number: int,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        self.number = number
        self.open = True
        self._server = server
        self._reader = reader
        self._writer = writer

    async def request(self) -> bytes:
        """Return the body of the next request."""
        head = await self._reader.readuntil(b"\r\n\r\n")
        size = next(
            int(line.split(b":")[1])
            for line in head.split(b"\r\n")
            if line.startswith(b"content-length:")
        )
        body = await self._reader.readexactly(size)
        self._server.requests.append((self.number, head, body))
        return body

    async def send(self, data: bytes) -> None:
        self._writer.write(data)
        await self._writer.drain()


@asynccontextmanager
async def serving(talk: Callable[[Channel], Awaitable[None]]) -> AsyncIterator[Server]:
    server = Server(talk)
    listening = await asyncio.start_server(server, "127.0.0.1", 0)
    server.origin = f"http://localhost:{listening.sockets[0].getsockname()[1]}"
    try:
        yield server
    finally:
        listening.close()
        for channel in server.channels:
            channel._writer.transport.abort()
        await listening.wait_closed()


def always(*answers: bytes) -> Callable[[Channel], Awaitable[None]]:
    """Return a talk that answers every request with these bytes, piece by piece."""

    async def talk(channel: Channel) -> None:
        while True:
            await channel.request()
            for answer in answers:
                await channel.send(answer)
                await asyncio.sleep(0)

    return talk


def once(answer: bytes) -> Callable[[Channel], Awaitable[None]]:
    """Return a talk that answers one request on a connection, and closes it."""

    async def talk(channel: Channel) -> None:
        await channel.request()
        await channel.send(answer)

    return talk


def client_of(timeout: float = 5.0, connections: int = 32) -> HttpClient:
    return HttpClient(timeout=timeout, allow=None, connections_h1=connections)


async def test_a_request_is_one_message_and_the_connection_is_kept() -> None:
    async with serving(always(OK)) as server:
        client = client_of()
        for body in (b"one", b"", b"three"):
            reply = await post(client, server.origin, body, b"/a?b")
            assert reply == Reply(200, {b"content-length": b"2"}, b"ok")
        numbers, heads, bodies = zip(*server.requests, strict=True)
        assert numbers == (0, 0, 0)
        assert bodies == (b"one", b"", b"three")
        host = server.origin.removeprefix("http://").encode()
        assert heads[0] == (
            b"POST /a?b HTTP/1.1\r\nhost: %b\r\nTTL: 60\r\nauthorization: vapid t=a, k=b\r\n"
            b"content-length: 3\r\n\r\n" % host
        )
        await client.aclose()
        await wait_until(lambda: not server.channels[0].open)


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    ("answer", "status", "body"),
    [
        pytest.param(
            CHUNKED + b"3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nx: y\r\n\r\n", 200, b"abcde", id="chunks"
        ),
        pytest.param(b"HTTP/1.1 204 No Content\r\n\r\n", 204, b"", id="no content"),
        pytest.param(
            b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 E\r\nlink: x\r\n\r\n" + OK,
            200,
            b"ok",
            id="1xx",
        ),
        pytest.param(b"HTTP/1.1 410 Gone\r\nContent-Length:0\r\n\r\n", 410, b"", id="gone"),
    ],
)
async def test_every_kind_of_response_is_read_and_the_connection_kept(
    answer: bytes, status: int, body: bytes
) -> None:
    pieces = [answer[n : n + 7] for n in range(0, len(answer), 7)]
    for talk in (always(answer), always(*pieces)):
        async with serving(talk) as server:
            client = client_of()
            for _ in range(3):
                reply = await post(client, server.origin)
                assert (reply.status, reply.body) == (status, body)
                assert b"link" not in reply.headers
            assert client.counts.opened == 1
            await client.aclose()


@pytest.mark.parametrize(
    ("answer", "body"),
    [
        pytest.param(
            b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok", b"ok", id="said"
        ),
        pytest.param(b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", b"ok", id="HTTP/1.0"),
        pytest.param(
            b"HTTP/1.1 200 OK\r\n\r\nup to the end", b"up to the end", id="its end is the end"
        ),
        pytest.param(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
            b"",
            id="101",
        ),
    ],
)
async def test_after_a_response_that_ends_the_connection_another_is_opened(
    answer: bytes, body: bytes
) -> None:
    async with serving(once(answer)) as server:
        client = client_of()
        assert [(await post(client, server.origin)).body for _ in range(3)] == [body] * 3
        assert [number for number, _, _ in server.requests] == [0, 1, 2]
        assert (client.counts.retried, client.counts.failed) == (0, 0)
        await client.aclose()


async def test_connections_are_bounded_and_further_requests_wait() -> None:
    most = now = 0

    async def talk(channel: Channel) -> None:
        nonlocal most, now
        while True:
            await channel.request()
            now += 1
            most = max(most, now)
            await simulated_delay(0.005)
            now -= 1
            await channel.send(OK)

    async with serving(talk) as server:
        client = client_of(connections=5)
        assert statuses(await outcomes(client, server.origin, 40)) == [200] * 40
        assert len(server.channels) == most == 5
        await client.aclose()


async def test_a_connection_closed_while_idle_is_replaced_unnoticed() -> None:
    async with serving(once(OK)) as server:
        client = client_of()
        for _ in range(3):
            assert (await post(client, server.origin)).status == 200
            await wait_until(lambda: not server.channels[-1].open)
            await simulated_delay(0.02)  # the end of the connection is on its way
        assert len(server.requests) == 3
        await client.aclose()


async def closes_on_the_second(channel: Channel) -> None:
    """Close a kept-alive connection just when it is used again, as an idle limit would."""
    await channel.request()
    await channel.send(OK)
    await channel.request()


async def test_a_request_on_a_closing_connection_is_sent_once_more() -> None:
    async with serving(closes_on_the_second) as server:
        client = client_of()
        assert [(await post(client, server.origin)).status for _ in range(4)] == [200] * 4
        assert [number for number, _, _ in server.requests] == [0, 0, 1, 1, 2, 2, 3]
        assert client.counts.retried == 3
        await client.aclose()


async def test_all_requests_on_closing_connections_are_sent_once_more() -> None:
    async with serving(closes_on_the_second) as server:
        client = client_of(connections=4)
        assert statuses(await outcomes(client, server.origin, 4)) == [200] * 4
        assert statuses(await outcomes(client, server.origin, 4)) == [200] * 4
        assert client.counts.retried > 0
        assert len(server.requests) == 8 + client.counts.retried
        await client.aclose()


async def test_a_request_on_a_new_connection_is_not_sent_twice() -> None:
    async with serving(once(b"")) as server:
        client = client_of()
        failed = await outcome(client, server.origin)
        assert isinstance(failed, Unanswered)
        assert failed.sent
        assert len(server.requests) == 1
        assert client.counts.retried == 0
        await client.aclose()


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nok", "lost", id="body cut off"),
        pytest.param(b"HTTP/1.1 200 OK\r\nConte", "lost", id="headers cut off"),
        pytest.param(CHUNKED + b"5\r\nab", "lost", id="chunk cut off"),
        pytest.param(b"SSH-2.0-OpenSSH_9.2\r\n", "not HTTP", id="something else"),
        pytest.param(CHUNKED + b"zz\r\n", "not HTTP", id="no chunk"),
        pytest.param(
            b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * (HEAD_MAX // 3), "endless", id="endless headers"
        ),
        pytest.param(
            b"HTTP/1.1 103 E\r\n\r\n" * (HEAD_MAX // 9), "endless", id="endless interim answers"
        ),
        pytest.param(
            b"HTTP/1.1 200 OK\r\na: " + b"b" * 2 * HEAD_MAX, "endless", id="an endless header"
        ),
    ],
)
async def test_an_invalid_response_fails_and_was_sent(answer: bytes, why: str) -> None:
    async with serving(once(answer)) as server:
        client = client_of()
        failed = await outcome(client, server.origin)
        assert isinstance(failed, Unanswered)
        assert why in failed.why
        assert failed.sent
        assert len(server.requests) == 1
        await client.aclose()


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(
            b"HTTP/1.1 500 X\r\nContent-Length: 9999999999\r\n\r\n" + b"x" * ANSWER_MAX, id="length"
        ),
        pytest.param(b"HTTP/1.1 500 X\r\n\r\n" + b"x" * ANSWER_MAX, id="no length"),
        pytest.param(
            b"HTTP/1.1 500 X\r\nTransfer-Encoding: chunked\r\n\r\n"
            + b"1\r\nx\r\n" * (ANSWER_MAX // 6),
            id="chunks",
        ),
    ],
)
async def test_an_endless_body_is_cut_off(answer: bytes) -> None:
    async def talk(channel: Channel) -> None:
        await channel.request()
        await channel.send(answer)
        await forever()

    async with serving(talk) as server:
        client = client_of()
        reply = await post(client, server.origin)
        assert (reply.status, reply.body) == (500, b"x" * BODY_MAX)
        assert (await post(client, server.origin)).status == 500
        assert len(server.channels) == 2
        await client.aclose()


async def test_a_long_body_with_an_end_is_cut_and_the_connection_kept() -> None:
    body = b"x" * (BODY_MAX + 5_000)
    async with serving(
        always(b"HTTP/1.1 500 X\r\nContent-Length: %d\r\n\r\n" % len(body), body)
    ) as server:
        client = client_of()
        for _ in range(2):
            assert (await post(client, server.origin)).body == body[:BODY_MAX]
        assert len(server.channels) == 1
        await client.aclose()


@pytest.mark.parametrize("excess", [OK, b"\x00\x01garbage", b"HTTP/1.1 2"])
async def test_a_response_without_a_request_is_dropped(excess: bytes) -> None:
    async with serving(always(OK.replace(b"ok", b"no") + excess)) as server:
        client = client_of()
        for _ in range(3):
            assert (await post(client, server.origin)).body == b"no"
        assert len(server.channels) == 3
        await client.aclose()


async def test_a_late_response_is_dropped() -> None:
    async def talk(channel: Channel) -> None:
        while True:
            body = await channel.request()
            if body == b"slow":
                await simulated_delay(0.4)
            await channel.send(b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\n" + body)

    async with serving(talk) as server:
        client = client_of(timeout=0.2)
        [late] = failures([await outcome(client, server.origin, b"slow")])
        assert late.sent
        assert client.counts.timeouts == 1
        assert (await post(client, server.origin, b"fast")).body == b"fast"
        assert [number for number, _, _ in server.requests] == [0, 1]
        await client.aclose()


async def test_a_cancelled_request_closes_its_connection() -> None:
    async def talk(channel: Channel) -> None:
        await channel.request()
        await channel.request()  # waits for the end

    async with serving(talk) as server:
        client = client_of(connections=2)
        tasks = [asyncio.ensure_future(post(client, server.origin)) for _ in range(5)]
        await wait_until(lambda: len(server.requests) == 2)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await wait_until(lambda: not any(channel.open for channel in server.channels))
        assert not client.pending
        assert not client.origins[server.origin].busy
        await client.aclose()


async def test_https_without_http2_speaks_http1() -> None:
    both = certificate()
    both.server.set_alpn_protocols(["http/1.1"])
    server = Server(always(OK))
    listening = await asyncio.start_server(server, "127.0.0.1", 0, ssl=both.server)
    origin = f"https://localhost:{listening.sockets[0].getsockname()[1]}"
    client = HttpClient(timeout=5, allow=None, tls=both.client, connections_h1=3)
    assert statuses(await outcomes(client, origin, 20)) == [200] * 20
    assert 1 <= len(server.channels) <= 3
    await client.aclose()
    listening.close()
    await listening.wait_closed()

"""The client with either protocol: permitted addresses, origins, time-outs, idle connections."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from contextlib import AsyncExitStack

import pytest
from hyperframe.frame import DataFrame, HeadersFrame, SettingsFrame

from tests.net.calls import HEAD, LOOPBACK, failures, outcome, outcomes, post, statuses
from tests.net.peer import Peer, Request, Response, certificate
from tests.support.ports import free_port
from tests.support.waiting import simulated_delay, wait_until
from ticker.net.client import HttpClient
from ticker.net.reply import Forbidden, Reply, Unanswered


async def ok(request: Request) -> Response:
    return Response(200, {}, request.body)


def refusing() -> str:
    """Return an origin where nobody listens."""
    return f"http://127.0.0.1:{free_port()}"


async def test_untrusted_urls_do_not_reach_private_addresses() -> None:
    async with Peer(ok) as peer:
        strict = HttpClient(timeout=5, allow=(), prior_knowledge=True)
        for host in ("localhost", "127.0.0.1", "0x7f.1", "[::ffff:127.0.0.1]"):
            for _ in range(3):
                found = await outcome(strict, f"http://{host}:{peer.port}")
                assert isinstance(found, Forbidden)
                assert not found.sent
        assert not peer.connections
        lenient = HttpClient(timeout=5, allow=LOOPBACK, prior_knowledge=True)
        assert statuses([await outcome(lenient, peer.origin)]) == [200]
        await strict.aclose()
        await lenient.aclose()


async def test_every_request_to_a_forbidden_address_fails_with_an_error_of_its_own() -> None:
    client = HttpClient(timeout=5, allow=())
    found = await outcomes(client, "http://localhost:9", 20)
    assert all(isinstance(each, Forbidden) for each in found)
    assert len({id(each) for each in found}) == 20
    await client.aclose()


@pytest.mark.parametrize("path", [b"", b"push", b"/a b", b"/a\r\nx: y", b"/\xc3\xa9", b"http://x/"])
async def test_an_invalid_path_is_forbidden(path: bytes) -> None:
    client = HttpClient(timeout=5, allow=None)
    with pytest.raises(Forbidden, match="path"):
        await client.post("http://localhost:9", path, HEAD, (), b"")
    assert client.counts.requests == 0
    await client.aclose()


async def test_a_line_break_in_a_header_is_a_value_error() -> None:
    client = HttpClient(timeout=5, allow=None)
    with pytest.raises(ValueError, match="line break"):
        await client.post("http://localhost:9", b"/", HEAD, [(b"topic", b"x\r\ny: z")], b"")
    await client.aclose()


async def test_a_server_that_refuses_connections_is_not_hammered() -> None:
    client, origin = HttpClient(timeout=5, allow=None), refusing()
    for _ in range(200):
        found = await outcomes(client, origin, 5)
        assert [each.sent for each in failures(found)] == [False] * 5
    assert 1 <= client.counts.failed < 20
    assert client.counts.requests == 1_000
    await client.aclose()


async def test_a_server_that_refused_connections_is_tried_again() -> None:
    peer = Peer(ok)
    await peer.start()
    client = HttpClient(timeout=5, allow=None, prior_knowledge=True)
    await peer.stop()
    assert failures(await outcomes(client, peer.origin, 3))
    await peer.start()
    await wait_until(lambda: outcome(client, peer.origin), lambda found: isinstance(found, Reply))
    assert statuses(await outcomes(client, peer.origin, 3)) == [200] * 3
    await client.aclose()
    await peer.stop()


async def test_a_server_that_closes_every_connection_is_not_hammered() -> None:
    connections = 0

    async def closes(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        writer.close()

    server = await asyncio.start_server(closes, "127.0.0.1", 0)
    origin = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    for prior_knowledge in (True, False):
        connections = 0
        client = HttpClient(timeout=5, allow=None, prior_knowledge=prior_knowledge)
        for _ in range(100):
            assert failures([await outcome(client, origin)])
        assert 1 <= connections < 20
        await client.aclose()
    server.close()
    await server.wait_closed()


async def test_a_server_that_accepts_and_stays_silent_is_given_up_in_time() -> None:
    accepted = asyncio.Event()

    async def mute(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        accepted.set()
        await reader.read()
        writer.close()

    server = await asyncio.start_server(mute, "127.0.0.1", 0)
    origin = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    client = HttpClient(timeout=5, allow=None, prior_knowledge=True, connect_timeout=0.2)
    found = failures(await outcomes(client, origin, 3))
    assert accepted.is_set()
    assert [each.sent for each in found] == [False] * 3
    assert "0.2 s" in found[0].why
    assert client.counts.failed == 1
    await client.aclose()
    server.close()
    await server.wait_closed()


async def test_nothing_is_sent_to_a_server_with_an_untrusted_certificate() -> None:
    async with Peer(ok, tls=certificate()) as peer:
        client = HttpClient(timeout=5, allow=None, tls=ssl.create_default_context())
        [found] = failures(await outcomes(client, peer.origin, 1))
        assert not found.sent
        assert "ertificate" in found.why
        assert not peer.requests
        await client.aclose()


async def test_a_certificate_for_another_name_is_refused() -> None:
    own = certificate()
    async with Peer(ok, tls=own) as peer:
        client = HttpClient(timeout=5, allow=None, tls=own.client)
        assert failures([await outcome(client, f"https://127.0.0.2:{peer.port}")])
        assert statuses([await outcome(client, f"https://127.0.0.1:{peer.port}")]) == [200]
        await client.aclose()


async def test_idle_connections_are_closed_and_forgotten() -> None:
    async with Peer(ok) as peer:
        client = HttpClient(timeout=5, allow=None, prior_knowledge=True, idle=0.2)
        await post(client, peer.origin)
        assert len(peer.open) == 1
        await wait_until(lambda: not peer.open and not client.origins)
        assert statuses([await outcome(client, peer.origin)]) == [200]
        assert len(peer.connections) == 2
        await client.aclose()


async def test_a_connection_that_is_used_is_not_idle() -> None:
    async def slow(request: Request) -> Response:
        await simulated_delay(0.5)
        return Response()

    async with Peer(slow) as peer:
        client = HttpClient(timeout=5, allow=None, prior_knowledge=True, idle=0.1)
        assert statuses(await outcomes(client, peer.origin, 3)) == [200] * 3
        assert len(peer.connections) == 1
        await client.aclose()


async def test_of_too_many_origins_the_least_recently_used_is_closed() -> None:
    async with AsyncExitStack() as stack:
        peers = [await stack.enter_async_context(Peer(ok)) for _ in range(4)]
        client = HttpClient(timeout=5, allow=None, prior_knowledge=True, origins=3)
        for peer in (*peers[:3], peers[0]):
            await post(client, peer.origin)
            await simulated_delay(0.01)  # the clock of the loop moves on
        await post(client, peers[3].origin)
        await wait_until(lambda: not peers[1].open)
        assert [len(peer.open) for peer in peers] == [1, 0, 1, 1]
        assert len(client.origins) == 3
        await client.aclose()


async def test_when_all_origins_are_busy_a_further_one_fails_at_once() -> None:
    gate = asyncio.Event()

    async def waits(request: Request) -> Response:
        await gate.wait()
        return Response()

    async with Peer(waits) as busy, Peer(ok) as other:
        client = HttpClient(timeout=5, allow=None, prior_knowledge=True, origins=1)
        sending = asyncio.ensure_future(post(client, busy.origin))
        await wait_until(lambda: busy.requests)
        [found] = failures([await outcome(client, other.origin)])
        assert (found.sent, found.why) == (False, "too many origins at once")
        gate.set()
        assert (await sending).status == 200
        assert statuses([await outcome(client, other.origin)]) == [200]
        await client.aclose()


async def test_closing_while_connecting_fails_waiting_requests() -> None:
    async def mute(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(mute, "127.0.0.1", 0)
    origin = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    client = HttpClient(timeout=5, allow=None, prior_knowledge=True)
    sending = asyncio.ensure_future(outcomes(client, origin, 3))
    await wait_until(lambda: client.counts.requests == 3)
    await client.aclose()
    found = failures(await sending)
    assert [(each.sent, each.why) for each in found] == [(False, "the client was closed")] * 3
    await client.aclose()  # harmless
    server.close()
    await server.wait_closed()


async def test_a_client_that_was_never_used_can_be_closed() -> None:
    client = HttpClient(timeout=5, allow=())
    await client.aclose()
    with pytest.raises(Unanswered, match="closed"):
        await post(client, "https://push.example.org")


@pytest.mark.parametrize("prior_knowledge", [True, False], ids=["h2", "h1"])
async def test_a_body_that_takes_too_long_is_cut_and_its_status_counts(
    prior_knowledge: bool,
) -> None:
    async def dripping(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            if prior_knowledge:
                await reader.readexactly(24)
                writer.write(SettingsFrame().serialize())
                await reader.readuntil(b"text")
                writer.write(HeadersFrame(1, b"\x88", flags=["END_HEADERS"]).serialize())
                writer.write(DataFrame(1, b"begun").serialize())
            else:
                await reader.readuntil(b"text")
                writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\nbegun")
            await reader.read()
        writer.close()

    server = await asyncio.start_server(dripping, "127.0.0.1", 0)
    origin = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    client = HttpClient(timeout=20, allow=None, body_timeout=0.1, prior_knowledge=prior_knowledge)
    async with asyncio.timeout(15):
        reply = await post(client, origin)
    assert (reply.status, reply.body) == (200, b"begun")
    assert not client.counts.timeouts
    await client.aclose()
    server.close()
    await server.wait_closed()


@pytest.mark.parametrize("prior_knowledge", [True, False], ids=["h2", "h1"])
async def test_get_post_and_put_are_sent(prior_knowledge: bool) -> None:
    seen: list[bytes] = []

    async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for _ in range(3):
            head = await reader.readuntil(b"\r\n\r\n")
            seen.append(head.split(b" ")[0])
            assert (b"content-length: 0" in head) == (seen[-1] != b"GET")
            writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
        writer.close()

    if prior_knowledge:
        async with Peer(ok) as peer:
            client = HttpClient(timeout=5, allow=None, prior_knowledge=True)
            for method in (b"GET", b"POST", b"PUT"):
                await client.request(method, peer.origin, b"/", HEAD, (), b"")
            seen = [request.method for request in peer.requests]
            sized = [b"content-length" in request.headers for request in peer.requests]
            assert sized == [False, True, True]
            await client.aclose()
    else:
        server = await asyncio.start_server(one, "127.0.0.1", 0)
        origin = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        client = HttpClient(timeout=5, allow=None)
        for method in (b"GET", b"POST", b"PUT"):
            await client.request(method, origin, b"/", HEAD, (), b"")
        await client.aclose()
        server.close()
        await server.wait_closed()
    assert seen == [b"GET", b"POST", b"PUT"]
    with pytest.raises(ValueError, match="method"):
        await client.request(b"HEAD", "http://localhost", b"/", HEAD, (), b"")

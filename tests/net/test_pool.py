"""What concerns all protocols: where requests may go, how many origins, when connections end."""

from __future__ import annotations

import asyncio
import socket
import ssl
from contextlib import AsyncExitStack

import pytest

from tests.net.calls import HEAD, LOOPBACK, failures, outcome, outcomes, post, statuses
from tests.net.peer import Peer, Request, Response, certificate
from tests.support.waiting import simulated_delay, wait_until
from ticker.net.pool import Pool
from ticker.net.reply import Forbidden, Reply, Unanswered


async def ok(request: Request) -> Response:
    return Response(200, {}, request.body)


def refusing() -> str:
    """Return an origin where nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{taken.getsockname()[1]}"


async def test_strangers_may_not_name_private_addresses() -> None:
    async with Peer(ok) as peer:
        strict = Pool(timeout=5, allow=(), prior_knowledge=True)
        for host in ("localhost", "127.0.0.1", "0x7f.1", "[::ffff:127.0.0.1]"):
            for _ in range(3):
                found = await outcome(strict, f"http://{host}:{peer.port}")
                assert isinstance(found, Forbidden)
                assert not found.sent
        assert not peer.connections
        lenient = Pool(timeout=5, allow=LOOPBACK, prior_knowledge=True)
        assert statuses([await outcome(lenient, peer.origin)]) == [200]
        await strict.aclose()
        await lenient.aclose()


async def test_all_who_wait_for_a_forbidden_address_are_told_so() -> None:
    pool = Pool(timeout=5, allow=())
    found = await outcomes(pool, "http://localhost:9", 20)
    assert all(isinstance(each, Forbidden) for each in found)
    assert len({id(each) for each in found}) == 20
    await pool.aclose()


@pytest.mark.parametrize("path", [b"", b"push", b"/a b", b"/a\r\nx: y", b"/\xc3\xa9", b"http://x/"])
async def test_what_is_no_path_is_forbidden(path: bytes) -> None:
    pool = Pool(timeout=5, allow=None)
    with pytest.raises(Forbidden, match="path"):
        await pool.post("http://localhost:9", path, HEAD, (), b"")
    assert pool.counts.requests == 0
    await pool.aclose()


async def test_a_line_break_in_a_header_is_a_mistake_of_the_caller() -> None:
    pool = Pool(timeout=5, allow=None)
    with pytest.raises(ValueError, match="line break"):
        await pool.post("http://localhost:9", b"/", HEAD, [(b"topic", b"x\r\ny: z")], b"")
    await pool.aclose()


async def test_who_refuses_is_not_hammered() -> None:
    pool, origin = Pool(timeout=5, allow=None), refusing()
    for _ in range(200):
        found = await outcomes(pool, origin, 5)
        assert [each.sent for each in failures(found)] == [False] * 5
    assert 1 <= pool.counts.failed < 20
    assert pool.counts.requests == 1_000
    await pool.aclose()


async def test_who_refused_is_tried_again_after_a_moment() -> None:
    peer = Peer(ok)
    await peer.start()
    pool = Pool(timeout=5, allow=None, prior_knowledge=True)
    await peer.stop()
    assert failures(await outcomes(pool, peer.origin, 3))
    await peer.start()
    await wait_until(
        lambda: outcome(pool, peer.origin), lambda found: isinstance(found, Reply), seconds=5
    )
    assert statuses(await outcomes(pool, peer.origin, 3)) == [200] * 3
    await pool.aclose()
    await peer.stop()


async def test_who_closes_every_connection_at_once_is_not_hammered() -> None:
    connections = 0

    async def closes(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        writer.close()

    server = await asyncio.start_server(closes, "127.0.0.1", 0)
    origin = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    for prior_knowledge in (True, False):
        connections = 0
        pool = Pool(timeout=5, allow=None, prior_knowledge=prior_knowledge)
        for _ in range(100):
            assert failures([await outcome(pool, origin)])
        assert 1 <= connections < 20
        await pool.aclose()
    server.close()
    await server.wait_closed()


async def test_who_accepts_and_says_nothing_is_given_up_in_time() -> None:
    accepted = asyncio.Event()

    async def mute(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        accepted.set()
        await reader.read()
        writer.close()

    server = await asyncio.start_server(mute, "127.0.0.1", 0)
    origin = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    pool = Pool(timeout=5, allow=None, prior_knowledge=True, connect_timeout=0.2)
    found = failures(await outcomes(pool, origin, 3))
    assert accepted.is_set()
    assert [each.sent for each in found] == [False] * 3
    assert "0.2 s" in found[0].why
    assert pool.counts.failed == 1
    await pool.aclose()
    server.close()
    await server.wait_closed()


async def test_a_certificate_that_is_not_believed_ends_it_before_anything_is_sent() -> None:
    async with Peer(ok, tls=certificate()) as peer:
        pool = Pool(timeout=5, allow=None, tls=ssl.create_default_context())
        [found] = failures(await outcomes(pool, peer.origin, 1))
        assert not found.sent
        assert "ertificate" in found.why
        assert not peer.requests
        await pool.aclose()


async def test_a_certificate_for_another_name_is_not_believed() -> None:
    own = certificate()
    async with Peer(ok, tls=own) as peer:
        pool = Pool(timeout=5, allow=None, tls=own.client)
        assert failures([await outcome(pool, f"https://127.0.0.2:{peer.port}")])
        assert statuses([await outcome(pool, f"https://127.0.0.1:{peer.port}")]) == [200]
        await pool.aclose()


async def test_idle_connections_are_closed_and_forgotten() -> None:
    async with Peer(ok) as peer:
        pool = Pool(timeout=5, allow=None, prior_knowledge=True, idle=0.2)
        await post(pool, peer.origin)
        assert len(peer.open) == 1
        await wait_until(lambda: not peer.open and not pool._origins)
        assert statuses([await outcome(pool, peer.origin)]) == [200]
        assert len(peer.connections) == 2
        await pool.aclose()


async def test_a_connection_that_is_used_is_not_idle() -> None:
    async def slow(request: Request) -> Response:
        await simulated_delay(0.5)
        return Response()

    async with Peer(slow) as peer:
        pool = Pool(timeout=5, allow=None, prior_knowledge=True, idle=0.1)
        assert statuses(await outcomes(pool, peer.origin, 3)) == [200] * 3
        assert len(peer.connections) == 1
        await pool.aclose()


async def test_of_too_many_origins_the_one_not_asked_for_longest_is_closed() -> None:
    async with AsyncExitStack() as stack:
        peers = [await stack.enter_async_context(Peer(ok)) for _ in range(4)]
        pool = Pool(timeout=5, allow=None, prior_knowledge=True, origins=3)
        for peer in (*peers[:3], peers[0]):
            await post(pool, peer.origin)
            await simulated_delay(0.01)  # the clock of the loop moves on
        await post(pool, peers[3].origin)
        await wait_until(lambda: not peers[1].open)
        assert [len(peer.open) for peer in peers] == [1, 0, 1, 1]
        assert len(pool._origins) == 3
        await pool.aclose()


async def test_when_all_origins_are_busy_a_further_one_fails_at_once() -> None:
    gate = asyncio.Event()

    async def waits(request: Request) -> Response:
        await gate.wait()
        return Response()

    async with Peer(waits) as busy, Peer(ok) as other:
        pool = Pool(timeout=5, allow=None, prior_knowledge=True, origins=1)
        sending = asyncio.ensure_future(post(pool, busy.origin))
        await wait_until(lambda: busy.requests)
        [found] = failures([await outcome(pool, other.origin)])
        assert (found.sent, found.why) == (False, "too many origins at once")
        gate.set()
        assert (await sending).status == 200
        assert statuses([await outcome(pool, other.origin)]) == [200]
        await pool.aclose()


async def test_closing_while_connecting_fails_those_who_wait() -> None:
    async def mute(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(mute, "127.0.0.1", 0)
    origin = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    pool = Pool(timeout=5, allow=None, prior_knowledge=True)
    sending = asyncio.ensure_future(outcomes(pool, origin, 3))
    await wait_until(lambda: pool.counts.requests == 3)
    await pool.aclose()
    found = failures(await sending)
    assert [(each.sent, each.why) for each in found] == [(False, "the pool was closed")] * 3
    await pool.aclose()  # harmless
    server.close()
    await server.wait_closed()


async def test_a_pool_that_was_never_used_closes_too() -> None:
    pool = Pool(timeout=5, allow=())
    await pool.aclose()
    with pytest.raises(Unanswered, match="closed"):
        await post(pool, "https://push.example.org")

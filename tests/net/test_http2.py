"""HTTP/2 over sockets, against the ``h2`` library's server and what it can be told to do wrong."""

from __future__ import annotations

import asyncio

import pytest
from h2.errors import ErrorCodes
from hyperframe.frame import HeadersFrame

from tests.net.calls import failures, outcome, outcomes, post, statuses
from tests.net.peer import Peer, Request, Response, certificate
from tests.support.waiting import forever, simulated_delay, wait_until
from ticker.net.client import HttpClient
from ticker.net.headers import Head
from ticker.net.http2 import SILENT_MAX
from ticker.net.reply import Reply, Unanswered


async def created(request: Request) -> Response:
    return Response(201, {b"location": request.path}, request.body)


class Gate:
    """A handler that answers when it is told to."""

    def __init__(self) -> None:
        self.opened = asyncio.Event()

    async def __call__(self, request: Request) -> Response:
        await self.opened.wait()
        return Response(201, {}, request.body)


def client_for(
    peer: Peer, *, timeout: float = 5.0, connections: int = 4, streams: int = 100
) -> HttpClient:
    return HttpClient(
        timeout=timeout,
        allow=None,
        tls=peer.client_tls,
        connections=connections,
        streams=streams,
        prior_knowledge=True,
    )


@pytest.mark.parametrize("secure", [False, True], ids=["h2c", "tls"])
async def test_a_request_and_its_response_arrive_complete(secure: bool) -> None:
    async with Peer(created, tls=certificate() if secure else None) as peer:
        client = client_for(peer)
        head = Head([(b"TTL", b"60"), (b"Urgency", b"high")])
        extra = [(b"authorization", b"vapid t=a, k=b")]
        reply = await client.post(peer.origin, b"/push/a?x=1", head, extra, b"\x00\xff" * 2_000)
        assert reply == Reply(201, {b"location": b"/push/a?x=1"}, b"\x00\xff" * 2_000)
        [seen] = peer.requests
        assert (seen.method, seen.path, seen.body) == (b"POST", b"/push/a?x=1", b"\x00\xff" * 2_000)
        assert dict(seen.headers) == {
            b":method": b"POST",
            b":scheme": b"https" if secure else b"http",
            b":authority": b"localhost:%d" % peer.port,
            b":path": b"/push/a?x=1",
            b"ttl": b"60",
            b"urgency": b"high",
            b"authorization": b"vapid t=a, k=b",
            b"content-length": b"4000",
        }
        await client.aclose()
        await wait_until(lambda: not peer.open)
        assert peer.connections[0].goodbye == ErrorCodes.NO_ERROR


async def test_many_requests_share_connections() -> None:
    async with Peer(created) as peer:
        client = client_for(peer, timeout=30.0)
        found = await outcomes(client, peer.origin, 1_000)
        assert [each.body for each in found if isinstance(each, Reply)] == [
            b"%d" % n for n in range(1_000)
        ]
        assert client.counts.requests == 1_000
        assert client.counts.opened == len(peer.connections) <= 4
        await client.aclose()


async def test_the_peers_limit_of_streams_is_kept_and_further_connections_are_opened() -> None:
    most = now = 0

    async def counted(request: Request) -> Response:
        nonlocal most, now
        now += 1
        most = max(most, now)
        await simulated_delay(0.005)
        now -= 1
        return Response()

    async with Peer(counted, max_streams=3) as peer:
        client = client_for(peer, connections=2)
        found = await outcomes(client, peer.origin, 60)
        assert statuses(found) == [200] * 60
        assert len(peer.connections) == 2
        assert most == 6
        await client.aclose()


async def test_a_limit_that_is_lifted_is_used_at_once() -> None:
    gate = Gate()
    async with Peer(gate, max_streams=1) as peer:
        client = client_for(peer, connections=1)
        sending = asyncio.ensure_future(outcomes(client, peer.origin, 20))
        await wait_until(lambda: len(peer.requests) == 1)
        peer.limit(50)
        await wait_until(lambda: len(peer.requests) == 20)
        gate.opened.set()
        assert statuses(await sending) == [201] * 20
        await client.aclose()


async def test_waiting_requests_are_bounded() -> None:
    gate = Gate()
    async with Peer(gate, max_streams=1) as peer:
        client = HttpClient(timeout=5, allow=None, prior_knowledge=True, connections=1, waiting=10)
        sending = asyncio.ensure_future(outcomes(client, peer.origin, 5))
        await wait_until(lambda: peer.requests)
        more = asyncio.ensure_future(outcomes(client, peer.origin, 10))
        await wait_until(lambda: more.done() or client.counts.requests == 15)
        gate.opened.set()
        found = await sending + await more
        refused = failures(found)
        assert [each.sent for each in refused] == [False] * 4  # 1 under way and 10 waiting
        assert {each.why for each in refused} == {"too many requests wait"}
        assert len(statuses(found)) == 11
        await client.aclose()


async def test_headers_in_pieces_and_padding_are_read() -> None:
    async with Peer(created) as peer:
        client = client_for(peer)
        peer.fragment, peer.pad = 5, 9
        replies = [await post(client, peer.origin, b"body", b"/a" * 50) for _ in range(3)]
        assert replies == [Reply(201, {b"location": b"/a" * 50}, b"body")] * 3
        await client.aclose()


async def test_small_windows_slow_a_body_down_and_do_not_stop_it() -> None:
    async with Peer(created, initial_window=1_000) as peer:
        client = client_for(peer)
        bodies = [b"%d" % n * 4_000 for n in range(9)]
        replies = await asyncio.gather(*(post(client, peer.origin, body) for body in bodies))
        assert [request.body for request in peer.requests] == bodies
        assert [reply.body for reply in replies] == bodies
        await client.aclose()


async def test_refused_and_reset_streams_fail_and_the_others_do_not() -> None:
    async with Peer(created) as peer:
        client = client_for(peer)
        peer.refuse = 2
        refused = failures(await outcomes(client, peer.origin, 5))
        assert [each.sent for each in refused] == [False, False]
        peer.reset = 3
        reset = failures(await outcomes(client, peer.origin, 5))
        assert [each.sent for each in reset] == [True, True, True]
        assert client.counts.resets == 5
        assert len(peer.connections) == 1
        await client.aclose()


async def test_after_goaway_seen_requests_finish_and_another_connection_is_opened() -> None:
    gate = Gate()
    async with Peer(gate) as peer:
        client = client_for(peer)
        sending = asyncio.ensure_future(outcomes(client, peer.origin, 4))
        await wait_until(lambda: len(peer.requests) == 4)
        peer.goaway(last=3)
        await wait_until(lambda: client.counts.goaways == 1)
        after = asyncio.ensure_future(outcome(client, peer.origin, b"after"))
        await wait_until(lambda: len(peer.requests) == 5)
        gate.opened.set()
        found = await sending
        assert [each.body for each in found if isinstance(each, Reply)] == [b"0", b"1"]
        assert [each.sent for each in failures(found)] == [False, False]
        assert await after == Reply(201, {}, b"after")
        assert peer.requests[-1].connection == 1
        await wait_until(lambda: len(peer.open) == 1)  # the old one is closed when it is empty
        await client.aclose()


async def test_a_lost_connection_fails_its_requests() -> None:
    gate = Gate()
    async with Peer(gate) as peer:
        client = client_for(peer)
        sending = asyncio.ensure_future(outcomes(client, peer.origin, 3))
        await wait_until(lambda: len(peer.requests) == 3)
        peer.drop()
        assert [each.sent for each in failures(await sending)] == [True] * 3
        gate.opened.set()
        await simulated_delay(0.15)  # one that brought no answer is followed by a pause
        assert await post(client, peer.origin, b"again") == Reply(201, {}, b"again")
        assert client.counts.opened == 2
        await client.aclose()


async def test_a_broken_protocol_ends_the_connection_and_says_why() -> None:
    gate = Gate()
    async with Peer(gate) as peer:
        client = client_for(peer)
        sending = asyncio.ensure_future(outcomes(client, peer.origin, 3))
        await wait_until(lambda: len(peer.requests) == 3)
        peer.send(HeadersFrame(1, b"\xbe", flags=["END_HEADERS"]).serialize())
        found = failures(await sending)
        assert [each.sent for each in found] == [True] * 3
        assert "header block" in found[0].why
        await wait_until(lambda: not peer.open)
        assert peer.connections[0].goodbye == ErrorCodes.PROTOCOL_ERROR
        assert client.counts.discarded == 1
        await client.aclose()


async def test_pings_and_unknown_frames_are_harmless() -> None:
    async with Peer(created) as peer:
        client = client_for(peer)
        await post(client, peer.origin)
        for _ in range(20):
            peer.connections[0].h2.ping(b"12345678")
        peer.connections[0].flush()
        peer.send(b"\x00\x00\x06\xee\xff\x00\x00\x00\x01future")
        assert statuses(await outcomes(client, peer.origin, 20)) == [201] * 20
        assert len(peer.connections) == 1
        await client.aclose()


async def test_a_request_times_out_alone_and_the_peer_is_told() -> None:
    async def slow_for_some(request: Request) -> Response:
        if request.body == b"1":
            await forever()
        return Response()

    async with Peer(slow_for_some) as peer:
        client = client_for(peer, timeout=0.3)
        found = await outcomes(client, peer.origin, 3)
        assert statuses(found) == [200, 200]
        [late] = failures(found)
        assert late.sent
        assert "0.3 s" in late.why
        await wait_until(lambda: peer.cancelled == 1)
        assert client.counts.timeouts == 1
        assert await outcome(client, peer.origin, b"0") == Reply(200, {}, b"")
        assert len(peer.connections) == 1
        await client.aclose()


async def test_a_request_that_waited_too_long_was_not_sent() -> None:
    async with Peer(Gate(), max_streams=1) as peer:
        client = client_for(peer, timeout=0.3, connections=1)
        found = failures(await outcomes(client, peer.origin, 3))
        assert [each.sent for each in found] == [True, False, False]
        assert len(peer.requests) == 1
        await client.aclose()


async def test_a_silent_connection_is_replaced() -> None:
    async with Peer(created) as peer:
        client = client_for(peer, timeout=0.2)
        await post(client, peer.origin)
        peer.silent = True
        found = failures(await outcomes(client, peer.origin, SILENT_MAX))
        assert [each.sent for each in found] == [True] * SILENT_MAX
        await wait_until(lambda: not peer.open)
        assert client.counts.discarded == 1
        peer.silent = False
        await simulated_delay(0.15)
        assert statuses(await outcomes(client, peer.origin, 5)) == [201] * 5
        assert len(peer.connections) == 2
        await client.aclose()


async def test_a_slow_connection_that_answers_pings_is_kept() -> None:
    gate = Gate()
    async with Peer(gate) as peer:
        client = client_for(peer, timeout=0.2)
        for _ in range(3):
            assert len(failures(await outcomes(client, peer.origin, SILENT_MAX))) == SILENT_MAX
        gate.opened.set()
        assert statuses(await outcomes(client, peer.origin, 5)) == [201] * 5
        assert len(peer.connections) == 1
        assert client.counts.discarded == 0
        await client.aclose()


async def test_a_peer_that_does_not_read_stops_the_writing() -> None:
    async with Peer(created, initial_window=2**20) as peer:
        client = client_for(peer, timeout=1, connections=1)
        await post(client, peer.origin)
        peer.connections[0].h2.increment_flow_control_window(2**30)
        peer.connections[0].flush()
        await post(client, peer.origin)
        peer.connections[0].transport.pause_reading()
        body = bytes(1_000_000)
        sending = [asyncio.ensure_future(outcome(client, peer.origin, body)) for _ in range(60)]
        [connection] = client.origins[peer.origin].connections
        await wait_until(lambda: not connection.writable)
        assert connection.transport.get_write_buffer_size() < 10_000_000
        assert connection.room() == 0
        found = failures(await asyncio.gather(*sending))
        assert {each.sent for each in found} == {True, False}  # most of them had to wait
        await client.aclose()
        await wait_until(
            lambda: peer.connections[0].transport.is_closing() or not connection.writable
        )


async def test_cancelled_callers_leave_nothing_behind() -> None:
    gate = Gate()
    async with Peer(gate, max_streams=5) as peer:
        client = client_for(peer, connections=1)
        tasks = [asyncio.ensure_future(post(client, peer.origin)) for _ in range(20)]
        await wait_until(lambda: len(peer.requests) == 5)
        for task in tasks:
            task.cancel()
        assert all(
            isinstance(each, asyncio.CancelledError)
            for each in await asyncio.gather(*tasks, return_exceptions=True)
        )
        await wait_until(lambda: peer.cancelled == 5)
        assert not client.pending
        assert not client.origins[peer.origin].busy
        gate.opened.set()
        assert statuses(await outcomes(client, peer.origin, 10)) == [201] * 10
        assert len(peer.connections) == 1
        await client.aclose()


async def test_closing_the_client_fails_requests_under_way() -> None:
    async with Peer(Gate(), max_streams=2) as peer:
        client = client_for(peer, connections=1)
        sending = asyncio.ensure_future(outcomes(client, peer.origin, 5))
        await wait_until(lambda: len(peer.requests) == 2)
        await client.aclose()
        assert sorted(each.sent for each in failures(await sending)) == [False] * 3 + [True] * 2
        await wait_until(lambda: not peer.open)
        with pytest.raises(Unanswered, match="closed") as caught:
            await post(client, peer.origin)
        assert not caught.value.sent


async def test_used_up_stream_numbers_lead_to_another_connection() -> None:
    async with Peer(created) as peer:
        client = client_for(peer)
        await post(client, peer.origin)
        [connection] = client.origins[peer.origin].connections
        connection.h2.highest_outbound_stream_id = 2**31 - 5  # type: ignore[attr-defined]
        assert statuses([await outcome(client, peer.origin) for _ in range(4)]) == [201] * 4
        assert [request.connection for request in peer.requests] == [0, 0, 0, 1, 1]
        await wait_until(lambda: len(peer.open) == 1)
        await client.aclose()

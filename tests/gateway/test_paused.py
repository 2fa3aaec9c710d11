"""A subscriber whose network takes nothing costs a constant, however it connected.

A transport reports only once that it is full. In each test here the gateway missed or forgot that
report: every further event went into the subscriber's buffer without a bound, and no lag limit
applied.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from typing import Any

import pytest

from tests.gateway.gateway_server import GatewayServer, gateway_server
from tests.gateway.hub_harness import FakeSubscriber, HubHarness
from tests.gateway.test_websocket import UPGRADE
from tests.support.in_memory import EPOCH, InMemoryNewsroom, at
from tests.support.waiting import wait_until
from ticker.config import Settings
from ticker.domain.cursor import Cursor
from ticker.gateway.limits import CLOSE_TIMEOUT, UNSENT_MAX
from ticker.server.sockets import tune
from ticker.stream.close_codes import CloseCode

SUBSCRIBE = UPGRADE.replace(b"/v1/ws", b"/v1/ws?backlog=200")
STREAM = b"GET /v1/events HTTP/1.1\r\nHost: x\r\n\r\n"
SNAPSHOTS = STREAM.replace(b"/v1/events", b"/v1/events?backlog=200")
NEVER_READING = 20
KERNEL_MAX = 160_000
"""Bytes of kernel memory for a client that never reads: two packets of loopback, which have 64 KB
each, and what they cost beside. On Ethernet packets are smaller. It had 0.5 MB."""
SO_MEMINFO = 55
"""The option that tells what the kernel has for a socket (SK_MEMINFO_… of linux/sock_diag.h)."""
GET = b"GET /other HTTP/1.1\r\nHost: x\r\n\r\n"


def paused(harness: HubHarness, news: InMemoryNewsroom) -> FakeSubscriber:
    subscriber = harness.connect("backlog=0", high=600)
    subscriber.network.blocked = True
    harness.hub.advance([news.publish("Ferry timetable " * 8) for _ in range(3)])
    assert subscriber.network.paused
    return subscriber


@pytest.mark.parametrize("query", ["", "backlog=0", f"after={Cursor(EPOCH, at(1))}"])
def test_subscribing_while_paused_does_not_write_into_a_full_transport(query: str) -> None:
    harness, news = HubHarness(lag_limit=30), InMemoryNewsroom()
    subscriber = paused(harness, news)
    size = len(subscriber.network.buffer)
    for _ in range(20):
        harness.subscribe(subscriber, query)
        harness.hub.advance([news.publish()])
    assert len(subscriber.network.buffer) == size
    harness.pass_time(31)
    assert subscriber.closed is CloseCode.LAGGING
    assert harness.hub.behind == 0


def test_the_last_of_several_subscriptions_is_answered_when_the_transport_drains() -> None:
    harness, news = HubHarness(), InMemoryNewsroom()
    subscriber = paused(harness, news)
    harness.subscribe(subscriber, "edition=ar")
    harness.subscribe(subscriber, "edition=es")
    harness.hub.advance([news.publish("Buenas noticias", edition="es")])
    subscriber.network.blocked = False
    subscriber.network.drain()
    harness.settle()
    *_, welcome, snapshot = subscriber.messages()
    assert (welcome["mode"], welcome["reset"]) == ("snapshot", False)
    assert [item["headline"] for item in snapshot["items"]] == ["Buenas noticias"]
    harness.hub.advance([news.publish("English"), news.publish("Más", edition="es")])
    assert [m["item"]["headline"] for m in subscriber.messages()] == ["Más"]


def test_a_waiting_subscriber_that_is_paused_gets_nothing_until_it_drains() -> None:
    harness, news = HubHarness(lag_limit=30), InMemoryNewsroom()
    harness.hub.advance([news.publish()])
    subscriber = FakeSubscriber(harness.hub, high=600)
    harness.subscribe(subscriber, f"after={Cursor(EPOCH, at(2))}")
    subscriber.network.blocked = True
    subscriber.write(b"\x8a\x00" * 400)  # pongs
    assert subscriber.network.paused
    harness.hub.advance([news.publish()])
    harness.pass_time(3)
    assert len(subscriber.network.buffer) == 800
    harness.pass_time(30)
    assert subscriber.closed is CloseCode.LAGGING


async def stalled(s: GatewayServer, *pieces: bytes) -> socket.socket:
    """Send ``pieces`` and read nothing, through small buffers as on a slow network."""
    s.listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 16_384)
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    sock.connect(("127.0.0.1", s.port))
    sock.setblocking(False)
    for piece in pieces:
        await asyncio.get_running_loop().sock_sendall(sock, piece)
        await wait_until(lambda: s.hub.connections or s.partial)
    return sock


def lagged(s: GatewayServer) -> int:
    return sum(n for (_, code), n in s.hub.counters.closes.items() if code == "4001")


def fill(s: GatewayServer, count: int) -> None:
    for _ in range(count):
        s.hub.advance([s.news.publish("Ferry timetable", summary="Harbour. " * 200)])


@pytest.mark.parametrize("pieces", [(SUBSCRIBE,), (SUBSCRIBE[:20], SUBSCRIBE[20:])])
async def test_a_stalled_subscriber_is_closed_however_its_request_was_split(
    pieces: tuple[bytes, ...],
) -> None:
    async with gateway_server(lag_limit=30, replay_window=200, lane_events_max=200) as s:
        fill(s, 200)
        with await stalled(s, *pieces):
            await wait_until(lambda: s.hub.behind == 1)
            s.clock.now += 31
            await wait_until(lambda: lagged(s) == 1)
            s.clock.now += CLOSE_TIMEOUT
            await wait_until(lambda: not s.server.server_state.connections)


@pytest.mark.parametrize("request_", [STREAM, SUBSCRIBE])
async def test_a_stalled_connection_stays_paused_when_it_subscribes(request_: bytes) -> None:
    async with gateway_server(lag_limit=30, replay_window=200, lane_events_max=200) as s:
        with await stalled(s, GET) as sock:
            (http,) = s.http
            await wait_until(lambda: http.cycle.response_complete)
            http.transport.write(b"x" * 4_000_000)  # a large response that is not read
            assert http.flow.write_paused
            await asyncio.get_running_loop().sock_sendall(sock, request_)
            await wait_until(lambda: s.hub.connections == 1)
            fill(s, 200)
            assert s.hub.behind == 1
            s.clock.now += 31
            await wait_until(lambda: lagged(s) == 1)


@pytest.mark.parametrize("request_", [STREAM, SUBSCRIBE])
async def test_a_stream_is_not_started_before_an_earlier_request_is_answered(
    request_: bytes,
) -> None:
    async with gateway_server() as s, s.raw(GET, request_) as raw:
        answer = await raw.rest()
        assert b"event-stream" not in answer
        assert b" 101 " not in answer
        assert s.hub.connections == 0
        await wait_until(lambda: not s.server.server_state.connections)
        await wait_until(lambda: not s.server.server_state.tasks)


async def test_clients_that_never_read_cost_the_kernel_a_bounded_memory_each() -> None:
    """Their buffers have the usual size, and they ask for a snapshot of 400 KB."""
    async with gateway_server(lag_limit=1e6, replay_window=200, lane_events_max=200) as s:
        tune(s.listening, Settings().send_buffer)
        fill(s, 200)
        clients = []
        for number in range(NEVER_READING):
            client = socket.create_connection(("127.0.0.1", s.port))
            client.sendall((SUBSCRIBE, SNAPSHOTS)[number % 2])
            clients.append(client)
        try:
            await wait_until(lambda: s.hub.behind == NEVER_READING)
            for _ in range(10):
                fill(s, 20)
                await asyncio.sleep(0)
            held = [kernel_memory(one) for one in s.server.server_state.connections]
            assert len(held) == NEVER_READING
            assert max(held) <= KERNEL_MAX
        finally:
            for client in clients:
                client.close()


def test_readers_that_take_nothing_share_the_bytes_of_a_snapshot() -> None:
    harness, news = HubHarness(), InMemoryNewsroom()
    harness.hub.advance([news.publish("Ferry timetable", summary="x" * 1_800) for _ in range(40)])
    readers = []
    for _ in range(3):
        subscriber = FakeSubscriber(harness.hub, high=0)
        subscriber.network.blocked = True
        subscriber.hold(b"\x8a\x00")  # as the answer to its handshake
        harness.subscribe(subscriber, "backlog=40")
        readers.append(subscriber)
    _, second, third = (one.network.last[-1] for one in readers)
    assert len(second) > 40 * 1_800
    assert second is third
    assert readers[0].network.buffer == readers[2].network.buffer


def test_what_all_readers_leave_unread_has_a_bound_and_the_longest_paused_go() -> None:
    harness, news = HubHarness(lag_limit=30, unread=300_000), InMemoryNewsroom()
    harness.hub.advance([news.publish("Ferry timetable", summary="x" * 1_800) for _ in range(40)])
    readers = []
    for _ in range(6):  # 81 KB each
        subscriber = FakeSubscriber(harness.hub, high=0)
        subscriber.network.blocked = True
        harness.subscribe(subscriber, "backlog=40")
        readers.append(subscriber)
    healthy = harness.connect("backlog=0")
    harness.pass_time(1)
    cut = [one.closed is CloseCode.LAGGING and one.network.aborted for one in readers]
    assert cut == [True, True, True, False, False, False]
    assert sum(len(one.network.buffer) for one in readers[3:]) <= 300_000
    harness.hub.advance([news.publish()])
    assert healthy.messages()[-1]["type"] == "item"


def kernel_memory(connection: Any) -> int:
    """Return the bytes that the kernel has for a connection: received, spare, queued, options."""
    sock = connection.transport.get_extra_info("socket")
    found = struct.unpack("9I", sock.getsockopt(socket.SOL_SOCKET, SO_MEMINFO, 36))
    return sum(found[index] for index in (0, 4, 5, 6))


async def test_a_reader_that_does_not_read_costs_the_kernel_little() -> None:
    """The kernel and the transport hold little; a retraction cannot take that back."""
    async with gateway_server(lag_limit=1e6) as s:
        s.listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT_MAX)
        with await stalled(s, STREAM) as sock:
            await wait_until(lambda: s.hub.connections == 1)
            ids: list[str] = []
            while len(ids) < 500:
                event = s.news.publish("Withdrawn text", summary="Harbour. " * 20)
                ids.append(event.item_id)
                s.hub.advance([event])
            (stuck,) = (c for c in s.server.server_state.connections if hasattr(c, "hub"))
            transport: Any = stuck.transport
            memory = transport.get_extra_info("socket").getsockopt(
                socket.SOL_SOCKET, SO_MEMINFO, 36
            )
            queued = struct.unpack("9I", memory)[5]  # SK_MEMINFO_WMEM_QUEUED
            assert queued + transport.get_write_buffer_size() <= 8 * UNSENT_MAX
            for id in ids:
                s.hub.advance([s.news.retract(id)])
            received = b""
            while received.count(b'"action":"retract"') < len(ids):
                more = asyncio.get_running_loop().sock_recv(sock, 65_536)
                received += await asyncio.wait_for(more, 30)
            text = received.count(b"Withdrawn text")
            assert text * 400 <= 8 * UNSENT_MAX

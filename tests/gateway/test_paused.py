"""A reader whose network takes nothing costs a constant, whatever it asks for and however it came.

A transport says only once that it is full. Each test here had the gateway miss, or forget, that
word: such a reader got every further event into its buffer without a bound, and no lag limit.
"""

from __future__ import annotations

import asyncio
import socket

import pytest

from tests.gateway.peer import Desk, Screen
from tests.gateway.serving import Serving, serving
from tests.gateway.test_websocket import UPGRADE
from tests.support.in_memory import EPOCH, InMemoryNewsroom, at
from tests.support.waiting import wait_until
from ticker.domain.cursor import Cursor
from ticker.gateway.query_parser import Subscription
from ticker.stream.close_codes import CloseCode

SUBSCRIBE = UPGRADE.replace(b"/v1/ws", b"/v1/ws?backlog=200")
STREAM = b"GET /v1/events HTTP/1.1\r\nHost: x\r\n\r\n"
GET = b"GET /other HTTP/1.1\r\nHost: x\r\n\r\n"


def paused(desk: Desk, news: InMemoryNewsroom) -> Screen:
    screen = desk.connect("backlog=0", high=600)
    screen.pipe.blocked = True
    desk.hub.advance([news.publish("Ferry timetable " * 8) for _ in range(3)])
    assert screen.pipe.paused
    return screen


def resubscribe(desk: Desk, screen: Screen, query: str) -> Subscription:
    subscription = desk.reader.from_query(query)
    desk.hub.join(screen, subscription)
    return subscription


@pytest.mark.parametrize("query", ["", "backlog=0", f"after={Cursor(EPOCH, at(1))}"])
def test_subscribing_while_paused_does_not_open_a_full_pipe_again(query: str) -> None:
    desk, news = Desk(lag_limit=30), InMemoryNewsroom()
    screen = paused(desk, news)
    size = len(screen.pipe.buffer)
    for _ in range(20):
        resubscribe(desk, screen, query)
        desk.hub.advance([news.publish()])
    assert len(screen.pipe.buffer) == size
    desk.pass_time(31)
    assert screen.closed is CloseCode.LAGGING
    assert desk.hub.metrics()["behind"] == 0


def test_the_last_of_several_subscriptions_is_answered_when_the_pipe_drains() -> None:
    desk, news = Desk(), InMemoryNewsroom()
    screen = paused(desk, news)
    resubscribe(desk, screen, "edition=ar")
    resubscribe(desk, screen, "edition=es")
    desk.hub.advance([news.publish("Buenas noticias", edition="es")])
    screen.pipe.blocked = False
    screen.pipe.drain()
    *_, welcome, snapshot = screen.messages()
    assert (welcome["mode"], welcome["reset"]) == ("snapshot", False)
    assert [item["headline"] for item in snapshot["items"]] == ["Buenas noticias"]
    desk.hub.advance([news.publish("English"), news.publish("Más", edition="es")])
    assert [m["item"]["headline"] for m in screen.messages()] == ["Más"]


def test_a_reader_that_waits_for_its_cursor_and_is_paused_gets_nothing_until_it_drains() -> None:
    desk, news = Desk(lag_limit=30), InMemoryNewsroom()
    desk.hub.advance([news.publish()])
    screen = Screen(desk.hub, high=600)
    resubscribe(desk, screen, f"after={Cursor(EPOCH, at(2))}")
    screen.pipe.blocked = True
    screen.write(b"\x8a\x00" * 400)  # pongs
    assert screen.pipe.paused
    desk.hub.advance([news.publish()])
    desk.pass_time(3)
    assert len(screen.pipe.buffer) == 800
    desk.pass_time(30)
    assert screen.closed is CloseCode.LAGGING


async def stalled(s: Serving, *pieces: bytes) -> socket.socket:
    """Send ``pieces`` and read nothing, through small buffers as a long line has them."""
    s.listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 16_384)
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    sock.connect(("127.0.0.1", s.port))
    sock.setblocking(False)
    for piece in pieces:
        await asyncio.get_running_loop().sock_sendall(sock, piece)
        await asyncio.sleep(0.1)
    return sock


def fill(s: Serving, count: int) -> None:
    for _ in range(count):
        s.hub.advance([s.news.publish("Ferry timetable", summary="Harbour. " * 200)])


@pytest.mark.parametrize("pieces", [(SUBSCRIBE,), (SUBSCRIBE[:20], SUBSCRIBE[20:])])
async def test_a_stalled_reader_is_closed_however_its_request_was_cut(
    pieces: tuple[bytes, ...],
) -> None:
    async with serving(lag_limit=0.5, replay_window=200, lane_events_max=200) as s:
        fill(s, 200)
        with await stalled(s, *pieces):
            assert s.hub.metrics()["behind"] == 1
            await wait_until(lambda: s.hub.counters.lagged == 1)
            await wait_until(lambda: not s.server.server_state.connections)


@pytest.mark.parametrize("request_", [STREAM, SUBSCRIBE])
async def test_a_stalled_connection_stays_paused_when_it_becomes_a_reader(request_: bytes) -> None:
    async with serving(lag_limit=0.5, replay_window=200, lane_events_max=200) as s:
        with await stalled(s, GET) as sock:
            (http,) = s.server.server_state.connections
            http.transport.write(b"x" * 4_000_000)  # a large answer that nobody reads
            assert http.flow.write_paused  # type: ignore[union-attr]
            await asyncio.get_running_loop().sock_sendall(sock, request_)
            await wait_until(lambda: s.hub.connections == 1)
            fill(s, 200)
            assert s.hub.metrics()["behind"] == 1
            await wait_until(lambda: s.hub.counters.lagged == 1)


@pytest.mark.parametrize("request_", [STREAM, SUBSCRIBE])
async def test_a_stream_is_not_started_before_an_earlier_request_is_answered(
    request_: bytes,
) -> None:
    async with serving() as s, s.raw(GET, request_) as raw:
        answer = await raw.rest()
        assert b"event-stream" not in answer
        assert b" 101 " not in answer
        assert s.hub.connections == 0
        await wait_until(lambda: not s.server.server_state.connections)
        await wait_until(lambda: not s.server.server_state.tasks)

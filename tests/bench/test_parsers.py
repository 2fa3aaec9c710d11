from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ticker.bench.parsers import (
    CACHED,
    EventStream,
    Message,
    MessageCache,
    NotTicker,
    Parser,
    WebSocket,
    pong,
    position,
    remember,
    request,
)
from ticker.stream import frames
from ticker.stream.close_codes import CloseCode

SWITCH = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"
STREAM = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n"


def cursor(number: int) -> str:
    return f"abc.{number}-0"


def item(number: int, headline: str = "A line") -> bytes:
    body = {"type": "item", "cursor": cursor(number), "action": "publish"}
    return orjson.dumps(body | {"item": {"id": f"i{number}", "headline": headline}})


PAYLOADS = [
    ("welcome", frames.welcome("live", cursor(0), 25)),
    ("item", item(1)),
    ("item", item(2, "ا" * 200)),
    ("item", item(3, "x" * 70_000)),
    ("heartbeat", frames.heartbeat(cursor(3))),
    ("goodbye", frames.goodbye("drain", 10)),
    ("other", b'{"type":"from a later version"}'),
]


def ws_bytes() -> bytes:
    return SWITCH + b"".join(frames.ws_text(payload) for _, payload in PAYLOADS)


def sse_bytes() -> bytes:
    events = b"".join(frames.sse(kind, payload, "c") for kind, payload in PAYLOADS)
    return STREAM + b"\r\nretry: 2000\n\n" + events


def chunked(data: bytes) -> bytes:
    """Return an event stream as a proxy passes it on."""
    head, _, body = data.partition(b"\r\n\r\n")
    pieces = [body[at : at + 1000] for at in range(0, len(body), 1000)]
    coded = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)
    return head + b"\r\nTransfer-Encoding: chunked\r\n\r\n" + coded


def kinds(parser: Parser, *pieces: bytes) -> list[str]:
    return [message.kind for piece in pieces for message in parser.feed(piece)]


@pytest.mark.parametrize(
    ("make", "data"),
    [
        (WebSocket, ws_bytes()),
        (EventStream, sse_bytes()),
        (EventStream, chunked(sse_bytes())),
    ],
)
@given(cuts=st.lists(st.integers(min_value=0, max_value=75_000), max_size=12))
def test_messages_are_the_same_wherever_the_bytes_are_cut(
    make: Callable[[MessageCache], Parser], data: bytes, cuts: list[int]
) -> None:
    places = [0, *sorted(cut for cut in cuts if cut < len(data)), len(data)]
    pieces = [data[a:b] for a, b in pairwise(places) if a < b]
    assert kinds(make(MessageCache()), *pieces) == [kind for kind, _ in PAYLOADS]


@pytest.mark.parametrize(("make", "head"), [(WebSocket, SWITCH), (EventStream, STREAM + b"\r\n")])
def test_a_chunk_that_is_known_is_the_same_messages_again(
    make: Callable[[MessageCache], Parser], head: bytes
) -> None:
    cache = MessageCache()
    chunk = frames.ws_text(item(1)) if make is WebSocket else frames.sse("item", item(1))
    found: list[Message] = []
    for _ in range(3):
        parser = make(cache)
        parser.feed(head)
        found += parser.feed(chunk)
    assert len(found) == 3
    assert found[0] is found[1] is found[2]
    assert found[0].at == position(cursor(1))
    assert (found[0].item, found[0].headline) == ("i1", "A line")


def test_the_cache_forgets_when_it_is_full() -> None:
    cache: dict[int, int] = {}
    for number in range(CACHED + 1):
        remember(cache, number, number)
    assert cache == {CACHED: CACHED}


def test_a_close_and_a_ping() -> None:
    parser = WebSocket(MessageCache())
    parser.feed(SWITCH)
    close, ping = parser.feed(frames.ws_close(CloseCode.BAD_REQUEST, "no") + b"\x89\x02hi")
    assert (close.kind, close.code, close.detail) == ("close", 4400, "no")
    answer = pong(ping)
    assert answer[:2] == b"\x8a\x82"
    assert bytes(byte ^ answer[2 + i] for i, byte in enumerate(answer[6:])) == b"hi"


@pytest.mark.parametrize(
    ("make", "data", "status"),
    [
        (WebSocket, b"HTTP/1.1 404 Not Found\r\n\r\n", 404),
        (WebSocket, b"SSH-2.0-OpenSSH\r\n\r\n", 0),
        (WebSocket, b"x" * 70_000, 0),
        (WebSocket, SWITCH + b"\x82\x00", 0),
        (WebSocket, SWITCH + frames.ws_text(b"not JSON"), 0),
        (WebSocket, SWITCH + frames.ws_text(b'{"type":"item"}'), 0),
        (WebSocket, SWITCH + frames.ws_text(b'{"type":"heartbeat","cursor":"?"}'), 0),
        (EventStream, b"SSH-2.0-OpenSSH\r\n\r\n", 0),
        (EventStream, b"HTTP/1.1 502 Bad Gateway\r\n\r\n", 502),
        (EventStream, b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html>", 0),
    ],
)
def test_what_is_no_ticker_is_refused(
    make: Callable[[MessageCache], Parser], data: bytes, status: int
) -> None:
    with pytest.raises(NotTicker) as refused:
        make(MessageCache()).feed(data)
    assert refused.value.status == status


def test_a_refused_stream_says_why() -> None:
    body = b'{"detail":"unknown edition"}'
    head = b"HTTP/1.1 400 Bad Request\r\ncontent-length: %d\r\n\r\n" % len(body)
    parser = EventStream(MessageCache())
    assert parser.feed(head + body[:5]) == []
    with pytest.raises(NotTicker, match="unknown edition") as refused:
        parser.feed(body[5:])
    assert refused.value.status == 400


def test_each_request_has_a_key_of_its_own() -> None:
    first, second = (request("ws", "news.example", "/v1/ws?backlog=0") for _ in range(2))
    assert first.startswith(b"GET /v1/ws?backlog=0 HTTP/1.1\r\nHost: news.example\r\n")
    assert first != second
    assert b"text/event-stream" in request("sse", "news.example", "/v1/events")

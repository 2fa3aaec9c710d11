"""The session: effects of valid messages, and errors for anything else. No socket."""

from __future__ import annotations

import sys
import tracemalloc
from collections.abc import Callable

import pytest
from websockets.frames import Frame, Opcode

from tests.support.in_memory import TAXONOMY
from ticker.domain.cursor import Cursor, StreamId
from ticker.domain.filter import Filter
from ticker.gateway.deflate import Deflater
from ticker.gateway.query_parser import QueryParser
from ticker.gateway.websocket_session import (
    RATE_SECONDS,
    Closed,
    Fail,
    Reply,
    SendHeartbeat,
    Session,
    Subscribe,
)
from ticker.stream.close_codes import CloseCode

QUERY_PARSER = QueryParser(TAXONOMY)
LONG = Deflater().deflate(b"0123456789" * 180)


def frame(data: bytes, opcode: Opcode = Opcode.TEXT, fin: bool = True) -> bytes:
    return Frame(opcode, data, fin).serialize(mask=True)


def session(max_message: int = 1_000, max_messages: int = 5, deflated: bool = False) -> Session:
    return Session(QUERY_PARSER, max_message, max_messages, deflated=deflated)


def test_subscribe_changes_the_filter() -> None:
    message = (
        b'{"type":"subscribe","filter":{"section":["sports"],"level":"urgent"},"after":"7.5-0"}'
    )
    (effect,) = session().receive(frame(message), 0)
    assert isinstance(effect, Subscribe)
    assert effect.subscription.wanted == Filter(sections=frozenset({"sports"}), level=1)
    assert effect.subscription.after == Cursor(7, StreamId(5, 0))


def test_ping_message_asks_for_a_heartbeat() -> None:
    assert session().receive(frame(b'{"type":"ping"}'), 0) == [SendHeartbeat()]


def test_a_message_may_come_in_pieces_and_bytes() -> None:
    one = session()
    data = frame(b'{"type":', fin=False) + frame(b'"ping"}', Opcode.CONT)
    got = [effect for byte in data for effect in one.receive(bytes([byte]), 0)]
    assert got == [SendHeartbeat()]


def compressed(data: bytes, opcode: Opcode = Opcode.TEXT, fin: bool = True) -> bytes:
    return marked(frame(Deflater().deflate(data), opcode, fin))


def marked(data: bytes) -> bytes:
    """Return a frame with RSV1, which says that the message is compressed."""
    return bytes([data[0] | 0x40]) + data[1:]


def test_a_message_may_be_compressed() -> None:
    one = session(deflated=True)
    for _ in range(2):  # no context: the second one refers to nothing
        assert one.receive(compressed(b'{"type":"ping"}'), 0) == [SendHeartbeat()]
    assert one.receive(frame(b'{"type":"ping"}'), 0) == [SendHeartbeat()]


def test_a_compressed_message_may_come_in_pieces() -> None:
    one, data = session(deflated=True), Deflater().deflate(b'{"type":"ping"}')
    first = marked(frame(data[:3], fin=False))
    between = frame(b"", Opcode.PING)
    assert one.receive(first + between, 0) == [Reply(b"\x8a\x00")]
    assert one.receive(frame(data[3:], Opcode.CONT), 0) == [SendHeartbeat()]


def test_a_compressed_message_without_end_costs_what_has_arrived_of_it() -> None:
    """Its window took 40 KB of each connection for as long as it was open."""
    half = marked(frame(LONG[:12], fin=False))
    waiting = [session(deflated=True) for _ in range(20)]
    tracemalloc.start()
    for one in waiting:
        assert one.receive(half, 0) == []
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert held < 20 * 5_000


@pytest.mark.parametrize(
    ("deflated", "data", "name"),
    [
        (False, compressed(b'{"type":"ping"}'), "bad_frame"),
        (True, compressed(b" " * 1_001), "too_large"),
        (True, compressed(b" " * 10_000_000), "too_large"),
        (True, compressed(b"", Opcode.PING), "bad_frame"),
        (True, marked(frame(b"\xff" * 9)), "bad_frame"),
        (
            True,
            frame(b"x", fin=False) + compressed(b"y", Opcode.CONT),
            "bad_frame",
        ),
        (
            True,  # the limit is that of all pieces together
            marked(frame(LONG[:12], fin=False)) + frame(LONG[12:], Opcode.CONT),
            "too_large",
        ),
        (  # so is that of the pieces before they are inflated
            True,
            marked(frame(b"\x00" * 600, fin=False)) + frame(b"\x00" * 600, Opcode.CONT, fin=False),
            "too_large",
        ),
        (True, marked(frame(b"x", fin=False)) + compressed(b"y", Opcode.CONT), "bad_frame"),
        (True, marked(frame(b"x", fin=False)) + compressed(b"y"), "bad_frame"),
        (True, marked(frame(b"x", fin=False)) + frame(b"y"), "bad_frame"),
    ],
)
def test_a_compressed_message_keeps_the_rules(deflated: bool, data: bytes, name: str) -> None:
    one = session(max_message=1_000, deflated=deflated)
    *_, effect = one.receive(data, 0)
    assert isinstance(effect, Fail)
    assert effect.name == name
    assert one.broken


def test_ping_frame_is_answered_with_its_data() -> None:
    (reply,) = session().receive(frame(b"abc", Opcode.PING), 0)
    assert reply == Reply(b"\x8a\x03abc")


def test_close_is_answered_and_ends_it() -> None:
    one = session()
    assert one.receive(frame(b"\x03\xe8", Opcode.CLOSE), 0) == [
        Reply(b"\x88\x02\x03\xe8"),
        Closed(),
    ]
    assert one.receive(frame(b'{"type":"ping"}'), 0) == []


@pytest.mark.parametrize(
    ("data", "code", "name"),
    [
        (frame(b"not json"), CloseCode.BAD_REQUEST, "bad_request"),
        (frame(b"[]"), CloseCode.BAD_REQUEST, "bad_request"),
        (frame(b'{"type":"publish"}'), CloseCode.BAD_REQUEST, "bad_request"),
        (frame(b'{"type":"subscribe","filter":7}'), CloseCode.BAD_REQUEST, "bad_filter"),
        (
            frame(b'{"type":"subscribe","filter":{"section":"x"}}'),
            CloseCode.BAD_REQUEST,
            "bad_filter",
        ),
        (
            frame(b'{"type":"subscribe","filter":{"color":"x"}}'),
            CloseCode.BAD_REQUEST,
            "bad_filter",
        ),
        (
            frame(b'{"type":"subscribe","filter":{"tag":[7]}}'),
            CloseCode.BAD_REQUEST,
            "bad_filter",
        ),
        (frame(b'{"type":"subscribe","after":7}'), CloseCode.BAD_REQUEST, "bad_request"),
        (frame(b'{"type":"subscribe","backlog":-1}'), CloseCode.BAD_REQUEST, "bad_request"),
        (frame(b"\x00\x01", Opcode.BINARY), CloseCode.BAD_REQUEST, "bad_message"),
        (frame(b"x" * 1_001), CloseCode.TOO_LARGE, "too_large"),
        (b"\x81\xff\xff\xff\xff\xff\xff\xff\xff\xff", CloseCode.TOO_LARGE, "too_large"),
        (b"\x81\xfe\xff\xff", CloseCode.TOO_LARGE, "too_large"),
    ],
    ids=map(
        str, range(50)
    ),  # frames are masked at random, and two runs must name their tests alike
)
def test_garbage_gets_a_reason_and_a_code_that_says_stop(
    data: bytes, code: CloseCode, name: str
) -> None:
    one = session()
    *_, last = one.receive(data, 0)
    assert isinstance(last, Fail)
    assert (last.code, last.name) == (code, name)
    assert not last.code.come_back
    assert last.message
    assert one.receive(frame(b'{"type":"ping"}'), 0) == [], "nothing is read after a failure"


@pytest.mark.parametrize(
    "data",
    [
        b"\x88\x02\x03\xe9",  # 1001 without a mask: Caddy 2.6.2, which loads its configuration anew
        b"\x81\x02{}",
        b"\xf1\x80\x00\x00\x00\x00",
        b"\x83\x80\x00\x00\x00\x00",
        b"GET / HTTP/1.1\r\n\r\n",
        frame(b"x", Opcode.CONT),
        frame(b"\x00", Opcode.CLOSE),
    ],
    ids=map(str, range(7)),
)
def test_a_frame_that_no_reader_wrote_lets_it_reconnect(data: bytes) -> None:
    """A proxy may have made it, and the reader's next connection is as good as any."""
    one = session()
    *_, last = one.receive(data, 0)
    assert isinstance(last, Fail)
    assert (last.code, last.name) == (CloseCode.PROTOCOL_ERROR, "bad_frame")
    assert last.code.come_back
    assert one.receive(frame(b'{"type":"ping"}'), 0) == [], "nothing is read after a failure"


def test_pieces_together_may_not_exceed_the_limit() -> None:
    one = session(max_message=300)
    one.receive(frame(b"x" * 200, fin=False), 0)
    *_, last = one.receive(frame(b"x" * 200, Opcode.CONT), 0)
    assert isinstance(last, Fail)
    assert last.code is CloseCode.TOO_LARGE


@pytest.mark.parametrize("opcode", [Opcode.TEXT, Opcode.PING, Opcode.PONG])
def test_too_many_messages_of_any_kind_are_too_fast(opcode: Opcode) -> None:
    one = session(max_messages=5)
    data = frame(b'{"type":"ping"}', opcode)
    for _ in range(5):
        assert not any(isinstance(e, Fail) for e in one.receive(data, 1.0))
    (*_, last) = one.receive(data, 1.0 + RATE_SECONDS - 0.1)
    assert isinstance(last, Fail)
    assert last.code is CloseCode.TOO_FAST


def test_a_steady_client_is_never_too_fast() -> None:
    one = session(max_messages=5)
    for n in range(100):
        assert one.receive(frame(b'{"type":"ping"}'), n * RATE_SECONDS / 5) == [SendHeartbeat()]


def test_the_answer_to_the_servers_close_is_recognised() -> None:
    one = session()
    assert not one.ended(frame(b'{"type":"ping"}'))
    assert one.ended(frame(b"\x0f\xa1", Opcode.CLOSE))


def calls(work: Callable[[], object]) -> int:
    """Return the number of Python functions that ``work`` calls."""
    count = 0

    def called(frame: object, event: str, argument: object) -> None:
        nonlocal count
        count += event == "call"

    sys.setprofile(called)
    try:
        work()
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize(
    "flood",
    [
        frame(b"", Opcode.PING) * 8_000,
        frame(b"", Opcode.PONG) * 8_000,
        frame(b"", fin=False) + frame(b"", Opcode.CONT, fin=False) * 8_000,
    ],
    ids=["pings", "pongs", "fragments"],
)
@pytest.mark.parametrize("closing", [False, True])
def test_a_flood_of_empty_frames_is_read_until_it_is_too_fast(flood: bytes, closing: bool) -> None:
    """All frames of one read took 40 ms of the event loop."""
    one = session()
    work = calls(lambda: one.ended(flood) if closing else one.receive(flood, 0))
    assert work < 3_000, "80 frames, not 8,000"


def test_after_the_servers_close_a_client_that_goes_on_is_cut() -> None:
    one = session(max_messages=5)
    ping = frame(b"", Opcode.PING)
    assert not one.ended(ping * 3)
    assert not one.ended(ping * 2)
    assert one.ended(ping), "one more than it may have sent before it read the close frame"

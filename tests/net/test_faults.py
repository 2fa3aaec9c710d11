"""What a session makes of peers that break the protocol (RFC 9113 §5.4)."""

from __future__ import annotations

import pytest

from tests.net.line import OK, broken, raw
from ticker.net import frames
from ticker.net.exchange import Counts, Request
from ticker.net.frames import frame, number
from ticker.net.outbox import OWED_MAX
from ticker.net.session import PIECES_MAX, Session

HEADERS_OPEN = frame(frames.HEADERS, 0, 1, OK)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        pytest.param(frame(frames.DATA, 0, 1, b"")[:3] + b"\x00", None, id="half a frame"),
        pytest.param(frames.start(frames.DATA, 0, 1, 16_385), 6, id="a frame too long"),
        pytest.param(frame(frames.HEADERS, 0x4, 3, OK), 1, id="a stream never opened"),
        pytest.param(frame(frames.DATA, 0, 2, b"x"), 1, id="a stream of the server's"),
        pytest.param(frame(frames.DATA, 0, 0, b"x"), 1, id="data on no stream"),
        pytest.param(frame(frames.HEADERS, 0x5, 1, b"\xbe"), 9, id="a dynamic table"),
        pytest.param(frame(frames.PUSH_PROMISE, 0x4, 1, number(2) + OK), 1, id="a push"),
        pytest.param(
            HEADERS_OPEN + frame(frames.PING, 0, 0, bytes(8)), 1, id="a ping within headers"
        ),
        pytest.param(HEADERS_OPEN + frame(0xEE, 0, 1), 1, id="an unknown frame within headers"),
        pytest.param(
            HEADERS_OPEN + frame(frames.CONTINUATION, 0x4, 3), 1, id="another's continuation"
        ),
        pytest.param(frame(frames.CONTINUATION, 0x4, 1, OK), 1, id="a continuation of nothing"),
        pytest.param(
            HEADERS_OPEN + frame(frames.CONTINUATION, 0, 1) * PIECES_MAX, 11, id="endless headers"
        ),
        pytest.param(
            frame(frames.HEADERS, 0, 1, bytes(16_384))
            + frame(frames.CONTINUATION, 0, 1, bytes(16_384))
            + frame(frames.CONTINUATION, 0, 1, b"x"),
            11,
            id="headers too long",
        ),
        pytest.param(frame(frames.PING, 0, 1, bytes(8)), 1, id="a ping on a stream"),
        pytest.param(frame(frames.PING, 0, 0, bytes(7)), 6, id="a short ping"),
        pytest.param(
            frame(frames.PING, 0, 0, bytes(8)) * (OWED_MAX + 1), 11, id="a flood of pings"
        ),
        pytest.param(frames.settings({}) * (OWED_MAX + 1), 11, id="a flood of settings"),
        pytest.param(frame(frames.SETTINGS, 0, 0, bytes(5)), 6, id="settings cut off"),
        pytest.param(frame(frames.SETTINGS, 0, 1), 1, id="settings on a stream"),
        pytest.param(
            frame(frames.SETTINGS, 0x1, 0, bytes(6)), 6, id="an acknowledgement with settings"
        ),
        pytest.param(frames.settings({frames.ENABLE_PUSH: 1}), 1, id="push enabled"),
        pytest.param(
            frames.settings({frames.INITIAL_WINDOW_SIZE: 2**31}), 3, id="a window too large"
        ),
        pytest.param(frames.settings({frames.MAX_FRAME_SIZE: 16_383}), 1, id="frames too short"),
        pytest.param(frame(frames.RST_STREAM, 0, 0, bytes(4)), 1, id="a reset of no stream"),
        pytest.param(
            frame(frames.RST_STREAM, 0, 9, bytes(4)), 1, id="a reset of none that is open"
        ),
        pytest.param(frame(frames.RST_STREAM, 0, 1, bytes(3)), 6, id="a short reset"),
        pytest.param(frame(frames.GOAWAY, 0, 0, bytes(7)), 6, id="a short goaway"),
        pytest.param(frame(frames.GOAWAY, 0, 1, bytes(8)), 1, id="a goaway on a stream"),
        pytest.param(frames.widen(0, 0), 1, id="a window update of nothing"),
        pytest.param(frames.widen(0, 2**31 - 1), 3, id="the connection's window too large"),
        pytest.param(frames.widen(9, 1), 1, id="a window of no stream"),
        pytest.param(frame(frames.WINDOW_UPDATE, 0, 0, bytes(3)), 6, id="a short window update"),
        pytest.param(frame(frames.DATA, frames.PADDED, 1, b"\x09abc"), 1, id="too much padding"),
    ],
)
def test_who_breaks_the_protocol_loses_the_connection(data: bytes, code: int | None) -> None:
    session = raw()
    if code is None:  # a frame that is not complete is nothing yet
        assert session.receive(data) == []
        assert not session.broken
    else:
        assert broken(session, data) == code


def test_the_window_of_a_stream_that_waits_is_checked_as_well() -> None:
    for update in (
        frames.widen(1, 2**31 - 1),
        frames.settings({frames.INITIAL_WINDOW_SIZE: 2**31 - 1}),
    ):
        session = raw(body=bytes(70_000))
        session.receive(frames.widen(1, 70_000))
        assert broken(session, update) == frames.FLOW_CONTROL_ERROR


@pytest.mark.parametrize(
    "first",
    [
        frame(frames.PING, 0, 0, bytes(8)),
        frame(frames.SETTINGS, 0x1, 0),
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
    ],
)
def test_settings_come_first(first: bytes) -> None:
    session: Session[Request] = Session(b"a", secure=True, streams=10, counts=Counts())
    session.receive(first)
    assert session.broken
    assert not session.ready

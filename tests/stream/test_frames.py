"""Messages as JSON, and their frames for WebSocket and event streams."""

from __future__ import annotations

import struct

import orjson
import pytest

from ticker.stream import frames
from ticker.stream.close_codes import CloseCode


@pytest.mark.parametrize(
    ("size", "head"),
    [
        (0, b"\x81\x00"),
        (125, b"\x81\x7d"),
        (126, b"\x81\x7e\x00\x7e"),
        (65_535, b"\x81\x7e\xff\xff"),
        (65_536, b"\x81\x7f" + struct.pack("!Q", 65_536)),
    ],
)
def test_a_text_frame_states_its_length_in_the_shortest_form(size: int, head: bytes) -> None:
    payload = b"x" * size
    assert frames.ws_text(payload) == head + payload


def test_a_close_frame_fits_a_control_frame_and_cuts_no_character() -> None:
    assert frames.ws_close(CloseCode.DRAIN) == b"\x88\x02\x03\xf4"
    frame = frames.ws_close(CloseCode.BAD_REQUEST, "é" * 100)
    assert len(frame) <= 2 + 125
    assert frame[4:].decode() == "é" * 61


def test_an_event_has_an_id_only_with_a_cursor() -> None:
    assert frames.sse("heartbeat", b"{}") == b"event: heartbeat\ndata: {}\n\n"
    assert frames.sse("item", b"{}", "7.1-0") == b"event: item\nid: 7.1-0\ndata: {}\n\n"


def test_the_messages_are_what_the_protocol_says() -> None:
    assert orjson.loads(frames.welcome("live", "7.1-0", 15)) == {
        "type": "welcome",
        "mode": "live",
        "reset": False,
        "reason": None,
        "cursor": "7.1-0",
        "heartbeat": 15,
    }
    assert orjson.loads(frames.welcome("snapshot", "7.1-0", 15, "epoch"))["reset"] is True
    assert orjson.loads(frames.items("snapshot", "7.1-0", [b'{"id":"a"}', b'{"id":"b"}'])) == {
        "type": "snapshot",
        "cursor": "7.1-0",
        "items": [{"id": "a"}, {"id": "b"}],
    }
    assert orjson.loads(frames.heartbeat("7.1-0")) == {"type": "heartbeat", "cursor": "7.1-0"}
    assert orjson.loads(frames.goodbye("drain", 250)) == {
        "type": "goodbye",
        "reason": "drain",
        "reconnect": True,
        "delay_ms": 250,
    }
    assert orjson.loads(frames.error("bad-cursor", "no cursor"))["code"] == "bad-cursor"
    assert orjson.loads(frames.problem(503, "unavailable", "Later", "starting"))["status"] == 503

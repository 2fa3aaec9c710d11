"""HTTP/2 frames as bytes (RFC 9113 §4, §6), and the numbers that are in them."""

from __future__ import annotations

from struct import Struct
from typing import Final, NamedTuple

PREFACE: Final = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

DATA: Final = 0x0
HEADERS: Final = 0x1
PRIORITY: Final = 0x2
RST_STREAM: Final = 0x3
SETTINGS: Final = 0x4
PUSH_PROMISE: Final = 0x5
PING: Final = 0x6
GOAWAY: Final = 0x7
WINDOW_UPDATE: Final = 0x8
CONTINUATION: Final = 0x9

END_STREAM: Final = 0x1
ACK: Final = 0x1
END_HEADERS: Final = 0x4
PADDED: Final = 0x8
HAS_PRIORITY: Final = 0x20

HEADER_TABLE_SIZE: Final = 0x1
ENABLE_PUSH: Final = 0x2
MAX_CONCURRENT_STREAMS: Final = 0x3
INITIAL_WINDOW_SIZE: Final = 0x4
MAX_FRAME_SIZE: Final = 0x5
MAX_HEADER_LIST_SIZE: Final = 0x6

NO_ERROR: Final = 0x0
PROTOCOL_ERROR: Final = 0x1
INTERNAL_ERROR: Final = 0x2
FLOW_CONTROL_ERROR: Final = 0x3
STREAM_CLOSED: Final = 0x5
FRAME_SIZE_ERROR: Final = 0x6
REFUSED_STREAM: Final = 0x7
CANCEL: Final = 0x8
COMPRESSION_ERROR: Final = 0x9
ENHANCE_YOUR_CALM: Final = 0xB

FRAME_MAX: Final = 16_384
"""Bytes of a payload: the initial SETTINGS_MAX_FRAME_SIZE of both sides, and ours for good."""
WINDOW: Final = 65_535
"""Bytes of the initial flow-control windows (§6.9.2)."""
WINDOW_MAX: Final = 2**31 - 1
STREAM_MAX: Final = 2**31 - 1

_HEADER = Struct(">HBBBL")
_SETTING = Struct(">HL")
_pack = _HEADER.pack
_unpack = _HEADER.unpack_from


class Frame(NamedTuple):
    kind: int
    flags: int
    stream: int
    payload: bytes


class Fault(Exception):
    """The peer broke the protocol: the connection ends with GOAWAY(``code``) (§5.4.1)."""

    def __init__(self, code: int, why: str) -> None:
        super().__init__(why)
        self.code = code
        self.why = why


def start(kind: int, flags: int, stream: int, length: int) -> bytes:
    """Return the nine bytes before a payload of ``length`` bytes, at most FRAME_MAX."""
    return _pack(length >> 8, length & 0xFF, kind, flags, stream)


def frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    """Return a frame. Its payload has at most FRAME_MAX bytes."""
    return start(kind, flags, stream, len(payload)) + payload


def number(value: int) -> bytes:
    """Return the 32 bits of a window increment, an error code or a stream."""
    return value.to_bytes(4, "big")


def settings(values: dict[int, int]) -> bytes:
    """Return a SETTINGS frame."""
    payload = b"".join(key.to_bytes(2, "big") + number(value) for key, value in values.items())
    return frame(SETTINGS, 0, 0, payload)


def widen(stream: int, more: int) -> bytes:
    """Return a WINDOW_UPDATE."""
    return frame(WINDOW_UPDATE, 0, stream, number(more))


def goaway(code: int) -> bytes:
    """Return a GOAWAY of a client: no stream of the server's was ever processed."""
    return frame(GOAWAY, 0, 0, number(0) + number(code))


def split(data: bytes) -> tuple[list[Frame], bytes]:
    """Return the complete frames of ``data`` and what is left of it.

    Raises Fault for a frame that is longer than we allow.
    """
    frames: list[Frame] = []
    position, end = 0, len(data)
    while end - position >= 9:
        high, low, kind, flags, stream = _unpack(data, position)
        length = high << 8 | low
        if length > FRAME_MAX:
            raise Fault(FRAME_SIZE_ERROR, f"a frame of {length} bytes")
        following = position + 9 + length
        if following > end:
            break
        payload = data[position + 9 : following]
        frames.append(Frame(kind, flags, stream & STREAM_MAX, payload))
        position = following
    return frames, data[position:]


def unpadded(flags: int, payload: bytes) -> bytes:
    """Return the payload of DATA or HEADERS without padding and priority. Raises Fault."""
    begin, end = 0, len(payload)
    if flags & PADDED:
        if not payload:
            raise Fault(FRAME_SIZE_ERROR, "padding without a length")
        begin, end = 1, end - payload[0]
    if flags & HAS_PRIORITY:
        begin += 5
    if begin > end:
        raise Fault(PROTOCOL_ERROR, "padding longer than its frame")
    return payload[begin:end]


def pairs(payload: bytes) -> list[tuple[int, int]]:
    """Return the settings in the payload of a SETTINGS frame, in their order."""
    return list(_SETTING.iter_unpack(payload))


def sized(place: bool, size: bool) -> None:
    """Raise Fault unless a frame is on the stream it belongs to, and as long as it must be."""
    if not place:
        raise Fault(PROTOCOL_ERROR, "a frame on the wrong stream")
    if not size:
        raise Fault(FRAME_SIZE_ERROR, "a frame of the wrong length")

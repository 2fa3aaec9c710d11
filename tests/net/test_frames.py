from __future__ import annotations

import pytest
from hyperframe.frame import DataFrame, GoAwayFrame, HeadersFrame, PingFrame, SettingsFrame
from hyperframe.frame import Frame as Foreign

from ticker.net import frames
from ticker.net.frames import FRAME_MAX, Fault, Frame, split, unpadded


def foreign(data: bytes) -> Foreign:
    frame, length = Foreign.parse_frame_header(memoryview(data[:9]))
    assert len(data) == 9 + length
    frame.parse_body(memoryview(data[9:]))
    return frame


def test_frames_are_those_that_others_read() -> None:
    settings = foreign(frames.settings({frames.HEADER_TABLE_SIZE: 0, frames.ENABLE_PUSH: 0}))
    assert isinstance(settings, SettingsFrame)
    assert settings.settings == {1: 0, 2: 0}
    goaway = foreign(frames.goaway(frames.PROTOCOL_ERROR))
    assert isinstance(goaway, GoAwayFrame)
    assert (goaway.last_stream_id, goaway.error_code) == (0, 1)
    data = foreign(frames.frame(frames.DATA, frames.END_STREAM, 7, b"x" * FRAME_MAX))
    assert isinstance(data, DataFrame)
    assert (data.stream_id, set(data.flags), len(data.data)) == (7, {"END_STREAM"}, FRAME_MAX)


def test_frames_of_others_are_read_whole_or_not_at_all() -> None:
    ping = PingFrame(0, b"12345678").serialize()
    data = DataFrame(5, b"body", flags=["END_STREAM"]).serialize()
    both = ping + data
    for cut in range(len(both)):
        found, rest = split(both[:cut])
        assert len(found) == (0 if cut < len(ping) else 1)
        assert b"".join([ping] * len(found)) + rest == both[:cut]
    found, rest = split(both)
    assert found == [
        Frame(frames.PING, 0, 0, b"12345678"),
        Frame(frames.DATA, frames.END_STREAM, 5, b"body"),
    ]
    assert rest == b""


def test_the_reserved_bit_of_a_stream_is_ignored() -> None:
    found, _ = split(b"\x00\x00\x00\x00\x00\x80\x00\x00\x03")
    assert found == [Frame(frames.DATA, 0, 3, b"")]


def test_a_frame_longer_than_allowed_is_refused_before_it_is_there() -> None:
    with pytest.raises(Fault) as caught:
        split(frames.start(frames.DATA, 0, 1, FRAME_MAX + 1))
    assert caught.value.code == frames.FRAME_SIZE_ERROR


@pytest.mark.parametrize("pad", [0, 1, 255])
def test_padding_and_priority_are_taken_off(pad: int) -> None:
    frame = HeadersFrame(1, b"block", flags=["PADDED", "PRIORITY"], pad_length=pad)
    [(_, flags, _, payload)], _ = split(frame.serialize())
    assert unpadded(flags, payload) == b"block"


@pytest.mark.parametrize(
    ("flags", "payload"),
    [
        (frames.PADDED, b""),
        (frames.PADDED, b"\x05abcd"),
        (frames.HAS_PRIORITY, b"abcd"),
        (frames.PADDED | frames.HAS_PRIORITY, b"\x01abcde"),
    ],
)
def test_padding_that_is_longer_than_its_frame_is_a_fault(flags: int, payload: bytes) -> None:
    with pytest.raises(Fault):
        unpadded(flags, payload)

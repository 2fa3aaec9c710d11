from __future__ import annotations

import struct
from typing import TypeVar

from hypothesis import given
from hypothesis import strategies as st

from benchmarks.frame_counters import Counter, sse_count, sse_messages, ws_count, ws_messages
from ticker.stream import frames

T = TypeVar("T")
payloads = st.lists(st.sampled_from([b"", b"x" * 125, b"y" * 126, b"z" * 390, b"w" * 70_000]))
cuts = st.lists(st.integers(min_value=1, max_value=100_000), min_size=1, max_size=8)


def fed(reader: Counter[T], stream: bytes, sizes: list[int]) -> list[T]:
    """Return what ``reader`` finds when ``stream`` comes in pieces of ``sizes``."""
    found, rest, at, turn = [], b"", 0, 0
    while at < len(stream):
        size = sizes[turn % len(sizes)]
        data = rest + stream[at : at + size]
        at, turn = at + size, turn + 1
        one, used = reader(data)
        found.append(one)
        rest = data[used:]
    assert rest == b""
    return found


@given(payloads, cuts)
def test_frames_are_found_however_they_are_cut(texts: list[bytes], sizes: list[int]) -> None:
    stream = b"".join(frames.ws_text(text) for text in texts)
    assert sum(fed(ws_messages, stream, sizes), ()) == tuple(texts)
    assert sum(fed(ws_count(126), stream, sizes)) == sum(len(text) >= 126 for text in texts)


@given(st.lists(st.tuples(st.integers(0, 300), st.integers(1, 40)), max_size=10), cuts)
def test_runs_of_equal_frames_are_counted_in_one_go(
    runs: list[tuple[int, int]], sizes: list[int]
) -> None:
    stream = b"".join(frames.ws_text(b"m" * size) * count for size, count in runs)
    expected = sum(count for size, count in runs if size >= 100)
    assert sum(fed(ws_count(100), stream, sizes)) == expected


def test_other_frames_are_no_messages() -> None:
    ping = b"\x89\x00"
    close = b"\x88\x02" + struct.pack(">H", 1012)
    stream = ping + frames.ws_text(b"one") + close
    assert ws_messages(stream) == ((b"one",), len(stream))
    assert ws_count(0)(stream) == (1, len(stream))


@given(st.lists(st.sampled_from([b"{}", b"x" * 390])), cuts)
def test_events_are_found_however_they_are_cut(texts: list[bytes], sizes: list[int]) -> None:
    stream = b"retry: 2000\n\n" + b"".join(frames.sse("item", text, "a.1-0") for text in texts)
    assert sum(fed(sse_messages, stream, sizes), ()) == tuple(texts)
    assert sum(fed(sse_count(300), stream, sizes)) == sum(len(text) >= 300 for text in texts)


def test_comments_are_no_events() -> None:
    assert sse_messages(b": still here\n\ndata: one\n\nda") == ((b"one",), 29 - 4)

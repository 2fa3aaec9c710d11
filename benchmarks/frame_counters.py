"""Counters of frames and events in the bytes of any server. Pure.

A counter takes all unread bytes of one connection and returns what it found in them and how many
bytes that was; the rest comes again with the next chunk.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias, TypeVar

from benchmarks.payload import SMALLEST
from ticker.bench.parsers import ws_header

T = TypeVar("T")
Counter: TypeAlias = Callable[[bytes], tuple[T, int]]

TEXT = 0x1
"""The opcode of a text frame (RFC 6455 §5.2)."""
RSV1 = 0x40
"""The bit of a compressed message (RFC 7692 §6)."""


def ws_messages(data: bytes) -> tuple[tuple[bytes, ...], int]:
    """Read the payloads of the whole text frames in ``data``; other frames are passed over."""
    found: list[bytes] = []
    at = 0
    while (span := ws_header(data, at)) is not None and span[1] <= len(data):
        if data[at] & 0x0F == TEXT:
            found.append(data[span[0] : span[1]])
        at = span[1]
    return tuple(found), at


def ws_count(smallest: int) -> Counter[int]:
    """Return a counter of text frames of at least ``smallest`` bytes of payload.

    A run of frames with one and the same header is looked at in one go: each header is where the
    one before it says, so comparing every ``stride``-th byte reads all of them.
    """

    def read(data: bytes) -> tuple[int, int]:
        count = at = 0
        while (span := ws_header(data, at)) is not None and span[1] <= len(data):
            begin, end = span
            wanted = data[at] & 0x0F == TEXT and end - begin >= smallest
            stride = end - at
            run = min(_run(data, at, begin - at, stride), (len(data) - at) // stride)
            count += run * wanted
            at += run * stride
        return count, at

    return read


def ws_items(data: bytes) -> tuple[int, int]:
    """Count the items among the whole text frames in ``data``: by size, or as compressed frames."""
    count = at = 0
    while (span := ws_header(data, at)) is not None and span[1] <= len(data):
        count += data[at] & 0x0F == TEXT and (data[at] & RSV1 > 0 or span[1] - span[0] >= SMALLEST)
        at = span[1]
    return count, at


def sse_messages(data: bytes) -> tuple[tuple[bytes, ...], int]:
    """Read the ``data`` lines of whole events; comments and other fields are passed over."""
    end = data.rfind(b"\n\n") + 2
    if end < 2:
        return (), 0
    found = []
    for block in data[:end].split(b"\n\n"):
        begin = 5 if block.startswith(b"data:") else block.find(b"\ndata:") + 6
        if begin >= 6 or block.startswith(b"data:"):
            found.append(block[begin:].partition(b"\n")[0].strip())
    return tuple(found), end


def sse_count(smallest: int) -> Counter[int]:
    """Return a counter of events with at least ``smallest`` bytes of data."""

    def read(data: bytes) -> tuple[int, int]:
        messages, end = sse_messages(data)
        return sum(len(message) >= smallest for message in messages), end

    return read


def _run(data: bytes, at: int, header: int, stride: int) -> int:
    """Return how many frames in a row, ``stride`` bytes each, begin with the header at ``at``."""
    least = len(data)
    for offset in range(at, at + header):
        column = data[offset::stride]
        if column.count(column[:1]) == len(column):
            continue
        least = min(least, len(column) - len(column.lstrip(column[:1])))
    return least

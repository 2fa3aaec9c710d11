"""Whether a PNG has the pixels of all its rows.

Pillow takes one whose compressed data ends early, though properly, and leaves the rest of the rows
black.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator

_SIGNATURE = 8
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
"""Samples of a pixel by colour type (PNG, third edition, §11.2.1)."""
_PASSES = (
    *((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4)),
    *((0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)),
)
"""First column and row, and steps, of the passes of an interlaced picture (§8.1)."""
_STEP = 1 << 16
"""Bytes that are decompressed at once; none are kept."""


def has_all_rows(png: bytes) -> bool:
    """Return whether the data of ``png``, which Pillow can open, is that of all rows."""
    header = next((data for name, data in _chunks(png) if name == b"IHDR"), memoryview(b""))
    if len(header) < 13:
        return False
    missing = _length(header)
    unpack = zlib.decompressobj()
    try:
        for name, data in _chunks(png):
            if name != b"IDAT":
                continue
            rest: bytes | memoryview = data
            while rest and missing > 0 and not unpack.eof:
                missing -= len(unpack.decompress(rest, _STEP))
                rest = unpack.unconsumed_tail
            if missing <= 0:
                return True
        while missing > 0 and not unpack.eof and (more := unpack.decompress(b"", _STEP)):
            missing -= len(more)
    except zlib.error:
        return False
    return missing <= 0


def _chunks(png: bytes) -> Iterator[tuple[bytes, memoryview]]:
    """Yield the chunks with their names, without a look at their checksums."""
    view = memoryview(png)
    at = _SIGNATURE
    while at + 8 <= len(view):
        length = int.from_bytes(view[at : at + 4], "big")
        yield bytes(view[at + 4 : at + 8]), view[at + 8 : at + 8 + length]
        at += 12 + length


def _length(header: memoryview) -> int:
    """Return the bytes of all rows, each with the byte of its filter."""
    width, height = (int.from_bytes(header[at : at + 4], "big") for at in (0, 4))
    bits = header[8] * _CHANNELS.get(header[9], 1)
    passes = _PASSES if header[12] else ((0, 0, 1, 1),)
    total = 0
    for left, top, right, down in passes:
        columns = max(0, width - left + right - 1) // right
        rows = max(0, height - top + down - 1) // down
        if columns:
            total += rows * (1 + (columns * bits + 7) // 8)
    return total

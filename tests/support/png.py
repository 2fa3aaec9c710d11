"""Read the PNGs that Ticker draws: a palette, no interlacing, no filters."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Picture:
    """A decoded picture; ``rows`` has the color number of each pixel."""

    width: int
    height: int
    rows: list[bytes]

    def drawn(self, left: int, top: int, right: int, bottom: int) -> bool:
        """Return whether anything differs from the background in this box."""
        return any(any(row[left:right]) for row in self.rows[top:bottom])


def read_png(data: bytes) -> Picture:
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    chunks = dict(_chunks(data[8:]))
    width, height, depth, color, *rest = struct.unpack(">IIBBBBB", chunks[b"IHDR"])
    assert (depth, color, rest) == (8, 3, [0, 0, 0])
    assert len(chunks[b"PLTE"]) % 3 == 0
    pixels = zlib.decompress(chunks[b"IDAT"])
    rows = [pixels[at + 1 : at + 1 + width] for at in range(0, len(pixels), width + 1)]
    assert len(rows) == height
    assert {pixels[at] for at in range(0, len(pixels), width + 1)} == {0}, "no filters"
    return Picture(width, height, rows)


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    while data:
        (length,) = struct.unpack(">I", data[:4])
        kind, body = data[4:8], data[8 : 8 + length]
        assert zlib.crc32(kind + body) == struct.unpack(">I", data[8 + length : 12 + length])[0]
        yield kind, body
        data = data[12 + length :]

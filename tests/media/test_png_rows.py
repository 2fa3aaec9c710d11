"""A PNG without the pixels of all its rows is damaged, though each of its parts is well-formed."""

from __future__ import annotations

import zlib
from io import BytesIO

import pytest
from PIL import Image

from ticker.media.accepted import NotAccepted
from ticker.media.drawing import draw
from ticker.media.png_rows import has_all_rows


def chunk(name: bytes, data: bytes) -> bytes:
    checksum = zlib.crc32(name + data).to_bytes(4, "big")
    return len(data).to_bytes(4, "big") + name + data + checksum


def png(length: int, header: tuple[int, int, int] = (8, 2, 0), parts: int = 1) -> bytes:
    """Return a PNG of 340 × 200 pixels with ``length`` bytes of rows in ``parts`` chunks."""
    depth, color, interlaced = header
    head = (340).to_bytes(4, "big") + (200).to_bytes(4, "big")
    packed = zlib.compress(bytes(length))
    size = -(-len(packed) // parts)
    rows = [chunk(b"IDAT", packed[at : at + size]) for at in range(0, len(packed), size)]
    start = chunk(b"IHDR", head + bytes((depth, color, 0, 0, interlaced)))
    palette = chunk(b"PLTE", bytes(6)) if color == 3 else b""
    return b"\x89PNG\r\n\x1a\n" + start + palette + b"".join(rows) + chunk(b"IEND", b"")


WHOLE = {
    (8, 2, 0): 200 * 1_021,
    (16, 6, 0): 200 * 2_721,
    (1, 0, 0): 200 * 44,  # the last byte of a row is half empty
    (4, 3, 0): 200 * 171,
    # Adam7: the rows of each pass, and the bytes of such a row.
    (8, 2, 1): 25 * 130 + 25 * 127 + 25 * 256 + 50 * 256 + 50 * 511 + 100 * 511 + 100 * 1_021,
}


@pytest.mark.parametrize("header", WHOLE)
def test_rows_are_counted_as_they_are_stored(header: tuple[int, int, int]) -> None:
    length = WHOLE[header]
    with Image.open(BytesIO(png(length, header))) as image:
        image.load()  # the figures are those of Pillow, too
    for parts in (1, 3):
        assert has_all_rows(png(length, header, parts))
        assert has_all_rows(png(length + 900, header, parts)), "more is no harm"
        assert not has_all_rows(png(length - 1, header, parts))


def test_a_picture_with_too_few_rows_is_refused() -> None:
    draw(png(200 * 1_021))
    with pytest.raises(NotAccepted, match="damaged or cut off"):
        draw(png(100 * 1_021))


@pytest.mark.parametrize("data", [b"", b"\x89PNG\r\n\x1a\n", png(9)[:40], png(9)[:-20]])
def test_what_is_no_whole_file_has_not_all_rows(data: bytes) -> None:
    assert not has_all_rows(data)

"""Draw the card of an item as a PNG of 1,200 × 630 pixels.

The picture has one palette: each part of the card is a ramp from its background to the color of
its text, and an edge pixel is a step of the ramp. So the file is small, and needs no library.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import uharfbuzz

from ticker.site.cards.typesetting import Line, fit, font_for, line, printable

WIDTH, HEIGHT = 1_200, 630
"""The size that social networks ask for (ogp.me has no rule)."""
MEDIA_TYPE = "image/png"
MARGIN = 72
SIZES = (112, 100, 88, 80, 72, 64, 58, 52, 46, 40)
KICKER_SIZE, BRAND_SIZE = 32, 40

_INK, _WHITE, _RED, _GREY = (20, 22, 26), (255, 255, 255), (196, 18, 47), (204, 208, 216)
_STEPS = 64
_RAMPS = ((_INK, _WHITE), (_RED, _WHITE), (_INK, _GREY), (_RED, _RED))
_TEXT, _BADGE, _MUTED, _MARK = range(len(_RAMPS))

_KICKER = (56, 76)
_HEADLINE = (148, 352)
_BRAND = (518, 72)
"""Top and height of each band."""


@dataclass(frozen=True, slots=True)
class Card:
    """The texts of a card. ``kicker`` is a level or a section, and may be empty."""

    headline: str
    kicker: str
    brand: str
    rtl: bool = False
    breaking: bool = False
    """Whether the kicker is a badge."""


def draw(card: Card) -> bytes:
    """Return the PNG of ``card``.

    A headline in letters that the fonts lack is left out; the newsroom's name then takes its place.
    """
    canvas = bytearray(WIDTH * HEIGHT)
    _draw_kicker(canvas, card)
    _draw_headline(canvas, card)
    _draw_brand(canvas, card)
    return _png(bytes(canvas))


def _draw_headline(canvas: bytearray, card: Card) -> None:
    font = font_for(card.headline)
    text = printable(card.headline, font)
    if not text:
        font = font_for(card.brand)
        text = printable(card.brand, font)
    if not text:
        return
    top, height = _HEADLINE
    size, lines = fit(text, font, card.rtl, WIDTH - 2 * MARGIN, height, SIZES)
    advance = size * font.line_height
    placed = [
        (one, _left(card, one.width * size), number * advance + size)
        for number, one in enumerate(lines)
    ]
    _paste(canvas, top, _band(placed, size, height).translate(_ramp(_TEXT)))


def _draw_kicker(canvas: bytearray, card: Card) -> None:
    set_line = _one_line(card.kicker, card.rtl)
    if set_line is None:
        return
    top, height = _KICKER
    wide = min(int(set_line.width * KICKER_SIZE), WIDTH - 2 * MARGIN)
    padding = 20 if card.breaking else 0
    left = _left(card, wide + 2 * padding)
    band = _band([(set_line, left + padding, height * 0.66)], KICKER_SIZE, height)
    ramp = _ramp(_BADGE if card.breaking else _MUTED)
    for row in range(8, height - 8):
        start = row * WIDTH + left
        stop = start + wide + 2 * padding
        canvas[top * WIDTH + start : top * WIDTH + stop] = band[start:stop].translate(ramp)


def _draw_brand(canvas: bytearray, card: Card) -> None:
    top, height = _BRAND
    block, gap = 9, 16
    left = _left(card, block)
    for row in range(16, height - 16):
        start = (top + row) * WIDTH + left
        canvas[start : start + block] = bytes([_MARK * _STEPS]) * block
    set_line = _one_line(card.brand, card.rtl)
    if set_line is None:
        return
    wide = set_line.width * BRAND_SIZE
    at = left - gap - wide if card.rtl else left + block + gap
    band = _band([(set_line, at, height * 0.68)], BRAND_SIZE, height).translate(_ramp(_TEXT))
    for row in range(height):
        start = row * WIDTH + (0 if card.rtl else left + block)
        stop = row * WIDTH + (left if card.rtl else WIDTH)
        canvas[top * WIDTH + start : top * WIDTH + stop] = band[start:stop]


def _one_line(text: str, rtl: bool) -> Line | None:
    font = font_for(text)
    text = printable(text, font)
    return line(text, font, rtl) if text else None


def _left(card: Card, width: float) -> int:
    """Return the left end of what begins at the card's margin."""
    return int(WIDTH - MARGIN - width) if card.rtl else MARGIN


def _band(lines: Sequence[tuple[Line, float, float]], size: int, height: int) -> bytes:
    """Return how far each pixel of a band is covered, 0 to 255, from its top row.

    ``lines`` have their left end, and their base from the top.
    """
    raster = uharfbuzz.RasterDraw()
    raster.extents = uharfbuzz.RasterExtents(0, 0, WIDTH, height, WIDTH)
    for one, x, base in lines:
        one.draw(raster, x, height - base, size)
    pixels = bytes(raster.render().buffer)  # from the bottom row
    return b"".join(pixels[row * WIDTH : (row + 1) * WIDTH] for row in range(height - 1, -1, -1))


def _ramp(ramp: int) -> bytes:
    """Return the table from coverage to color numbers."""
    return bytes(ramp * _STEPS + coverage * (_STEPS - 1) // 255 for coverage in range(256))


def _paste(canvas: bytearray, top: int, band: bytes) -> None:
    canvas[top * WIDTH : top * WIDTH + len(band)] = band


def _palette() -> bytes:
    colors = bytearray()
    for below, above in _RAMPS:
        for step in range(_STEPS):
            part = step / (_STEPS - 1)
            colors += bytes(round(b + (a - b) * part) for b, a in zip(below, above, strict=True))
    return bytes(colors)


def _png(pixels: bytes) -> bytes:
    """Return a PNG with a palette (W3C PNG, third edition, §11)."""
    rows = b"".join(b"\0" + pixels[row * WIDTH : (row + 1) * WIDTH] for row in range(HEIGHT))
    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 3, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + _chunk(b"IHDR", header)
        + _chunk(b"PLTE", _palette())
        + _chunk(b"IDAT", zlib.compress(rows, 6))
        + _chunk(b"IEND", b"")
    )


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

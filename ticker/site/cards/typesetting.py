"""Set text on a card: choose the font, break lines, and place the glyphs.

Measures are in em, which is the font size; only ``Line.draw`` knows pixels. The cost of a text is
bounded: ``printable`` shortens it, and each word is shaped once for each way to break it.

HarfBuzz shapes and draws: https://harfbuzz.github.io, with the bindings of uharfbuzz.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import uharfbuzz

from ticker.site.cards.bidi import levels, visual_runs

FONTS = Path(__file__).with_name("fonts")
CHARACTERS_MAX = 320
"""Characters of a card's text: a headline has at most 280, and its speaker may come before it."""
MARKS_MAX = 3
"""Combining marks on one letter; further ones are left out."""
ELLIPSIS = "…"

_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")
_JOINERS = "\u200c\u200d"


class Font:
    """A font that the package carries."""

    def __init__(self, name: str, line_height: float) -> None:
        self.line_height = line_height
        """Distance of two lines in em."""
        face = uharfbuzz.Face(uharfbuzz.Blob.from_file_path(str(FONTS / f"{name}.ttf")))
        self.units: int = face.upem
        self.font = uharfbuzz.Font(face)

    def has(self, char: str) -> bool:
        """Return whether the font can print ``char``."""
        return char in _JOINERS or self.font.get_nominal_glyph(ord(char)) is not None

    def shape(self, text: str, rtl: bool) -> uharfbuzz.Buffer:
        """Return the glyphs of ``text``, all of one direction."""
        buffer = uharfbuzz.Buffer()
        buffer.add_str(text)
        buffer.guess_segment_properties()
        buffer.direction = "rtl" if rtl else "ltr"
        uharfbuzz.shape(self.font, buffer)
        return buffer


@cache
def serif() -> Font:
    """Return the font for Latin, Cyrillic and Greek."""
    return Font("serif", 1.16)


@cache
def naskh() -> Font:
    """Return the font for Arabic, which has Latin letters for names."""
    return Font("naskh", 1.42)


def font_for(text: str) -> Font:
    """Return the font for ``text``."""
    return naskh() if _RIGHT_TO_LEFT.search(text) else serif()


def printable(text: str, font: Font) -> str:
    """Return ``text`` without what ``font`` cannot print; empty if that is most of its letters."""
    text = " ".join(unicodedata.normalize("NFC", text[: 4 * CHARACTERS_MAX]).split())
    letters = lost = marks = 0
    kept: list[str] = []
    for char in text[:CHARACTERS_MAX]:
        category = unicodedata.category(char)
        marks = marks + 1 if category in ("Mn", "Me") else 0
        letters += category[0] in "LN"
        if marks > MARKS_MAX or (category[0] == "C" and char not in _JOINERS):
            continue
        if font.has(char):
            kept.append(char)
        else:
            lost += category[0] in "LN"
    if 2 * lost > letters:
        return ""
    return " ".join("".join(kept).split())


@dataclass(frozen=True, slots=True)
class Line:
    """One line of text. ``width`` is in em."""

    text: str
    font: Font
    rtl: bool
    """Direction of the paragraph."""
    width: float

    def draw(self, raster: uharfbuzz.RasterDraw, x: float, y: float, size: float) -> None:
        """Draw the line on ``raster``: ``x`` is its left end, ``y`` its base from the bottom."""
        scale = size / self.font.units
        for buffer in _runs(self.text, self.font, self.rtl):
            for glyph, at in zip(buffer.glyph_infos, buffer.glyph_positions, strict=True):
                raster.transform = (
                    *(scale, 0, 0, scale),
                    *(x + at.x_offset * scale, y + at.y_offset * scale),
                )
                raster.draw_glyph(self.font.font, glyph.codepoint)
                x += at.x_advance * scale


def line(text: str, font: Font, rtl: bool) -> Line:
    """Return ``text`` as one line."""
    return Line(text, font, rtl, _width(text, font, rtl))


def fit(
    text: str, font: Font, rtl: bool, width: float, height: float, sizes: Sequence[int]
) -> tuple[int, list[Line]]:
    """Return the largest of ``sizes`` at which ``text`` fits into the box, and its lines.

    ``width``, ``height`` and ``sizes`` (largest first) are in pixels. At the smallest size, what
    does not fit is left out, and the last line ends with an ellipsis.
    """
    for size in sizes:
        lines_max = int(height / size / font.line_height)
        words = list(_pieces(text.split(), font, rtl, width / size))
        lines = _wrap(words, font, rtl, width / size)
        if len(lines) <= lines_max:
            return size, [line(one, font, rtl) for one in _balanced(words, font, rtl, lines)]
        if size == sizes[-1]:
            lines = lines[:lines_max]
            lines[-1] = _shortened(lines[-1], font, rtl, width / size)
            return size, [line(one, font, rtl) for one in lines]
    raise ValueError("no sizes")


def _runs(text: str, font: Font, rtl: bool) -> Iterator[uharfbuzz.Buffer]:
    for start, end, right_to_left in visual_runs(levels(text, int(rtl))):
        yield font.shape(text[start:end], right_to_left)


def _width(text: str, font: Font, rtl: bool) -> float:
    advances = (at.x_advance for one in _runs(text, font, rtl) for at in one.glyph_positions)
    return float(sum(advances)) / font.units


def _pieces(words: Sequence[str], font: Font, rtl: bool, width: float) -> Iterator[str]:
    """Yield the words; one that is wider than a line is cut in halves until each fits."""
    for word in words:
        if len(word) < 2 or _width(word, font, rtl) <= width:
            yield word
        else:
            middle = len(word) // 2
            yield from _pieces([word[:middle], word[middle:]], font, rtl, width)


def _wrap(words: Sequence[str], font: Font, rtl: bool, width: float) -> list[str]:
    """Return lines of ``words``, each as full as it can be."""
    lines: list[str] = []
    used = 0.0
    space = _width(" ", font, rtl)
    for word in words:
        wide = _width(word, font, rtl)
        if lines and used + space + wide <= width:
            lines[-1] += f" {word}"
            used += space + wide
        else:
            lines.append(word)
            used = wide
    return lines


def _balanced(words: Sequence[str], font: Font, rtl: bool, lines: list[str]) -> list[str]:
    """Return as many lines as ``lines``, of about the same width."""
    wide = max(_width(one, font, rtl) for one in lines)
    narrow = wide / 2
    for _ in range(5):
        middle = (narrow + wide) / 2
        tried = _wrap(words, font, rtl, middle)
        if len(tried) == len(lines) and all(_width(one, font, rtl) <= wide for one in tried):
            lines, wide = tried, middle
        else:
            narrow = middle
    return lines


def _shortened(text: str, font: Font, rtl: bool, width: float) -> str:
    while text and _width(text + ELLIPSIS, font, rtl) > width:
        text = text[:-1].rstrip()
    return text + ELLIPSIS

"""Shortening a text between words, and never within a grapheme cluster.

Right-to-left text keeps its base direction: its first strong character stays, and ``clean`` has
removed embeddings that a cut could leave open. The ellipsis is neutral and takes the direction of
the line.
"""

from __future__ import annotations

import unicodedata

import orjson

ELLIPSIS = "…"
WORD_MAX = 24
"""Characters that are dropped at most to end with a whole word: Thai and Chinese have no spaces."""

_ZWNJ, _ZWJ = "\u200c", "\u200d"
_JOINS = frozenset(("Mn", "Me", "Mc"))


def shorten(text: str, limit: int) -> str:
    """Return ``text``, or its beginning and an ellipsis, in at most ``limit`` bytes of JSON.

    Empty if not even one grapheme cluster fits.
    """
    if json_size(text) <= limit:
        return text
    room = limit - len(ELLIPSIS.encode())
    end = used = 0
    for end, char in enumerate(text):  # noqa: B007 - the position where it stops is used below
        used += json_size(char)
        if used > room:
            break
    end = _whole_word(text, _whole_sign(text, end))
    kept = text[:end].rstrip().rstrip(",;:،؛–—-").rstrip()
    return kept + ELLIPSIS if kept else ""


def json_size(text: str) -> int:
    """Return the number of bytes of ``text`` in a JSON string, without its quotes."""
    return len(orjson.dumps(text)) - 2


def _whole_word(text: str, end: int) -> int:
    """Return the end of the last whole word up to ``end``, unless that drops too much."""
    if end >= len(text) or text[end].isspace():
        return end
    space = max((i for i in range(max(0, end - WORD_MAX), end) if text[i].isspace()), default=0)
    return space or end


def _whole_sign(text: str, end: int) -> int:
    """Return the last boundary between extended grapheme clusters up to ``end`` (UAX #29 §3.1.1).

    It covers what headlines contain: marks, joiners, emoji with modifiers, flags, tags. ``clean``
    has composed conjoining jamo.
    """
    while end > 0 and _joined(text, end):
        end -= 1
    return end


def _joined(text: str, at: int) -> bool:
    before, after = text[at - 1], text[at]
    if unicodedata.category(after) in _JOINS or after in (_ZWNJ, _ZWJ):  # GB9, GB9a
        return True
    if before == _ZWJ and not unicodedata.category(after).startswith("L"):  # GB11
        return True
    if "\U0001f3fb" <= after <= "\U0001f3ff" or "\U000e0020" <= after <= "\U000e007f":
        return True  # skin tones and tags extend what they follow
    if _regional(after):  # GB12, GB13: flags are pairs
        start = at
        while start > 0 and _regional(text[start - 1]):
            start -= 1
        return (at - start) % 2 == 1
    return False


def _regional(char: str) -> bool:
    return "\U0001f1e6" <= char <= "\U0001f1ff"

"""Text of items, names and filters: bounded before any work, in NFC, without controls.

Sorting combining marks into canonical order takes quadratic time, so 30,000 of them in one field
would stop a server for more than a second. ``bounded`` refuses such text with checks that cost a
fraction of a microsecond a character; only then is the text normalised.
"""

from __future__ import annotations

import re
import unicodedata

from ticker.domain.messages import said

MARKS_MAX = 12
"""Combining marks on one character. Vietnamese needs 2, vocalised Arabic 4, Hebrew with
cantillation 5, Tibetan stacks about 9; the Stream-Safe Text Format (UAX #15 §13) allows 30."""
RAW_FACTOR = 4
"""NFC joins at most four characters to one (alpha with breathing, accent and iota subscript): text
that is longer than this many times its limit is refused before it is normalised."""

_LINE_BREAKS = re.compile("[\t\n\v\f\r\x1c-\x1f\x85\u2028\u2029]+")
# C0 and C1 controls; bidi embeddings, overrides, isolates (UAX #9 §2.1–2.5); the byte order mark.
# LRM, RLM, ALM, ZWJ and ZWNJ stay: Arabic and Persian headlines need them.
_FORBIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb]")
_ABOVE = re.compile("[^\x00-\u02ff]")  # so written, it takes no time to compile
_INVISIBLE = frozenset({"Zs", "Zl", "Zp", "Cc", "Cf", "Cs", "Mn", "Me"})
_BLANK = frozenset("\u115f\u1160\u2800\u3164\uffa0\U0001d159")
"""Letters and symbols without a glyph: Hangul fillers, the empty Braille pattern, a null note."""


class TooLong(ValueError):
    """The text has more characters than its limit allows."""

    def __init__(self, most: int, count: int) -> None:
        super().__init__(said("too-long-by", most=most, count=count))


def clean(text: str) -> str:
    """Return ``text`` in NFC, line breaks as spaces, without controls and bidi overrides.

    Text of unknown length or origin goes through ``bounded`` first.
    """
    if text.isascii() and text.isprintable():  # nothing to do
        return text
    # A control may stand between a letter and its mark: what is left is normalised last.
    return unicodedata.normalize("NFC", _FORBIDDEN.sub("", _LINE_BREAKS.sub(" ", text)))


def bounded(text: str, most: int) -> str:
    """Return ``text`` cleaned, with at most ``most`` characters.

    Raises TooLong, or ValueError for more than ``MARKS_MAX`` marks on one character.
    """
    if len(text) > most * RAW_FACTOR:
        raise TooLong(most, len(text))
    if not text.isascii() and marks(text, MARKS_MAX + 1) > MARKS_MAX:
        raise ValueError(said("too-many-marks", most=MARKS_MAX))
    cleaned = clean(text)
    if len(cleaned) > most:
        raise TooLong(most, len(cleaned))
    return cleaned


def folded(text: str) -> str:
    """Return bounded ``text`` as names are compared: in NFC, without a difference of case."""
    if text.isascii():
        return text.lower()
    # Folding may take a character apart, so it is put together again (Unicode §3.13, D145).
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())


def optional(text: str, most: int) -> str:
    """Return what ``bounded`` does; blank text stays as it is.

    Raises ValueError also for text that is not blank and that nobody can see.
    """
    cleaned = bounded(text, most)
    if not cleaned.isascii() and cleaned.strip() and not visible(cleaned):
        raise ValueError(said("invisible"))
    return cleaned


def shortened(text: str, most: int) -> str:
    """Return the first ``most`` characters of a message from elsewhere, cleaned.

    Combining marks are left out if there are too many on one character.
    """
    text = text[:most]
    if not text.isascii() and marks(text, MARKS_MAX + 1) > MARKS_MAX:
        text = "".join(char for char in text if not is_mark(char))
    return clean(text)


def marks(text: str, enough: int) -> int:
    """Return the length of the longest run of combining marks, or ``enough`` once it is reached.

    Invisible format characters and controls between two marks do not end a run.
    """
    found = _ABOVE.search(text)
    if found is None:
        return 0
    longest = run = 0
    for char in text[found.start() :]:
        if is_mark(char):
            run += 1
            if run > longest:
                longest = run
                if longest >= enough:
                    break
        elif unicodedata.category(char) not in ("Cf", "Cc"):
            run = 0
    return longest


def is_mark(char: str) -> bool:
    """Return whether ``char`` is drawn on another one, or sorted among those that are.

    Some spacing marks (Hangul tone marks, musical stems) have a combining class too.
    """
    return unicodedata.category(char) in ("Mn", "Me") or unicodedata.combining(char) != 0


def visible(text: str) -> bool:
    """Return whether a reader can see anything of ``text``."""
    return any(unicodedata.category(char) not in _INVISIBLE and char not in _BLANK for char in text)

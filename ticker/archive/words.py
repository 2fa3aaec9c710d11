"""Words as the search compares them: without case, accents and the variants of Arabic letters.

The text of items and of queries goes through the same function, so both sides agree. It is
Unicode's compatibility decomposition (UAX #15) and case folding, and for Arabic the normalisation
and the removal of the article that information retrieval uses (Larkey, Ballesteros and Connell,
"Light Stemming for Arabic Information Retrieval", 2007). A script that is written without spaces
has one word a character; a query of several is a phrase.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

WORD_MAX = 64
"""Characters of a word that are compared."""

_MARKS = "".join(chr(n) for n in range(0x300, 0x3100) if unicodedata.category(chr(n))[0] == "M")
_JOINERS = "\u200c\u200d"
# Thai, Lao, Khmer, kana, Han: no spaces between words.
_ALONE = (
    "\u0e00-\u0e4f\u0e80-\u0ecf\u1780-\u17d3\u3041-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uf900-\ufaff\U00020000-\U0003ffff"
)
_WORD = re.compile(
    f"[{_ALONE}][{_MARKS}]*|(?:(?![{_ALONE}])[^\\W_])(?:(?![{_ALONE}])[^\\W_]|[{_MARKS}{_JOINERS}])*"
)
_DROPPED = re.compile(
    "[\u0300-\u036f\u0483-\u0489\u0591-\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06ed"
    "\u08d3-\u08ff\u200c\u200d]"
)
"""Accents, Hebrew points, Arabic vowel signs and tatweel, and joiners. Vowel signs of scripts in
which they are letters (Devanagari) stay."""
_LETTERS = str.maketrans(
    {"ı": "i", "ø": "o", "đ": "d", "ł": "l", "ð": "d", "ħ": "h", "ς": "σ"}
    | {"æ": "ae", "œ": "oe", "þ": "th"}
    | {"\u0671": "\u0627", "\u0649": "\u064a", "\u0629": "\u0647"}  # wasla, maqsura, marbuta
    | {"\u06a9": "\u0643", "\u06cc": "\u064a"}  # Persian kaf and ya
)
_ARTICLES = (
    # Prefix, and the length of the shortest word that it is taken off.
    *(("\u0648\u0627\u0644", 6), ("\u0628\u0627\u0644", 6), ("\u0643\u0627\u0644", 6)),
    *(("\u0641\u0627\u0644", 6), ("\u0627\u0644", 5), ("\u0644\u0644", 5)),
)
"""The Arabic article, alone and behind *wa*, *bi*, *ka*, *fa* and *li*."""


class Word(NamedTuple):
    """A word as it is compared, and where it stands in its text (in code points)."""

    text: str
    start: int
    end: int


def words(text: str) -> Iterator[Word]:
    """Yield the words of ``text``, in order."""
    for match in _WORD.finditer(text):
        folded = fold(match[0][:WORD_MAX])
        if folded.isalnum():
            yield Word(folded, *match.span())
        else:  # marks stay in it, but one character may stand for several words (\ufdfa), or "(1)"
            for part in _WORD.findall(folded):
                yield Word(part, *match.span())


def folded(text: str) -> str:
    """Return the words of ``text`` as they are compared, separated by spaces."""
    return " ".join(word.text for word in words(text))


@lru_cache(maxsize=65_536)
def fold(word: str) -> str:
    """Return one word as it is compared; empty if nothing of it is."""
    decomposed = unicodedata.normalize("NFKD", word.casefold())
    letters = _DROPPED.sub("", decomposed).casefold().translate(_LETTERS)
    if not letters.isascii():
        letters = unicodedata.normalize("NFC", "".join(map(_digit, letters)))
        for article, shortest in _ARTICLES:
            if letters.startswith(article) and len(letters) >= shortest:
                return letters[len(article) :]
    return letters


def _digit(char: str) -> str:
    value = unicodedata.decimal(char, None)
    return char if value is None else str(value)

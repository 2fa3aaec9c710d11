"""Tell whether two headlines are the same but for a letter or a word, in any script. Pure.

Only a difference in one place counts: that is what a second editor types, or what a correction
changes, and it is found by comparing the ends of two texts.
"""

from __future__ import annotations

import re
import unicodedata

_WORDS = re.compile(r"\w+")
_TATWEEL = "\u0640"
_LETTERS = 2
"""Characters that differ where only a letter does: one, or two that changed places."""
_WORD_MAX = 24
_UNSPACED_WORD_MAX = 4
"""Characters of a word in a script that does not separate words."""
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
)
_EDGE = 3


def comparable(headline: str) -> str:
    """Return the headline's words without case, accents, vowel marks and punctuation."""
    text = unicodedata.normalize("NFKD", headline).casefold()
    letters = "".join(
        char for char in text if unicodedata.category(char) != "Mn" and char != _TATWEEL
    )
    return " ".join(_WORDS.findall(letters))


def similar(one: str, other: str) -> bool:
    """Return whether two ``comparable`` texts differ in at most a letter or a word."""
    if one[:_EDGE] != other[:_EDGE] and one[-_EDGE:] != other[-_EDGE:]:
        return False  # most pairs; a difference in one place leaves one of the ends
    if one == other:
        return True
    shortest = min(len(one), len(other))
    start = _common(one, other, shortest)
    end = _common(one[::-1], other[::-1], shortest - start)
    middle, replaced = one[start : len(one) - end], other[start : len(other) - end]
    shared, longest = start + end, max(len(middle), len(replaced))
    if longest <= _LETTERS:
        return shared >= 3 * longest
    words = f"{middle.strip()}{replaced.strip()}"
    if " " in middle.strip() or " " in replaced.strip():
        return False
    most = _UNSPACED_WORD_MAX if _UNSPACED.search(words) else _WORD_MAX
    return longest <= most and shared >= 2 * longest


def _common(one: str, other: str, most: int) -> int:
    """Return how many characters, at most ``most``, two texts begin with in common."""
    low, high = 0, most
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low

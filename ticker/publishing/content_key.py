"""A key that equal items share: by it a duplicate is recognised."""

from __future__ import annotations

import hashlib
import re
import unicodedata

from ticker.domain.item import Item

_WORD = re.compile(r"\w+|(?<!\w)[+\-\u2212](?=\d)|[$¢£¤¥֏؋৲৳฿\u20a0-\u20cf]")
"""Words, and what changes the meaning of a number: its sign and its currency."""
_UNSAID = dict.fromkeys((0x640, *range(0x64B, 0x653), 0x670))
"""Stretch and vowel marks of Arabic: a word is the same with and without them."""


def content_key(item: Item) -> str:
    """Return a key that equal items share: a hash of edition and the headline's words.

    Not the level: the same words again at another level interrupt the same readers twice.
    """
    folded = unicodedata.normalize("NFKC", item.headline).casefold().replace("\u2212", "-")
    folded = folded.translate(_UNSAID)
    words = _WORD.findall(folded) or folded.split()  # emoji alone are words
    text = "\0".join((item.edition, *words))
    return hashlib.sha256(text.encode()).hexdigest()[:32]

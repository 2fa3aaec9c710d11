"""A key that equal items share: by it a duplicate is recognised, and words are claimed."""

from __future__ import annotations

import hashlib
import re
import unicodedata

from ticker.domain.clock import parse_ms
from ticker.domain.item import Item
from ticker.publishing.transitions import Step

_WORD = re.compile(r"\w+|(?<!\w)[+\-\u2212](?=\d)|[$¢£¤¥֏؋৲৳฿\u20a0-\u20cf]")
"""Words, and what changes the meaning of a number: its sign and its currency."""
_UNSAID = dict.fromkeys((0x640, *range(0x64B, 0x653), 0x670))
"""Stretch and vowel marks of Arabic: a word is the same with and without them."""


def content_key(item: Item) -> str:
    """Return a key that equal items share: a hash of edition and the headline's words.

    Not the level: the same words again at another level interrupt the same readers twice.
    """
    if item.headline.isascii():  # what follows would do no more
        folded = item.headline.lower()
    else:
        folded = unicodedata.normalize("NFKC", item.headline).casefold().replace("\u2212", "-")
        folded = folded.translate(_UNSAID)
    words = _WORD.findall(folded) or folded.split()  # emoji alone are words
    text = "\0".join((item.edition, *words))
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def content_claim(
    item: Item,
    before: Item | None,
    step: Step | None,
    *,
    now_ms: int,
    window_ms: int,
    force: bool,
) -> tuple[str, str, str, int]:
    """Return the content keys now and before, what to do with them, and for how many ms.

    ``item`` is the item after ``step``. Within ``window_ms`` its words are taken.
    """
    key = content_key(item)
    was = key if before is None else content_key(before)
    ttl = window_ms
    if step is None or ttl == 0 or item.state in ("draft", "test"):
        # A scheduled item that is a draft again gives its words back when they are claimed.
        return key, was, "leave", 0
    if item.state in ("expired", "retracted"):
        return key, was, "free", 0
    if item.state == "scheduled" and item.embargo_until is not None:
        ttl += max(0, parse_ms(item.embargo_until) - now_ms)
    if before is None or before.state == "draft":
        return key, was, "force" if force else "claim", ttl
    released = before.state != item.state
    return key, was, "take" if released or key != was else "leave", ttl

"""The two-letter codes of languages (ISO 639-1), and those that people write in their place. Pure.

Three-letter codes, of which there are thousands, are not checked.
"""

from __future__ import annotations

_SECOND_LETTERS = """
a:abefkmnrsvyz b:aegimnors c:aehorsuvy d:aevz e:elnostu f:afijory g:adlnuv h:aeiortuyz
i:adegikostu j:av k:agijklmnorsuvwy l:abginotuv m:ghiklnrsty n:abdeglnorvy o:cjmrs p:ailst q:u
r:mnouw s:acdegiklmnoqrstuvw t:aeghiklnorstwy u:gkrz v:eio w:ao x:h y:io z:ahu
"""
"""The second letters of the codes, by the first one."""
CODES = frozenset(
    first + second
    for first, _, letters in (row.partition(":") for row in _SECOND_LETTERS.split())
    for second in letters
)
FORMER = frozenset({"bh", "in", "iw", "ji", "mo", "sh"})
"""Withdrawn codes, which the registry of BCP 47 still has and old software writes."""
MEANT = {
    "at": "de",
    "cn": "zh",
    "cz": "cs",
    "dk": "da",
    "eg": "ar",
    "gb": "en",
    "gr": "el",
    "il": "he",
    "ir": "fa",
    "jp": "ja",
    "mx": "es",
    "pk": "ur",
    "rs": "sr",
    "ua": "uk",
    "us": "en",
    "vn": "vi",
}
"""Codes of countries that are taken for those of their languages, and are no languages'."""


def is_language(tag: str) -> bool:
    """Return whether a language tag begins with a language that exists, as far as it is known."""
    primary = tag.partition("-")[0].lower()
    return len(primary) != 2 or primary in CODES or primary in FORMER

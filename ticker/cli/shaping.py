"""Join Arabic letters, for terminals that draw each code point separately.

A terminal without bidi support draws the isolated form of every letter. Unicode has the joined
forms as separate code points (the Arabic Presentation Forms); the table is built from Unicode's
decomposition data. Vowel marks are dropped: such a terminal puts a mark on the letter to its left,
which after reordering is the wrong one. The result is only for display: never store or send it.
"""

from __future__ import annotations

import unicodedata
from functools import cache

LAM = "\u0644"
_JOINERS = frozenset("\u200d\u0640")  # zero width joiner, tatweel: they join and have no forms
_FIRST_RTL = "\u0590"
_FORM = {
    (False, False): "isolated",
    (False, True): "initial",
    (True, False): "final",
    (True, True): "medial",
}

Forms = dict[str, str]
"""``isolated``, ``final``, ``initial``, ``medial`` → code point."""


@cache
def _tables() -> tuple[dict[str, Forms], dict[str, Forms]]:
    """Return the forms of single letters, and those of lam-alef by the alef."""
    letters: dict[str, Forms] = {}
    ligatures: dict[str, Forms] = {}
    # FB50–FBFF before FE70–FEFF: if both have a form of a letter, the second one is preferred.
    for code in (*range(0xFB50, 0xFC00), *range(0xFE70, 0xFEFD)):
        form, _, target = unicodedata.decomposition(chr(code)).partition(" ")
        parts = [chr(int(part, 16)) for part in target.split()]
        name = form.strip("<>")
        if len(parts) == 1:
            letters.setdefault(parts[0], {})[name] = chr(code)
        elif len(parts) == 2 and parts[0] == LAM:
            ligatures.setdefault(parts[1], {})[name] = chr(code)
    return letters, ligatures


def shape(text: str) -> str:
    """Return ``text``, in logical order, with Arabic letters replaced by their joined forms."""
    if all(char < _FIRST_RTL for char in text):
        return text
    letters, ligatures = _tables()
    chars = [char for char in text if not _mark(char)]
    shaped: list[str] = []
    joined = False  # whether the previous letter joins this one
    index = 0
    while index < len(chars):
        char = chars[index]
        following = chars[index + 1] if index + 1 < len(chars) else ""
        index += 1
        if char == LAM and following in ligatures:
            shaped.append(ligatures[following]["final" if joined else "isolated"])
            joined = False  # alef does not join the next letter
            index += 1
        elif (forms := letters.get(char)) is not None:
            reaches = "initial" in forms and _reaches_back(following, letters)
            shaped.append(forms.get(_FORM[joined and "final" in forms, reaches], char))
            joined = reaches
        else:
            shaped.append(char)
            joined = char in _JOINERS
    return "".join(shaped)


def _reaches_back(char: str, letters: dict[str, Forms]) -> bool:
    return char in _JOINERS or "final" in letters.get(char, {})


def _mark(char: str) -> bool:
    return char >= _FIRST_RTL and unicodedata.category(char) == "Mn"

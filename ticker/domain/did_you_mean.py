"""Guess which known name a misspelt one means. Pure."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from itertools import islice

WRONG_MAX = 64
"""Characters of a misspelt name; a longer one gets no guess, because comparing takes its time."""
KNOWN_MAX = 250
"""Known names that are compared; the ones after them are not guessed."""
LIKELY = 0.65
"""Least similarity of a guess: `delete` must not suggest `release`, nor `undo` suggest `end`."""
GUESSED_MAX = 2
"""Misspelt names of one message that get a guess; whoever sends them chooses how many."""


def nearest(wrong: str, known: Iterable[str]) -> tuple[str, ...]:
    """Return the known names that ``wrong`` most likely means: none, one, or two that tie.

    Case and the difference between ``_``, ``-`` and a space do not count.
    """
    plain = _plain(wrong)
    if not plain or len(wrong) > WRONG_MAX:
        return ()
    names: dict[str, str] = {}
    for name in islice(known, KNOWN_MAX):
        names.setdefault(_plain(name), name)
    short = len(plain) <= 2
    close = difflib.get_close_matches(plain, names, n=2, cutoff=0.5 if short else LIKELY)
    if short:  # too short for a ratio: require the same first letter
        close = [one for one in close if one[:1] == plain[:1]]
    if not close:
        return ()
    best = _likeness(plain, close[0])
    return tuple(names[one] for one in sorted(close) if _likeness(plain, one) == best)


def guess(wrong: Sequence[str], known: Iterable[str]) -> str:
    """Return " (did you mean sports?)" for the misspelt names ``wrong``, or an empty text."""
    found = likely(wrong, known)
    return f" (did you mean {found}?)" if found else ""


def likely(wrong: Sequence[str], known: Iterable[str]) -> str:
    """Return the names that the misspelt names ``wrong`` most likely mean, or an empty text."""
    names = tuple(known)
    found = [" or ".join(nearest(one, names)) for one in wrong[:GUESSED_MAX]]
    return ", ".join(dict.fromkeys(filter(None, found)))


def _plain(name: str) -> str:
    return name.strip().casefold().replace("_", "-").replace(" ", "-")


def _likeness(wrong: str, known: str) -> float:
    return difflib.SequenceMatcher(None, known, wrong).ratio()

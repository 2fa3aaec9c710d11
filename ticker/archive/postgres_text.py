"""Words and queries in PostgreSQL's own notation. Pure.

Words have letters, digits and marks alone, so quoting is all that they need. Positions end at
16,383, which no item reaches.
"""

from __future__ import annotations

from collections import defaultdict

from ticker.archive.changes import BREAK
from ticker.archive.query import Query, Term

POSITION_MAX = 16_383


def tsvector(words: str) -> str:
    """Return the words of an item, separated by spaces, as a ``tsvector`` with positions."""
    places: defaultdict[str, list[int]] = defaultdict(list)
    for position, word in enumerate(words.split(" "), 1):
        if word and word != BREAK.strip():
            places[word].append(min(position, POSITION_MAX))
    return " ".join(
        f"'{word}':{','.join(map(str, positions))}" for word, positions in places.items()
    )


def tsquery(query: Query) -> str:
    """Return the terms of ``query`` as a ``tsquery``; empty if there are none."""
    wanted = [_phrase(term) for term in query.terms]
    wanted += [f"!({_phrase(term)})" for term in query.without]
    return " & ".join(wanted)


def _phrase(term: Term) -> str:
    words = [f"'{word}'" for word in term.words]
    if term.open_end:
        words[-1] += ":*"
    return f"({' <-> '.join(words)})"

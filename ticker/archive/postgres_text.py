"""Words, facets, times and queries in PostgreSQL's own notation. Pure.

Words have letters, digits and marks alone, so quoting is all that they need. Facets and times are
words with ``MARK`` before them, which no text has. Positions end at 16,383, which no item reaches.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from ticker.archive.changes import ALL, BREAK, FacetTerms, Shown, facet_terms, facet_words
from ticker.archive.query import Query, Term

POSITION_MAX = 16_383
MARK = "@"
TIME_BITS = (24, 28, 32, 36)
"""Units of the times of the index, as bits of a millisecond: 5 hours, 3 days, 50 days, 2 years."""
TIMES_MAX = 32
"""Units that a question names; its span decides which are fine enough."""


def tsvector(shown: Shown) -> str:
    """Return the words of an item with their positions, and its facets, as a ``tsvector``."""
    places: defaultdict[str, list[int]] = defaultdict(list)
    for position, word in enumerate(shown.words.split(" "), 1):
        if word and word != BREAK.strip():
            places[word].append(min(position, POSITION_MAX))
    found = [f"'{word}':{','.join(map(str, positions))}" for word, positions in places.items()]
    found += [_facet(word) for word in facet_words(shown.facets)]
    found += [_time(bits, shown.published_ms >> bits) for bits in TIME_BITS]
    return " ".join(found)


def tsquery(query: Query) -> str:
    """Return ``query`` without its dates as a ``tsquery``; empty if it selects everything."""
    wanted = [_phrase(term) for term in query.terms]
    wanted += _facets(facet_terms(query))
    wanted += [f"!{_phrase(term)}" for term in query.without]
    return " & ".join(wanted)


def span(low_ms: int, high_ms: int) -> str:
    """Return a ``tsquery`` for items published from ``low_ms`` to ``high_ms``, and around them.

    It is empty if the span is too long to be said.
    """
    for bits in TIME_BITS:
        first, last = low_ms >> bits, high_ms >> bits
        if last - first < TIMES_MAX:
            return f"({' | '.join(_time(bits, unit) for unit in range(first, last + 1))})"
    return ""


def _facets(terms: FacetTerms) -> Iterable[str]:
    for any_of in terms.required:
        yield f"({' | '.join(map(_facet, any_of))})"
    if terms.alternatives:
        every = (" & ".join(_facets(one)) or _facet(ALL) for one in terms.alternatives)
        yield f"({' | '.join(f'({one})' for one in every)})"
    for word in terms.excluded:
        yield f"!{_facet(word)}"


def _facet(word: str) -> str:
    return f"'{MARK}{word}'"


def _time(bits: int, unit: int) -> str:
    return f"'{MARK}{bits}.{unit}'"


def _phrase(term: Term) -> str:
    words = [f"'{word}'" for word in term.words]
    if term.open_end:
        words[-1] += ":*"
    return f"({' <-> '.join(words)})"

"""Compares items in memory with a query, and finds the words to highlight."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from ticker.archive.query import Query, Term, facet_values
from ticker.archive.words import Word, words
from ticker.domain.filter import Facets

Span: TypeAlias = tuple[int, int]
"""Begin and end in a text, in code points."""

SEARCHED = ("headline", "summary", "speaker", "source")
"""Fields of an item whose text is searched, beside its tags and its correction."""


def texts(item: Mapping[str, Any]) -> list[str]:
    """Return the texts of a public item that are searched."""
    found = [item.get(name) or "" for name in SEARCHED]
    correction = item.get("correction")
    return [*found, *item.get("tags", ()), correction["text"] if correction else ""]


def matches(query: Query, item: Mapping[str, Any], facets: Facets, published_ms: int) -> bool:
    """Return whether a public item matches ``query``, as the stores decide it."""
    if query.since_ms is not None and published_ms < query.since_ms:
        return False
    if query.until_ms is not None and published_ms >= query.until_ms:
        return False
    if not query.filter.matches(facets) or _excluded(query, facets):
        return False
    found = [[word.text for word in words(text)] for text in texts(item)]
    return all(_in_any(term, found) for term in query.terms) and not any(
        _in_any(term, found) for term in query.without
    )


def highlights(query: Query, text: str) -> list[Span]:
    """Return the parts of ``text`` that a term of ``query`` matches, in order, without overlap."""
    found = list(words(text))
    covered: set[int] = set()
    for term in query.terms:
        for start in _places(term, [word.text for word in found]):
            covered.update(range(start, start + len(term.words)))
    return _joined([found[number] for number in sorted(covered)], text)


def _joined(found: Sequence[Word], text: str) -> list[Span]:
    spans: list[Span] = []
    for word in found:
        if spans and not text[spans[-1][1] : word.start].strip():
            spans[-1] = (spans[-1][0], word.end)
        else:
            spans.append((word.start, word.end))
    return spans


def _in_any(term: Term, found: Sequence[Sequence[str]]) -> bool:
    return any(_places(term, one) for one in found)


def _places(term: Term, found: Sequence[str]) -> list[int]:
    """Return the positions at which ``term`` begins in the words ``found``."""
    count = len(term.words)
    whole = term.words[:-1] if term.open_end else term.words
    return [
        start
        for start in range(len(found) - count + 1)
        if tuple(found[start : start + len(whole)]) == whole
        and (not term.open_end or found[start + count - 1].startswith(term.words[-1]))
    ]


def _excluded(query: Query, facets: Facets) -> bool:
    having = {
        "edition": frozenset((facets.edition,)),
        "section": facets.sections,
        "region": facets.regions,
        "tag": facets.tags,
        "story": facets.stories,
    }
    return any(
        not values.isdisjoint(having[name]) for name, values in facet_values(query.without_facets)
    )

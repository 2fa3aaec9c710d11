"""Changes that the lane's entries make in the archive. Pure: entries in, changes out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import TypeAlias

import orjson

from ticker.archive.matching import texts
from ticker.archive.query import Query, facet_values
from ticker.archive.words import folded
from ticker.domain.cursor import StreamId
from ticker.domain.event import LaneEntry, LaneEvent
from ticker.domain.filter import Facets, Filter

ALL = "all"
"""The facet that every item has: a query of exclusions alone needs something to exclude from."""
BREAK = " \ue000 "
"""Stands between the texts of an item, so that no phrase goes across; it is in no word."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A version of an item as readers see it from the event ``at`` on."""

    id: str
    at: StreamId
    published_ms: int
    pinned: bool
    facets: Facets
    item: bytes
    """The public item as JSON."""
    words: str
    """Its words as the search compares them, separated by spaces."""


@dataclass(frozen=True, slots=True)
class Ended:
    """An item that left the current items and stays in the archive: it expired."""

    id: str
    at: StreamId


@dataclass(frozen=True, slots=True)
class Retracted:
    """An item whose text must go, in every version."""

    id: str
    at: StreamId


Change: TypeAlias = Shown | Ended | Retracted


def changes(entries: Iterable[LaneEntry]) -> Iterator[Change]:
    """Yield the changes that the lane's ``entries`` make, in order."""
    for entry in entries:
        if isinstance(entry, LaneEvent):
            yield change(entry)


def change(event: LaneEvent) -> Change:
    """Return the change that one event makes."""
    if event.facets is None:
        removal = Retracted if event.action == "retract" else Ended
        return removal(event.item_id, event.id)
    found = BREAK.join(map(folded, texts(orjson.loads(event.item))))
    return Shown(
        event.item_id,
        event.id,
        event.published_ms,
        event.pinned,
        event.facets,
        event.item,
        found,
    )


def facet_words(facets: Facets) -> Iterator[str]:
    """Yield the facets of an item as words for an index. A level has those below it as well."""
    yield ALL
    yield facet_word("edition", facets.edition)
    for level in range(1, int(facets.level) + 1):
        yield level_word(level)
    for name, values in (
        ("section", facets.sections),
        ("region", facets.regions),
        ("tag", facets.tags),
        ("story", facets.stories),
    ):
        for value in sorted(values):
            yield facet_word(name, value)


def facet_word(name: str, value: str) -> str:
    """Return a word of ASCII letters and digits that stands for one value of a facet."""
    return name[:2] + blake2b(value.encode(), digest_size=8).hexdigest()


def level_word(level: int) -> str:
    """Return the word that items of ``level`` and above have."""
    return f"level{level}"


@dataclass(frozen=True, slots=True)
class FacetTerms:
    """The facets of a filter as words of the index."""

    required: tuple[tuple[str, ...], ...]
    """An item has at least one of each."""
    excluded: tuple[str, ...]
    """It has none of them."""
    alternatives: tuple[FacetTerms, ...] = ()
    """If there are any, it matches one of them."""

    def match(self, have: Set[str]) -> bool:
        """Return whether an item with the facets ``have`` matches."""
        return (
            all(not have.isdisjoint(any_of) for any_of in self.required)
            and have.isdisjoint(self.excluded)
            and (not self.alternatives or any(one.match(have) for one in self.alternatives))
        )


def facet_terms(query: Query) -> FacetTerms:
    """Return the facets that ``query`` asks for."""
    found = _facet_terms(query.filter)
    return replace(found, excluded=found.excluded + _words(query.without_facets))


def _facet_terms(filter: Filter) -> FacetTerms:
    required = [
        tuple(facet_word(name, value) for value in sorted(values))
        for name, values in facet_values(filter)
    ]
    if filter.level:
        required.append((level_word(filter.level),))
    return FacetTerms(
        tuple(required),
        () if filter.excluded is None else _words(filter.excluded),
        tuple(map(_facet_terms, filter.alternatives)),
    )


def _words(filter: Filter) -> tuple[str, ...]:
    return tuple(
        facet_word(name, value) for name, values in facet_values(filter) for value in sorted(values)
    )

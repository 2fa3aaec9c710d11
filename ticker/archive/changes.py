"""Changes that the lane's entries make in the archive. Pure: entries in, changes out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import blake2b
from typing import TypeAlias

import orjson

from ticker.archive.matching import texts
from ticker.archive.query import Query, facet_values
from ticker.archive.words import folded
from ticker.domain.cursor import StreamId
from ticker.domain.event import LaneEntry, LaneEvent
from ticker.domain.filter import Facets

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


def required_facets(query: Query) -> list[list[str]]:
    """Return lists of words of which an item has at least one each."""
    required = [
        [facet_word(name, value) for value in sorted(values)]
        for name, values in facet_values(query.filter)
    ]
    if query.filter.level:
        required.append([level_word(query.filter.level)])
    return required

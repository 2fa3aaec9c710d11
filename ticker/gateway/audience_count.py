"""Counts of this process's readers by the names in their filters, kept as readers come and go."""

from __future__ import annotations

from collections.abc import KeysView
from heapq import nlargest
from typing import TypeAlias

from ticker.domain.audience import ALL, FACETS, NAMES_MAX, Audience, Facet
from ticker.domain.filter import Filter

Names: TypeAlias = tuple[tuple[Facet, str], ...]


def names_of(filters: tuple[Filter, ...]) -> Names:
    """Return the names under which a reader with these filters counts, each once."""
    found: dict[tuple[Facet, str], None] = {}
    for filter in filters:
        for facet, values in (
            ("editions", frozenset() if filter.names_no_edition else filter.editions),
            ("sections", filter.sections),
            ("stories", filter.stories),
        ):
            for value in sorted(values) or ((ALL,) if facet != "stories" else ()):
                found[facet, value] = None  # type: ignore[index]  # a literal of the tuple above
    return tuple(found)


class AudienceCount:
    """Readers in all, and by facet and name. ``add`` costs a step for each name of a filter."""

    def __init__(self) -> None:
        self._readers = 0
        self._counts: dict[Facet, dict[str, int]] = {facet: {} for facet in FACETS}

    def add(self, names: Names, number: int) -> None:
        """Add ``number`` readers, or remove them, under each of ``names``."""
        self._readers += number
        for facet, name in names:
            counts = self._counts[facet]
            count = counts.get(name, 0) + number
            if count:
                counts[name] = count
            else:
                del counts[name]

    def counts(self, stories: KeysView[str]) -> Audience:
        """Return the counts now; of each facet the ``NAMES_MAX`` names with the most readers.

        ``stories`` are those of current items. Others are left out: readers may name stories that
        do not exist, as many as they like, and the event loop would sort them each second.
        """
        named = self._counts["stories"]
        fewer, other = sorted((named.keys(), stories), key=len)
        told = {story: named[story] for story in fewer if story in other}
        return Audience(
            self._readers,
            {
                facet: dict(nlargest(NAMES_MAX, counts.items(), key=lambda one: one[1]))
                for facet, counts in {**self._counts, "stories": told}.items()
            },
        )

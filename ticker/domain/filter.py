"""Filters: facets combine with AND, values of one facet with OR, ``level`` is a minimum."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ticker.domain.item import Item, Level
from ticker.domain.text import folded


@dataclass(frozen=True, slots=True)
class Facets:
    """The values of one item version that filters compare; tags and stories are ``folded``."""

    edition: str
    level: int = 0
    sections: frozenset[str] = frozenset()
    regions: frozenset[str] = frozenset()
    tags: frozenset[str] = frozenset()
    stories: frozenset[str] = frozenset()
    """The story of the version, if any; for several versions together, all their stories."""

    @classmethod
    def of(cls, item: Item) -> Facets:
        """Return the facets of ``item``."""
        return cls(
            item.edition,
            Level[item.level],
            frozenset(item.sections),
            frozenset(item.regions),
            frozenset(map(folded, item.tags)),
            _stories(item.story),
        )

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Facets:
        """Return the facets that ``to_json`` wrote, or those of a public item. Raises KeyError.

        Data without ``stories`` has none.
        """
        level = data["level"]
        sections, regions, tags = data["sections"], data["regions"], data["tags"]
        stories = data.get("stories")
        return cls(  # each item in memory has them, mostly without values: those share one set
            data["edition"],
            Level[level] if isinstance(level, str) else int(level),
            _NONE if sections == [] else frozenset(sections),
            _NONE if regions == [] else frozenset(regions),
            _NONE if tags == [] else frozenset(map(folded, tags)),
            _stories(data.get("story")) if stories is None else frozenset(map(folded, stories)),
        )

    def union(self, other: Facets) -> Facets:
        """Return facets that match every filter that matches one of the two.

        More filters may match, which is harmless for removals.
        """
        return Facets(
            self.edition,
            max(self.level, other.level),
            self.sections | other.sections,
            self.regions | other.regions,
            self.tags | other.tags,
            self.stories | other.stories,
        )

    def to_json(self) -> dict[str, Any]:
        """Return a JSON object that ``from_json`` reads."""
        return {
            "edition": self.edition,
            "level": self.level,
            "sections": sorted(self.sections),
            "regions": sorted(self.regions),
            "tags": sorted(self.tags),
            "stories": sorted(self.stories),
        }


def _stories(story: str | None) -> frozenset[str]:
    return _NONE if story is None else frozenset((folded(story),))


_NONE: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Filter:
    """A client's selection of events; an empty filter matches everything.

    Tags and stories are ``folded``; the other values are the taxonomy's own names.
    """

    editions: frozenset[str] = field(default_factory=frozenset)
    sections: frozenset[str] = field(default_factory=frozenset)
    regions: frozenset[str] = field(default_factory=frozenset)
    tags: frozenset[str] = field(default_factory=frozenset)
    level: int = 0
    stories: frozenset[str] = field(default_factory=frozenset)
    excluded: Filter | None = None
    """Values that an item must not have: one of them, in any facet, excludes it."""
    alternatives: tuple[Filter, ...] = ()
    """If there are any, an item must also match one of them. They have none of their own."""
    names_no_edition: bool = False
    """Whether ``editions`` are those that the reader may read, and not a choice of the reader."""

    def matches(self, facets: Facets) -> bool:
        """Return whether an item with these facets matches."""
        return self.may_match(facets) and not (
            (self.excluded is not None and self.excluded.names_one_of(facets))
            or (self.alternatives and not any(one.matches(facets) for one in self.alternatives))
        )

    def may_match(self, facets: Facets) -> bool:
        """Return whether an item matches whose versions together have these facets, or more do.

        Versions without an excluded value may be among them. So exclusions do not count: a removal
        reaches every reader that may have the item.
        """
        return (
            facets.level >= self.level
            and (not self.editions or facets.edition in self.editions)
            and (not self.sections or not self.sections.isdisjoint(facets.sections))
            and (not self.regions or not self.regions.isdisjoint(facets.regions))
            and (not self.tags or not self.tags.isdisjoint(facets.tags))
            and (not self.stories or not self.stories.isdisjoint(facets.stories))
            and (not self.alternatives or any(one.may_match(facets) for one in self.alternatives))
        )

    def names_one_of(self, facets: Facets) -> bool:
        """Return whether one value of this filter, in any facet, is among ``facets``."""
        return (
            facets.edition in self.editions
            or not self.sections.isdisjoint(facets.sections)
            or not self.regions.isdisjoint(facets.regions)
            or not self.tags.isdisjoint(facets.tags)
            or not self.stories.isdisjoint(facets.stories)
        )

    def all_stories(self) -> frozenset[str]:
        """Return every story that the answer of ``matches`` may depend on."""
        parts = (*self.alternatives, *(() if self.excluded is None else (self.excluded,)))
        return self.stories.union(*(one.all_stories() for one in parts))


EVERYTHING = Filter()

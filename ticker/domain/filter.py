"""Filters: facets combine with AND, values of one facet with OR, ``level`` is a minimum."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ticker.domain.did_you_mean import guess
from ticker.domain.errors import BadFilter
from ticker.domain.item import STORY, Item, Level
from ticker.domain.taxonomy import Taxonomy
from ticker.domain.text import bounded, folded, visible

MAX_VALUES = 32
MAX_VALUE_LENGTH = 64
"""Characters of a value; story names have their own pattern."""


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
        stories = data.get("stories")
        return cls(
            data["edition"],
            Level[level] if isinstance(level, str) else int(level),
            frozenset(data["sections"]),
            frozenset(data["regions"]),
            frozenset(map(folded, data["tags"])),
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
    return _NO_STORY if story is None else frozenset((folded(story),))


_NO_STORY: frozenset[str] = frozenset()


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

    def matches(self, facets: Facets) -> bool:
        """Return whether an item with these facets matches."""
        return (
            facets.level >= self.level
            and (not self.editions or facets.edition in self.editions)
            and (not self.sections or not self.sections.isdisjoint(facets.sections))
            and (not self.regions or not self.regions.isdisjoint(facets.regions))
            and (not self.tags or not self.tags.isdisjoint(facets.tags))
            and (not self.stories or not self.stories.isdisjoint(facets.stories))
        )


EVERYTHING = Filter()

# The query names are singular (?section=…&section=…); JSON may use either form.
FACET_NAMES = {
    "edition": "edition",
    "editions": "edition",
    "section": "section",
    "sections": "section",
    "region": "region",
    "regions": "region",
    "tag": "tag",
    "tags": "tag",
    "story": "story",
    "stories": "story",
    "level": "level",
}


FACETS = ("edition", "section", "region", "tag", "story", "level")
"""The names of the facets as a query has them."""


def read_filter(values: Iterable[tuple[str, str]], taxonomy: Taxonomy) -> Filter:
    """Return the filter in query pairs; a value may hold several, separated by commas.

    Neither the case of names and values counts, nor their Unicode form. Raises BadFilter for an
    unknown facet or value, an invalid story name, or more than ``MAX_VALUES`` values.
    """
    facets: dict[str, set[str]] = {name: set() for name in FACETS}
    level = 0
    count = 0
    for name, text in values:
        facet = FACET_NAMES.get(name.lower())
        if facet is None:
            given = name[:MAX_VALUE_LENGTH]
            raise BadFilter(_unknown("facet", given, FACETS))
        if facet == "level":
            text = text.strip().lower()
            if text not in Level.__members__:
                given = text[:MAX_VALUE_LENGTH]
                raise BadFilter(_unknown("level", given, tuple(Level.__members__)))
            level = Level[text]
            continue
        chosen = [part for part in (piece.strip() for piece in text.split(",")) if part]
        count += len(chosen)
        if count > MAX_VALUES:
            raise BadFilter(f"at most {MAX_VALUES} values of {MAX_VALUE_LENGTH} characters")
        if facet == "tag":
            chosen = [_tag(value) for value in chosen]
        elif facet != "story":
            chosen = [taxonomy.name(facet, value) for value in chosen]
        if message := _wrong(facet, chosen, taxonomy):
            raise BadFilter(message)
        facets[facet].update(map(folded, chosen) if facet in ("tag", "story") else chosen)
    return Filter(
        frozenset(facets["edition"]),
        frozenset(facets["section"]),
        frozenset(facets["region"]),
        frozenset(facets["tag"]),
        level,
        frozenset(facets["story"]),
    )


def _unknown(what: str, given: str, known: tuple[str, ...]) -> str:
    return f"unknown {what} {given!r}{guess([given], known)}; known: {', '.join(known)}"


def _tag(value: str) -> str:
    """Return ``value`` in the form in which items have their tags."""
    try:
        return bounded(value, MAX_VALUE_LENGTH).strip()
    except ValueError as error:
        raise BadFilter(f"tag {error}") from None


def _wrong(facet: str, chosen: list[str], taxonomy: Taxonomy) -> str | None:
    """Return a message about invalid values of one facet, or None."""
    if facet == "story":
        wrong = next((value for value in chosen if STORY.fullmatch(value) is None), None)
        if wrong is None:
            return None
        return f"no story can be called {wrong[:MAX_VALUE_LENGTH]!r}; letters, digits, . _ and -"
    if any(len(value) > MAX_VALUE_LENGTH for value in chosen):
        return f"at most {MAX_VALUES} values of {MAX_VALUE_LENGTH} characters"
    if facet == "tag":
        return None if all(map(visible, chosen)) else "a tag must have a visible character"
    return taxonomy.unknown(facet, chosen)


def filter_from_json(data: object, taxonomy: Taxonomy) -> Filter:
    """Return the filter in a ``subscribe`` message: strings or lists of strings by facet."""
    if not isinstance(data, dict):
        raise BadFilter("filter must be an object")
    pairs: list[tuple[str, str]] = []
    for name, value in data.items():
        listed = value if isinstance(value, list) else [value]
        for one in listed[: MAX_VALUES + 1]:
            if not isinstance(one, str):
                raise BadFilter(f"{name[:MAX_VALUE_LENGTH]} must be a string or a list of strings")
            pairs.append((name, one))
    return read_filter(pairs, taxonomy)

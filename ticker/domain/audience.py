"""Audience: how many readers a newsroom has now, by edition, section and story. Pure.

A reader counts under each value that its filter names, and under ``all`` of a facet without one.
A connection with several subscriptions counts once under each.
"""

from __future__ import annotations

from collections.abc import Collection, Container, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias, get_args

Facet: TypeAlias = Literal["editions", "sections", "stories"]
FACETS: tuple[Facet, ...] = get_args(Facet)
ALL = "all"
NAMES_MAX = 200
"""Names of one facet that a process reports: those with the most readers."""
ROUNDED_BELOW = 10
"""Fewer readers than this are not told to other readers: a person could be among them alone."""


@dataclass(frozen=True, slots=True)
class Audience:
    """Readers in all, and by facet and name."""

    readers: int = 0
    by_name: Mapping[Facet, Mapping[str, int]] = field(
        default_factory=lambda: {facet: {} for facet in FACETS}
    )

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> Audience:
        """Return what ``json`` has made. Raises KeyError, TypeError, ValueError, AttributeError."""
        names: dict[Facet, dict[str, int]] = {
            facet: {str(name): int(count) for name, count in data[facet].items()}
            for facet in FACETS
        }
        return cls(int(data["readers"]), names)

    @property
    def json(self) -> dict[str, Any]:
        """The counts as a JSON object, the largest first."""
        return {
            "readers": self.readers,
            **{facet: dict(_largest(self.by_name[facet])) for facet in FACETS},
        }

    def only(self, editions: Collection[str], stories: Container[str]) -> Audience:
        """Return the counts without the names of other editions and stories."""
        shown: dict[Facet, Mapping[str, int]] = {
            **self.by_name,
            "editions": {
                name: count
                for name, count in self.by_name["editions"].items()
                if name == ALL or name in editions
            },
            "stories": {
                name: count for name, count in self.by_name["stories"].items() if name in stories
            },
        }
        return Audience(self.readers, shown)

    def rounded(self) -> Audience:
        """Return the counts as readers may know them: two digits, and none of a few readers."""
        return Audience(
            _rounded(self.readers),
            {
                facet: {
                    name: _rounded(count)
                    for name, count in self.by_name[facet].items()
                    if count >= ROUNDED_BELOW
                }
                for facet in FACETS
            },
        )


def total(reports: Iterable[Audience]) -> Audience:
    """Return the sum of what several processes report."""
    readers = 0
    names: dict[Facet, dict[str, int]] = {facet: {} for facet in FACETS}
    for report in reports:
        readers += report.readers
        for facet in FACETS:
            counts = names[facet]
            for name, count in report.by_name[facet].items():
                counts[name] = counts.get(name, 0) + count
    return Audience(readers, names)


def _largest(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    present = ((name, count) for name, count in counts.items() if count > 0)
    return sorted(present, key=lambda one: (-one[1], one[0]))[:NAMES_MAX]


def _rounded(count: int) -> int:
    """Return ``count`` with its two first digits; 0 for a few."""
    if count < ROUNDED_BELOW:
        return 0
    unit = int(10 ** max(0, len(str(count)) - 2))
    return count // unit * unit

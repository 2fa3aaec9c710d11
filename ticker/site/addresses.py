"""Where things are on the site. An address is made here and nowhere else."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote, urlencode

Kind = Literal["section", "region"]

OURS = frozenset({"story", "item", "edition", "docs", "docs.css", "openapi.json", "problems"})
"""First parts of the site's own addresses and of the documents', which are made after it."""


@dataclass(frozen=True, slots=True)
class Addresses:
    """Addresses without scheme and host.

    An edition whose name is taken, because something else is at ``/NAME``, is at ``/edition/NAME``.
    """

    taken: frozenset[str]

    @classmethod
    def beside(cls, paths: Iterable[str]) -> Addresses:
        """Return the addresses of a site that shares its server with ``paths``."""
        return cls(OURS.union(path.split("/")[1] for path in paths))

    def front(self, edition: str) -> str:
        """Return where the front page of ``edition`` is."""
        return ("/edition/" if edition in self.taken else "/") + quote(edition, safe="")

    def topic(self, edition: str, kind: Kind, slug: str) -> str:
        """Return where the page of a section or region is."""
        return f"{self.front(edition)}/{kind}/{quote(slug, safe='')}"

    def story(self, name: str, edition: str) -> str:
        """Return where the page of a story is."""
        return f"/story/{quote(name, safe='')}?{urlencode({'edition': edition})}"

    def item(self, id: str) -> str:
        """Return the permalink of an item."""
        return f"/item/{id}"

    def feed(self, format: str, **facets: str) -> str:
        """Return where a feed is; ``facets`` narrow it."""
        return f"/v1/feed.{format}?{urlencode(facets)}"

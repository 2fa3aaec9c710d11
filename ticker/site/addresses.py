"""Addresses of the site's pages. No other module builds them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote, urlencode

Kind = Literal["section", "region"]

RESERVED = frozenset({"story", "item", "edition", "docs", "docs.css", "openapi.json", "problems"})
"""First path segments of the site and the API documentation, whose routes are added later."""


@dataclass(frozen=True, slots=True)
class Addresses:
    """Addresses without scheme and host.

    An edition is at ``/NAME``, or at ``/edition/NAME`` if another route uses ``/NAME``.
    """

    taken: frozenset[str]

    @classmethod
    def beside(cls, paths: Iterable[str]) -> Addresses:
        """Return the addresses of a site that shares its server with the routes ``paths``."""
        return cls(RESERVED.union(path.split("/")[1] for path in paths))

    def front(self, edition: str) -> str:
        """Return the address of the front page of ``edition``."""
        return ("/edition/" if edition in self.taken else "/") + quote(edition, safe="")

    def topic(self, edition: str, kind: Kind, slug: str) -> str:
        """Return the address of the page of a section or region."""
        return f"{self.front(edition)}/{kind}/{quote(slug, safe='')}"

    def story(self, name: str, edition: str) -> str:
        """Return the address of the page of a story."""
        return f"/story/{quote(name, safe='')}?{urlencode({'edition': edition})}"

    def item(self, id: str) -> str:
        """Return the permalink of an item."""
        return f"/item/{id}"

    def corrections(self, edition: str) -> str:
        """Return the address of the corrections of ``edition``."""
        return f"{self.front(edition)}/corrections"

    def following(self, edition: str) -> str:
        """Return the address of the page of what the reader follows in ``edition``."""
        return f"{self.front(edition)}/following"

    def card(self, id: str, version: int) -> str:
        """Return the address of an item's preview picture, which each version has of its own."""
        return f"/item/{id}/card-{version}.png"

    def feed(self, format: str, **facets: str) -> str:
        """Return the address of a feed; ``facets`` filter it."""
        return f"/v1/feed.{format}?{urlencode(facets)}"

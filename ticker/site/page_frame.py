"""What stands around every page: its head, the masthead, navigation and footer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from urllib.parse import urlencode

import orjson

from ticker.api.browser_bundles import BrowserBundles
from ticker.config import Settings
from ticker.site.addresses import Addresses, Kind
from ticker.words import Words, words_for

FEEDS = (
    ("application/atom+xml", "atom", "Atom"),
    ("application/rss+xml", "rss", "RSS"),
    ("application/feed+json", "json", "JSON Feed"),
)


@dataclass(frozen=True, slots=True)
class Link:
    """Where one can go. ``here`` marks the page that is open."""

    text: str
    href: str
    here: bool = False
    language: str = ""
    dir: str = ""


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed of what the page shows."""

    type: str
    name: str
    href: str


@dataclass(frozen=True, slots=True)
class About:
    """What a page says of itself to search engines and to whom it is shared."""

    title: str
    description: str
    path: str
    """Its canonical address, without scheme and host."""
    alternates: Mapping[str, str] = field(default_factory=dict)
    """The same page in other editions: the path by edition; its own too."""
    default: str = ""
    """The address that chooses the language by itself."""
    facets: Mapping[str, str] = field(default_factory=dict)
    """Of the feed of this page, besides the edition."""
    kind: Literal["website", "article"] = "website"
    image: str = ""
    index: bool = True


@dataclass(frozen=True, slots=True)
class Frame:
    """What the template ``page.html`` needs."""

    settings: Settings
    bundles: BrowserBundles
    addresses: Addresses
    edition: str
    base: str
    today: datetime
    about: About
    push_key: str = ""
    """With which browsers subscribe; empty: no alerts are offered."""

    @property
    def name(self) -> str:
        """Return what the newsroom is called."""
        return self.settings.site_name

    @property
    def words(self) -> Words:
        """Return the words of the page's edition."""
        return words_for(self.language)

    @property
    def language(self) -> str:
        """Return the edition's BCP 47 tag."""
        return self.settings.editions[self.edition].language

    @property
    def dir(self) -> str:
        """Return the direction of the page; what is ``auto`` for a line runs from the left."""
        return "rtl" if self.settings.editions[self.edition].dir == "rtl" else "ltr"

    @property
    def spoken(self) -> str:
        """Return the language of the page's words where it is not the edition's, else nothing."""
        ours = self.words.language
        return "" if self.language.lower().partition("-")[0] == ours.partition("-")[0] else ours

    @property
    def locale(self) -> str:
        """Return how the browser writes times here."""
        return self.language if self.spoken else self.words.locale

    @property
    def title(self) -> str:
        """Return what the browser's tab says."""
        return self.words.say("pageTitle", page=self.about.title, site=self.name)

    @property
    def canonical(self) -> str:
        """Return the page's one absolute address."""
        return self.base + self.about.path

    @property
    def alternates(self) -> Sequence[tuple[str, str]]:
        """Return language and absolute address of the same page in every edition."""
        editions = self.settings.editions
        found = [(editions[e].language, self.base + p) for e, p in self.about.alternates.items()]
        return [*found, ("x-default", self.base + self.about.default)] if found else []

    @property
    def editions(self) -> Sequence[Link]:
        """Return the switcher: the same page in another edition, or that edition's front page."""
        return [
            Link(
                edition.label or name,
                self.about.alternates.get(name) or self.addresses.front(name),
                name == self.edition,
                edition.language,
                edition.dir,
            )
            for name, edition in self.settings.editions.items()
        ]

    @property
    def home(self) -> str:
        """Return where the edition's front page is."""
        return self.addresses.front(self.edition)

    @property
    def sections(self) -> Sequence[Link]:
        """Return the navigation of sections."""
        return self._topics("section", self.settings.sections)

    @property
    def regions(self) -> Sequence[Link]:
        """Return the navigation of regions."""
        return self._topics("region", self.settings.regions)

    @property
    def feeds(self) -> Sequence[Feed]:
        """Return the feeds of what the page shows."""
        facets = {"edition": self.edition, **self.about.facets}
        return [
            Feed(type, name, self.addresses.feed(format, **facets)) for type, format, name in FEEDS
        ]

    @property
    def alerts(self) -> str:
        """Return, in JSON, what the alerts' script needs to know and to say."""
        said = {
            name.removeprefix("alerts"): text
            for name, text in self.words.site.items()
            if name.startswith("alerts")
        }
        labels = {name: edition.label or name for name, edition in self.settings.editions.items()}
        about = {
            "key": self.push_key,
            "site": self.name,
            "edition": self.edition,
            "section": self.about.facets.get("section", ""),
            "editions": labels,
            "lang": self.words.language,
            "dir": self.words.dir,
            "words": said,
        }
        return orjson.dumps(about).decode()

    @property
    def most_read(self) -> str:
        """Return where to ask what is read most."""
        facets = {"edition": self.edition, **self.about.facets, "limit": "5"}
        facets.pop("story", None)
        return f"/v1/most-read?{urlencode(facets)}"

    def _topics(self, kind: Kind, slugs: Sequence[str]) -> Sequence[Link]:
        return [
            Link(
                self.words.topic(slug),
                path := self.addresses.topic(self.edition, kind, slug),
                path == self.about.path,
            )
            for slug in slugs
        ]

"""The frame of every page: head, page header, navigation and footer."""

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
from ticker.site.assets import SiteAssets
from ticker.translations import Translation, translation_for

FEEDS = (
    ("application/atom+xml", "atom", "Atom"),
    ("application/rss+xml", "rss", "RSS"),
    ("application/feed+json", "json", "JSON Feed"),
)


@dataclass(frozen=True, slots=True)
class Link:
    """A navigation link. ``here`` marks the current page."""

    text: str
    href: str
    here: bool = False
    language: str = ""
    dir: str = ""


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed with the content of the page."""

    type: str
    name: str
    href: str


@dataclass(frozen=True, slots=True)
class PreviewImage:
    """The picture of a link preview. A width of 0 is not known."""

    href: str
    alt: str
    width: int = 0
    height: int = 0


@dataclass(frozen=True, slots=True)
class PageMetadata:
    """Metadata of a page for search engines and link previews."""

    title: str
    description: str
    path: str
    """Canonical address without scheme and host."""
    alternates: Mapping[str, str] = field(default_factory=dict)
    """Path of the same page in every edition, including its own."""
    default: str = ""
    """Path that selects the edition by the client's languages; empty if there is none."""
    facets: Mapping[str, str] = field(default_factory=dict)
    """Facets of the page's feed besides the edition."""
    kind: Literal["website", "article"] = "website"
    image: PreviewImage | None = None
    index: bool = True


@dataclass(frozen=True, slots=True)
class Frame:
    """Values of the template ``page.html``."""

    settings: Settings
    bundles: BrowserBundles
    assets: SiteAssets
    addresses: Addresses
    edition: str
    base: str
    today: datetime
    metadata: PageMetadata
    vapid_public_key: str = ""
    """Key for push subscriptions; empty turns alerts off."""

    @property
    def name(self) -> str:
        """Return the newsroom's name."""
        return self.settings.site_name

    @property
    def translation(self) -> Translation:
        """Return the texts in the language of the page's edition."""
        return translation_for(self.language)

    @property
    def language(self) -> str:
        """Return the edition's BCP 47 tag."""
        return self.settings.editions[self.edition].language

    @property
    def dir(self) -> str:
        """Return the text direction of the page; ``auto`` counts as ``ltr``."""
        return "rtl" if self.settings.editions[self.edition].dir == "rtl" else "ltr"

    @property
    def texts_language(self) -> str:
        """Return the language of the page's texts if it is not the edition's, otherwise nothing."""
        texts = self.translation.language
        return "" if self.language.lower().partition("-")[0] == texts.partition("-")[0] else texts

    @property
    def locale(self) -> str:
        """Return the locale for times in the browser."""
        return self.language if self.texts_language else self.translation.locale

    @property
    def title(self) -> str:
        """Return the title of the browser tab."""
        return self.translation.text("pageTitle", page=self.metadata.title, site=self.name)

    @property
    def canonical(self) -> str:
        """Return the page's canonical absolute address."""
        return self.base + self.metadata.path

    @property
    def alternates(self) -> Sequence[tuple[str, str]]:
        """Return language and absolute address of the same page in every edition."""
        editions = self.settings.editions
        found = [(editions[e].language, self.base + p) for e, p in self.metadata.alternates.items()]
        if self.metadata.default:
            found.append(("x-default", self.base + self.metadata.default))
        return found

    @property
    def editions(self) -> Sequence[Link]:
        """Return links to the same page in each edition, or to that edition's front page."""
        return [
            Link(
                edition.label or name,
                self.metadata.alternates.get(name) or self.addresses.front(name),
                name == self.edition,
                edition.language,
                edition.dir,
            )
            for name, edition in self.settings.editions.items()
        ]

    @property
    def home(self) -> str:
        """Return the address of the edition's front page."""
        return self.addresses.front(self.edition)

    @property
    def following(self) -> str:
        """Return the address of the page of what the reader follows."""
        return self.addresses.following(self.edition)

    @property
    def sections(self) -> Sequence[Link]:
        """Return the links to sections."""
        return self._topics("section", self.settings.sections)

    @property
    def regions(self) -> Sequence[Link]:
        """Return the links to regions."""
        return self._topics("region", self.settings.regions)

    @property
    def feeds(self) -> Sequence[Feed]:
        """Return the feeds with the content of the page."""
        facets = {"edition": self.edition, **self.metadata.facets}
        return [
            Feed(type, name, self.addresses.feed(format, **facets)) for type, format, name in FEEDS
        ]

    @property
    def alerts(self) -> str:
        """Return the data and texts of the alerts' script, as JSON."""
        texts = {
            name.removeprefix("alerts"): text
            for name, text in self.translation.site.items()
            if name.startswith("alerts")
        }
        labels = {name: edition.label or name for name, edition in self.settings.editions.items()}
        data = {
            "key": self.vapid_public_key,
            "site": self.name,
            "edition": self.edition,
            "section": self.metadata.facets.get("section", ""),
            "editions": labels,
            "lang": self.translation.language,
            "dir": self.translation.dir,
            "words": texts,
        }
        return orjson.dumps(data).decode()

    @property
    def most_read(self) -> str:
        """Return the address of the most-read items for this page."""
        facets = {"edition": self.edition, **self.metadata.facets, "limit": "5"}
        facets.pop("story", None)
        return f"/v1/most-read?{urlencode(facets)}"

    def _topics(self, kind: Kind, slugs: Sequence[str]) -> Sequence[Link]:
        return [
            Link(
                self.translation.topic(slug),
                path := self.addresses.topic(self.edition, kind, slug),
                path == self.metadata.path,
            )
            for slug in slugs
        ]

"""Items prepared for templates: with translated labels, formatted times and addresses.

Nothing here is markup: templates escape every field. Only ``link`` and ``picture`` contain
addresses from editors, and these are http or https: ``Item`` leaves out any other.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

import orjson

from ticker.api.render_faults import RenderFaults
from ticker.domain import web_address
from ticker.domain.event import LaneEvent
from ticker.domain.item import PUBLIC_FIELDS, Item
from ticker.domain.renditions import TYPES, srcset
from ticker.domain.speaker import with_speaker
from ticker.domain.taxonomy import Taxonomy
from ticker.site.addresses import Addresses
from ticker.translations import Translation, translation_for

SHORT_MAX, MEDIUM_MAX = 45, 90
"""Characters of a short and of a medium headline."""


@dataclass(frozen=True, slots=True)
class Time:
    """A time in RFC 3339, as text, and as text with its date in any case."""

    at: str
    text: str
    full: str


WIDTH, HEIGHT = 1200, 675
"""Size of a picture whose size is not known."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture of an item; ``alt`` may be empty."""

    href: str
    alt: str
    credit: str
    """Who made it, or whose it is; may be empty."""
    width: int = WIDTH
    height: int = HEIGHT
    """Of the largest file; the style sheet crops what has another shape."""
    sources: tuple[tuple[str, str], ...] = ()
    """Media type and ``srcset`` of each format, best first, and JPEG last; empty for a picture from
    elsewhere, which has one file."""


@dataclass(frozen=True, slots=True)
class ItemView:
    """One item, prepared for a template."""

    item: Item
    translation: Translation
    published: Time
    updated: Time | None
    """Time of the last change, if there was one."""
    speaker: str
    """The speaker, printed before the headline."""
    headline: str
    """The headline, without the speaker's name if it begins with it."""
    label: str
    """Name of the level; empty for the level ``ticker``."""
    marks: tuple[str, ...]
    """Marks before the headline: pinned, corrected, developing."""
    corrected: Time | None
    topics: tuple[str, ...]
    """Names of its sections and regions."""
    source: str
    """The source; empty if the headline contains it."""
    href: str
    """Address that its headline links to in a live list; may be empty."""
    link: str
    host: str
    picture: Picture | None
    path: str
    """Permalink without scheme and host."""

    @property
    def labels_language(self) -> str:
        """Return the language of the labels if it is not the headline's, otherwise nothing."""
        labels = self.translation.language
        same = self.item.language.lower().partition("-")[0] == labels.partition("-")[0]
        return "" if same else labels

    @property
    def length(self) -> str:
        """Return the length of the whole headline, which decides about the size of its type."""
        length = len(self.title)
        return "short" if length <= SHORT_MAX else "medium" if length <= MEDIUM_MAX else "long"

    @property
    def title(self) -> str:
        """Return speaker and headline as one text."""
        return with_speaker(self.item.speaker, self.item.headline)


@dataclass(frozen=True, slots=True)
class ItemViewFactory:
    """Create item views of one newsroom, on one day (in UTC)."""

    taxonomy: Taxonomy
    addresses: Addresses
    today: datetime
    href: str = ""
    """Address that headlines link to, with ``{id}``; by default each item's own link."""
    language: str = ""
    """Language of the labels; by default that of each item's edition."""
    faults: RenderFaults = field(default_factory=RenderFaults)

    def views(self, events: Iterable[LaneEvent]) -> list[ItemView]:
        """Return the views of ``events``, in that order, without those that cannot be made."""
        return self.faults.each(events, self.view)

    def view_or_none(self, event: LaneEvent) -> ItemView | None:
        """Return the view of an event, or None if it cannot be made."""
        return self.faults.one(event, self.view)

    def view(self, event: LaneEvent) -> ItemView:
        """Return the view of an event with a whole item."""
        found = orjson.loads(event.item)
        # Newer workers may add fields that this server does not know.
        item = Item.model_validate({name: found[name] for name in found.keys() & PUBLIC_FIELDS})
        edition = self.taxonomy.editions.get(item.edition)
        language = item.language if edition is None else edition.language
        translation = translation_for(self.language or language)
        speaker = item.speaker or ""
        begins_with_speaker = bool(speaker) and item.headline.startswith(speaker)
        link = item.link or ""
        changed = item.version > 1 and item.updated_at > item.published_at
        return ItemView(
            item=item,
            translation=translation,
            published=self.time(item.published_at, translation),
            updated=self.time(item.updated_at, translation) if changed else None,
            speaker=speaker,
            headline=item.headline[len(speaker) :] if begins_with_speaker else item.headline,
            label="" if item.level == "ticker" else translation.label(item.level),
            marks=tuple(translation.label(mark) for mark in _marks(item)),
            corrected=None
            if item.correction is None
            else self.time(item.correction.at, translation),
            topics=tuple(translation.topic(slug) for slug in (*item.sections, *item.regions)),
            source="" if not item.source or item.source in item.headline else item.source,
            href=self.href.replace("{id}", item.id) if self.href else link,
            link=link,
            host=web_address.parse(link).host.removeprefix("www.") if link else "",
            picture=_picture(item),
            path=self.addresses.item(item.id),
        )

    def time(self, at: str, translation: Translation) -> Time:
        """Return an RFC 3339 time with its text."""
        return Time(at, translation.time(at, self.today), translation.full_time(at))


def _marks(item: Item) -> Iterable[str]:
    if item.pinned:
        yield "pinned"
    if item.correction is not None:
        yield "corrected"
    if item.verification != "confirmed":
        yield item.verification


def _picture(item: Item) -> Picture | None:
    for media in item.media:
        # A stored picture is this newsroom's, which may be without TLS where it is developed.
        stored = media.id is not None
        if media.type.startswith("image/") and (
            stored or media.href.lower().startswith("https://")
        ):
            picture = Picture(media.href, media.alt or "", media.credit or "")
            if (sizes := media.renditions) is None:
                return picture
            sources = tuple((TYPES[one], srcset(media.href, sizes, one)) for one in sizes.formats)
            return replace(picture, width=sizes.width, height=sizes.height, sources=sources)
    return None

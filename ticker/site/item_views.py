"""A line as a template shows it: an item with its words, times and addresses made ready.

Nothing here is markup. Templates escape every field; ``link`` and ``picture`` are the only ones
that become addresses, and are http or https.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

import orjson

from ticker.domain.event import LaneEvent
from ticker.domain.item import PUBLIC_FIELDS, Item
from ticker.domain.taxonomy import Taxonomy
from ticker.feeds.formats.channel import with_speaker
from ticker.site.addresses import Addresses
from ticker.words import Words, words_for


@dataclass(frozen=True, slots=True)
class Time:
    """A moment: RFC 3339, and as text in the line's language."""

    at: str
    text: str


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture beside the line; ``alt`` is empty where nobody described it."""

    href: str
    alt: str


@dataclass(frozen=True, slots=True)
class ItemView:
    """One item, ready to be shown. ``language`` and ``dir`` are the headline's."""

    item: Item
    words: Words
    published: Time
    updated: Time | None
    """When it was last changed, if it was."""
    speaker: str
    """Who said it; empty where the headline begins with the name itself."""
    headline: str
    """What follows the speaker."""
    label: str
    """The level's name, empty for a plain line."""
    marks: tuple[str, ...]
    """Pinned, corrected, developing: what a reader should know before the headline."""
    corrected: Time | None
    facts: tuple[str, ...]
    """Its sections and regions by name."""
    source: str
    """Empty where the headline names it."""
    href: str
    """Where its headline leads in a live list; nowhere if empty."""
    link: str
    host: str
    picture: Picture | None
    path: str
    """The permalink, without scheme and host."""

    @property
    def foreign(self) -> str:
        """Return the language of the labels where it is not the headline's, else nothing."""
        ours = self.words.language
        same = self.item.language.lower().partition("-")[0] == ours.partition("-")[0]
        return "" if same else ours

    @property
    def title(self) -> str:
        """Return speaker and headline as one text."""
        return with_speaker(self.item.speaker, self.item.headline)


@dataclass(frozen=True, slots=True)
class ItemViewFactory:
    """Makes lines of one newsroom, on one day (in UTC)."""

    taxonomy: Taxonomy
    addresses: Addresses
    today: datetime
    href: str = ""
    """Where lines lead, with ``{id}``; without it each to its own link."""
    language: str = ""
    """Of the labels; without it that of each line's edition."""

    def lines(self, events: Iterable[LaneEvent]) -> list[ItemView]:
        """Return the lines of ``events``, in that order."""
        return [self.line(event) for event in events]

    def line(self, event: LaneEvent) -> ItemView:
        """Return the line of an event that carries a whole item."""
        found = orjson.loads(event.item)
        # Newer workers than this server may say more.
        item = Item.model_validate({name: found[name] for name in found.keys() & PUBLIC_FIELDS})
        edition = self.taxonomy.editions.get(item.edition)
        own = item.language if edition is None else edition.language
        words = words_for(self.language or own)
        named = bool(item.speaker) and item.headline.startswith(item.speaker or "")
        speaker = item.speaker or ""
        link = _web(item.link)
        changed = item.version > 1 and item.updated_at > item.published_at
        return ItemView(
            item=item,
            words=words,
            published=self._time(item.published_at, words),
            updated=self._time(item.updated_at, words) if changed else None,
            speaker=speaker,
            headline=item.headline[len(speaker) :] if named else item.headline,
            label="" if item.level == "ticker" else words.label(item.level),
            marks=tuple(words.label(mark) for mark in _marks(item)),
            corrected=None if item.correction is None else self._time(item.correction.at, words),
            facts=tuple(words.topic(slug) for slug in (*item.sections, *item.regions)),
            source="" if not item.source or item.source in item.headline else item.source,
            href=self.href.replace("{id}", item.id) if self.href else link,
            link=link,
            host=(urlsplit(link).hostname or "").removeprefix("www.") if link else "",
            picture=_picture(item),
            path=self.addresses.item(item.id),
        )

    def _time(self, at: str, words: Words) -> Time:
        return Time(at, words.time(at, self.today))


def _marks(item: Item) -> Iterable[str]:
    if item.pinned:
        yield "pinned"
    if item.correction is not None:
        yield "corrected"
    if item.verification != "confirmed":
        yield item.verification


def _web(link: str | None) -> str:
    """Return an address that leads to the web, else nothing: no other may reach an ``href``.

    The desk refuses other addresses; an old entry of the lane may hold what it allowed once.
    """
    scheme = (link or "").partition(":")[0].lower()
    return link if link and scheme in ("http", "https") else ""


def _picture(item: Item) -> Picture | None:
    for media in item.media:
        if media.type.startswith("image/") and media.href.lower().startswith("https://"):
            return Picture(media.href, media.alt or "")
    return None

"""The content of a feed in any format: a channel, its items, and recent retractions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NotRequired, TypedDict, cast
from urllib.parse import quote
from uuid import UUID, uuid5

import orjson

from ticker.domain.clock import parse_ms
from ticker.domain.event import LaneEvent
from ticker.domain.filter import Filter
from ticker.domain.renditions import HREF_WIDTH, Renditions, nearest
from ticker.domain.speaker import with_speaker
from ticker.stream.replay import Lane

RETRACTIONS_MAX = 50
"""Newest retractions in a feed. An aggregator that polls too rarely misses some; the item page it
links to then says that the item was retracted."""

_NAMESPACE = UUID("5f0c3f2e-7a52-4d0b-9a3e-0d6b8f1c7e24")
# Characters that XML 1.0 §2.2 excludes; JSON feeds omit them too.
_NO_CHAR = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_RESERVED = "%/:?#[]@!$&'()*+,;=~"


class Correction(TypedDict):
    """The public note of a correction."""

    text: str
    at: str


class Media(TypedDict):
    """A picture or clip of an item."""

    href: str
    type: str
    alt: str | None
    credit: NotRequired[str | None]
    renditions: NotRequired[dict[str, Any] | None]


def sized(media: Media) -> tuple[str, int, int]:
    """Return address, width and height of a picture or clip; a size of 0 is not known."""
    sizes = media.get("renditions")
    known = None if sizes is None else Renditions.model_validate(sizes)
    href, width, height = nearest(media["href"], known, HREF_WIDTH)
    return uri(href), width, height


class PublicItem(TypedDict):
    """An item's public fields (PROTOCOL.md §5). Times are RFC 3339."""

    id: str
    version: int
    status: str
    level: str
    edition: str
    language: str
    dir: str
    headline: str
    summary: str | None
    speaker: str | None
    source: str | None
    sections: list[str]
    regions: list[str]
    tags: list[str]
    story: str | None
    link: str | None
    media: list[Media]
    verification: NotRequired[str]
    published_at: str
    updated_at: str
    expires_at: str | None
    pinned: bool
    correction: Correction | None


@dataclass(frozen=True, slots=True)
class Retraction:
    """A retracted item and the time of its retraction, without its text."""

    id: str
    version: int
    at: str


@dataclass(frozen=True, slots=True)
class FeedTexts:
    """The texts of a feed in the language of one edition."""

    corrected: str = "Corrected"
    topics: Mapping[str, str] = field(default_factory=dict)

    def topic(self, slug: str) -> str:
        """Return the name of a section or region, by default a readable form of its slug."""
        return self.topics.get(slug) or slug.replace("-", " ").capitalize()


DEFAULT_TEXTS = FeedTexts()


@dataclass(frozen=True, slots=True)
class Channel:
    """A feed before formatting. ``base`` is the newsroom's address without a trailing slash."""

    base: str
    site: str
    title: str
    home: str
    """Address of the page with the same content."""
    feed: str
    """Address of the feed itself; a WebSub topic."""
    language: str | None = None
    """BCP 47 tag, if all items have the same language."""
    hubs: tuple[str, ...] = ()
    items: tuple[PublicItem, ...] = ()
    retractions: tuple[Retraction, ...] = ()
    texts: Mapping[str, FeedTexts] = field(default_factory=dict)
    """Texts by edition."""

    @property
    def updated_ms(self) -> int:
        """The time of its newest change in ms since 1970; 0 for an empty channel.

        It is not the time of rendering, so that equal content keeps its ETag.
        """
        return max(
            (parse_ms(at) for at in self._times()),
            default=0,
        )

    def _times(self) -> Iterator[str]:
        for item in self.items:
            yield item["updated_at"]
        for retraction in self.retractions:
            yield retraction.at

    def texts_of(self, item: PublicItem) -> FeedTexts:
        """Return the texts for ``item``'s edition."""
        return self.texts.get(item["edition"], DEFAULT_TEXTS)

    def page(self, item: PublicItem) -> str:
        """Return the address of ``item``'s page."""
        return item_page(self.base, item["id"])

    def body(self, item: PublicItem) -> str:
        """Return the text below the headline: a labelled correction, then the summary."""
        parts = []
        if item["correction"] is not None:
            parts.append(f"{self.texts_of(item).corrected}: {item['correction']['text']}")
        if item["summary"]:
            parts.append(item["summary"])
        return clean("\n".join(parts))


def read_item(event: LaneEvent) -> PublicItem:
    """Return the item of ``event``, which must not be a removal."""
    return cast(PublicItem, orjson.loads(event.item))


def retractions(lane: Lane, filter: Filter, limit: int = RETRACTIONS_MAX) -> tuple[Retraction, ...]:
    """Return up to ``limit`` retractions of items that matched ``filter``, newest first.

    Only the newest half of the window's capacity is searched: servers that started at different
    times hold events of different age, and their feeds must be equal.
    """
    found: list[Retraction] = []
    for event in reversed(lane.window.newest(lane.window.capacity // 2)):
        if len(found) >= limit:
            break
        if event.action == "retract" and event.was is not None and filter.matches(event.was):
            at = orjson.loads(event.item)["updated_at"]
            found.append(Retraction(event.item_id, event.version, at))
    return tuple(found)


def clean(text: str) -> str:
    """Return ``text`` without characters that XML 1.0 excludes."""
    return _NO_CHAR.sub("", text)


def headline(item: PublicItem) -> str:
    """Return the headline of a feed entry, with its speaker."""
    return clean(with_speaker(item["speaker"], item["headline"]))


def topics(item: PublicItem) -> list[str]:
    """Return sections, regions and tags, each once."""
    return list(dict.fromkeys([*item["sections"], *item["regions"], *map(clean, item["tags"])]))


def urn(item_id: str) -> str:
    """Return the id of an item in every format: a name-based UUID (RFC 9562 §5.5).

    RFC 4287 §4.2.6 requires a unique IRI that never changes. ``urn:ticker:`` would use an
    unregistered namespace (RFC 8141 §5), ``tag:`` and ``http:`` contain a host, which may change;
    ``urn:uuid:`` needs neither.
    """
    return uuid5(_NAMESPACE, item_id).urn


def item_page(base: str, item_id: str) -> str:
    """Return the permanent address of an item's page."""
    return f"{base}/item/{item_id}"


def story_page(base: str, story: str) -> str:
    """Return the permanent address of a story's page."""
    return f"{base}/story/{quote(story, safe='')}"


def uri(link: str) -> str:
    """Return ``link`` with characters outside RFC 3986 percent-encoded (RFC 3987 §3.1)."""
    return quote(link, safe=_RESERVED)

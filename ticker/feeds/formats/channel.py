"""What every feed says, whatever its format: a channel, its items, and what was taken back."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NotRequired, TypedDict, cast
from urllib.parse import quote
from uuid import UUID, uuid5

import orjson

from ticker.domain.clock import parse_ms
from ticker.domain.event import LaneEvent
from ticker.domain.filter import Filter
from ticker.stream.replay import Lane

GONE_MAX = 50
"""Retractions that a feed names, the newest. An aggregator that comes less often than fifty of them
happen in its view misses some; the item page it links to then says that the item is gone."""

_NAMESPACE = UUID("5f0c3f2e-7a52-4d0b-9a3e-0d6b8f1c7e24")
# What XML 1.0 §2.2 cannot say in any spelling; feeds in JSON leave it out as well.
_NO_CHAR = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_RESERVED = "%/:?#[]@!$&'()*+,;=~"


class Correction(TypedDict):
    """The public word on what was wrong."""

    text: str
    at: str


class Media(TypedDict):
    """A picture or clip beside the line."""

    href: str
    type: str
    alt: str | None


class PublicItem(TypedDict):
    """An item as the lane shows it (PROTOCOL.md §5). Times are RFC 3339."""

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
class Gone:
    """An item that was retracted, and when. Nothing of its text is left to tell."""

    id: str
    version: int
    at: str


@dataclass(frozen=True, slots=True)
class Words:
    """What a feed says itself, in the language of one edition."""

    corrected: str = "Corrected"
    topics: Mapping[str, str] = field(default_factory=dict)

    def topic(self, slug: str) -> str:
        """Return the name of a section or region; without one, its slug made readable."""
        return self.topics.get(slug) or slug.replace("-", " ").capitalize()


PLAIN = Words()


@dataclass(frozen=True, slots=True)
class Channel:
    """A feed before it has a format. ``base`` is the newsroom's address without a final slash."""

    base: str
    site: str
    title: str
    home: str
    """Address of the page that shows the same to people."""
    feed: str
    """The feed's own address: what a subscriber asks again, and a WebSub topic."""
    language: str | None = None
    """BCP 47, if all its items have the same."""
    hubs: tuple[str, ...] = ()
    items: tuple[PublicItem, ...] = ()
    gone: tuple[Gone, ...] = ()
    words: Mapping[str, Words] = field(default_factory=dict)
    """By edition."""

    @property
    def updated_ms(self) -> int:
        """When the newest thing in it happened; 0 (the year 1970) for an empty one.

        Not when it was made: equal content is equal bytes, and keeps its ETag.
        """
        return max(
            (parse_ms(at) for at in self._times()),
            default=0,
        )

    def _times(self) -> Iterator[str]:
        for item in self.items:
            yield item["updated_at"]
        for gone in self.gone:
            yield gone.at

    def words_of(self, item: PublicItem) -> Words:
        """Return the words for ``item``'s edition."""
        return self.words.get(item["edition"], PLAIN)

    def page(self, item: PublicItem) -> str:
        """Return the address of ``item``'s page."""
        return item_page(self.base, item["id"])

    def body(self, item: PublicItem) -> str:
        """Return what stands under the headline: a correction, labelled, then the summary."""
        parts = []
        if item["correction"] is not None:
            parts.append(f"{self.words_of(item).corrected}: {item['correction']['text']}")
        if item["summary"]:
            parts.append(item["summary"])
        return clean("\n".join(parts))


def read_item(event: LaneEvent) -> PublicItem:
    """Return the item that ``event`` shows. Not for a removal."""
    return cast(PublicItem, orjson.loads(event.item))


def retracted(lane: Lane, filter: Filter, limit: int = GONE_MAX) -> tuple[Gone, ...]:
    """Return what was retracted from the view of ``filter``, newest first, ``limit`` at most.

    Looked for among the newest half of what the window may hold: gateways that started at different
    times reach back differently far, and their feeds have to be equal.
    """
    found: list[Gone] = []
    for event in reversed(lane.window.newest(lane.window.capacity // 2)):
        if len(found) >= limit:
            break
        if event.action == "retract" and event.was is not None and filter.matches(event.was):
            found.append(Gone(event.item_id, event.version, orjson.loads(event.item)["updated_at"]))
    return tuple(found)


def clean(text: str) -> str:
    """Return ``text`` without the characters that XML 1.0 cannot carry."""
    return _NO_CHAR.sub("", text)


def headline(item: PublicItem) -> str:
    """Return the line as a feed shows it. Who says it belongs to what is said."""
    return clean(with_speaker(item["speaker"], item["headline"]))


def with_speaker(speaker: str | None, said: str) -> str:
    """Return what was said with who said it, unless it begins with the name itself."""
    return said if not speaker or said.startswith(speaker) else f"{speaker}: {said}"


def topics(item: PublicItem) -> list[str]:
    """Return sections, regions and tags, each once."""
    return list(dict.fromkeys([*item["sections"], *item["regions"], *map(clean, item["tags"])]))


def urn(item_id: str) -> str:
    """Return the identity of an item in every format: a name-based UUID (RFC 9562 §5.5).

    RFC 4287 §4.2.6 wants an IRI that is unique and never changes. ``urn:ticker:`` would be of a
    namespace that nobody registered (RFC 8141 §5), ``tag:`` and ``http:`` contain a host that a
    newsroom may leave; ``urn:uuid:`` needs neither.
    """
    return uuid5(_NAMESPACE, item_id).urn


def item_page(base: str, item_id: str) -> str:
    """Return the permanent address of an item's page."""
    return f"{base}/item/{item_id}"


def story_page(base: str, story: str) -> str:
    """Return the permanent address of a story's page."""
    return f"{base}/story/{quote(story, safe='')}"


def uri(link: str) -> str:
    """Return ``link`` with what RFC 3986 does not allow percent-encoded (RFC 3987 §3.1)."""
    return quote(link, safe=_RESERVED)

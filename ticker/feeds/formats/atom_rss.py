"""Atom (RFC 4287) with deleted entries (RFC 6721), and RSS 2.0, based on feedgenerator."""

from __future__ import annotations

import html
from datetime import UTC, datetime
from io import StringIO
from typing import Any, Protocol

from feedgenerator import Atom1Feed, Rss201rev2Feed

from ticker.domain.clock import parse_ms
from ticker.feeds.formats.channel import (
    Channel,
    PublicItem,
    clean,
    headline,
    sized,
    topics,
    uri,
    urn,
)

ATOM_TYPE = "application/atom+xml; charset=utf-8"
RSS_TYPE = "application/rss+xml; charset=utf-8"

TOMBSTONES = "http://purl.org/atompub/tombstones/1.0"
DUBLIN_CORE = "http://purl.org/dc/elements/1.1/"
MEDIA_RSS = "http://search.yahoo.com/mrss/"


class _Handler(Protocol):
    """The XML handler that feedgenerator passes to its hooks."""

    def addQuickElement(
        self, name: str, contents: str | None = None, attrs: dict[str, str] | None = None
    ) -> None:
        """Write an element without children."""

    def startElement(self, name: str, attrs: dict[str, str]) -> None:
        """Begin an element."""

    def endElement(self, name: str) -> None:
        """End an element."""


def atom(channel: Channel) -> bytes:
    """Return the channel as Atom; each retraction is an ``at:deleted-entry``."""
    return _written(_Atom(channel))


def rss(channel: Channel) -> bytes:
    """Return the channel as RSS 2.0, which has no element for retractions."""
    return _written(_Rss(channel))


def _written(feed: Any) -> bytes:
    text = StringIO()
    feed.write(text, "utf-8")
    return text.getvalue().encode()


def _write_media(handler: _Handler, item: PublicItem) -> None:
    """Write the pictures and clips with their texts, as Media RSS has them in RSS and Atom."""
    for one in item["media"]:
        href, width, height = sized(one)
        attributes = {"url": href, "type": one["type"]}
        if width:
            attributes |= {"width": str(width), "height": str(height)}
        handler.startElement("media:content", attributes | {"medium": one["type"].split("/")[0]})
        if alt := one.get("alt"):
            handler.addQuickElement("media:description", clean(alt), {"type": "plain"})
        if credit := one.get("credit"):
            handler.addQuickElement("media:credit", clean(credit))
        handler.endElement("media:content")


def _moment(text: str) -> datetime:
    return datetime.fromtimestamp(parse_ms(text) / 1000, UTC)


class _Feed:
    """Mixin for feedgenerator's classes with the fields that both formats take from a channel."""

    def __init__(self, channel: Channel) -> None:
        self.channel = channel
        super().__init__(  # type: ignore[call-arg]  # the next class is one of feedgenerator's
            title=clean(channel.title),
            link=channel.home,
            description=clean(channel.title),
            language=channel.language,
            author_name=clean(channel.site),
            author_link=channel.base + "/",
            feed_url=channel.feed,
            feed_guid=channel.feed,
        )
        for item in channel.items:
            self.add_item(  # type: ignore[attr-defined]
                title=headline(item),
                link=channel.page(item),
                description=None,  # the hooks below write it, as text instead of HTML
                author_name=clean(item["source"]) if item["source"] else None,
                pubdate=_moment(item["published_at"]),
                updateddate=_moment(item["updated_at"]),
                unique_id=urn(item["id"]),
                unique_id_is_permalink=False,
                public=item,
            )

    def latest_post_date(self) -> datetime:
        """Return the time of the newest change; feedgenerator would use the current time."""
        return datetime.fromtimestamp(self.channel.updated_ms / 1000, UTC)

    def item_attributes(self, item: dict[str, Any]) -> dict[str, str]:
        """Return the entry's language, because a feed may mix editions."""
        public: PublicItem = item["public"]
        return {"xml:lang": public["language"]}


class _Atom(_Feed, Atom1Feed):  # type: ignore[misc]  # feedgenerator has no types
    def root_attributes(self) -> dict[str, str]:
        attributes: dict[str, str] = super().root_attributes()
        return attributes | {"xmlns:at": TOMBSTONES, "xmlns:media": MEDIA_RSS}

    def add_root_elements(self, handler: _Handler) -> None:
        super().add_root_elements(handler)
        for hub in self.channel.hubs:
            handler.addQuickElement("link", None, {"rel": "hub", "href": hub})

    def add_item_elements(self, handler: _Handler, item: dict[str, Any]) -> None:
        super().add_item_elements(handler, item)
        public: PublicItem = item["public"]
        if body := self.channel.body(public):
            handler.addQuickElement("summary", body, {"type": "text"})
        if public["link"]:
            handler.addQuickElement("link", None, {"rel": "related", "href": uri(public["link"])})
        _write_media(handler, public)
        for one in public["media"]:
            link = {"rel": "enclosure", "href": uri(one["href"]), "type": one["type"]}
            titled = {"title": clean(one["alt"])} if one["alt"] else {}
            handler.addQuickElement("link", None, link | titled)
        texts = self.channel.texts_of(public)
        for slug in (*public["sections"], *public["regions"]):
            handler.addQuickElement("category", None, {"term": slug, "label": texts.topic(slug)})
        for tag in public["tags"]:
            handler.addQuickElement("category", None, {"term": clean(tag)})

    def write_items(self, handler: _Handler) -> None:
        super().write_items(handler)
        for retraction in self.channel.retractions:
            attributes = {"ref": urn(retraction.id), "when": retraction.at}
            handler.addQuickElement("at:deleted-entry", None, attributes)


class _Rss(_Feed, Rss201rev2Feed):  # type: ignore[misc]  # feedgenerator has no types
    def rss_attributes(self) -> dict[str, str]:
        attributes: dict[str, str] = super().rss_attributes()
        return attributes | {"xmlns:dc": DUBLIN_CORE, "xmlns:media": MEDIA_RSS}

    def add_root_elements(self, handler: _Handler) -> None:
        super().add_root_elements(handler)
        for hub in self.channel.hubs:
            handler.addQuickElement("atom:link", None, {"rel": "hub", "href": hub})

    def add_item_elements(self, handler: _Handler, item: dict[str, Any]) -> None:
        super().add_item_elements(handler, item)
        public: PublicItem = item["public"]
        handler.addQuickElement("dc:language", public["language"])
        if body := self.channel.body(public):
            # Aggregators treat a description as HTML, so the text is escaped once more.
            escaped = html.escape(body, quote=False).replace("\n", "<br>")
            handler.addQuickElement("description", escaped)
        for topic in topics(public):
            handler.addQuickElement("category", topic)
        _write_media(handler, public)

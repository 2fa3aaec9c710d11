"""JSON Feed 1.1 (jsonfeed.org/version/1.1). Further fields are in the extension ``_ticker``."""

from __future__ import annotations

from typing import Any

import orjson

from ticker.feeds.formats.channel import (
    Channel,
    PublicItem,
    clean,
    headline,
    sized,
    story_page,
    topics,
    uri,
    urn,
)

MEDIA_TYPE = "application/feed+json"
VERSION = "https://jsonfeed.org/version/1.1"

_EXTENSION_FIELDS = (
    *("id", "version", "level", "edition", "dir", "speaker", "source"),
    *("sections", "regions", "tags", "story", "verification", "pinned", "correction", "media"),
)


def render(channel: Channel) -> bytes:
    """Return the feed. ``_ticker.retracted`` lists the newest retractions first."""
    feed: dict[str, Any] = {
        "version": VERSION,
        "title": clean(channel.title),
        "home_page_url": channel.home,
        "feed_url": channel.feed,
        "authors": [{"name": clean(channel.site), "url": channel.base + "/"}],
    }
    if channel.language is not None:
        feed["language"] = channel.language
    if channel.hubs:
        feed["hubs"] = [{"type": "WebSub", "url": hub} for hub in channel.hubs]
    feed["_ticker"] = {
        "retracted": [
            {"id": urn(one.id), "version": one.version, "at": one.at} for one in channel.retractions
        ],
    }
    feed["items"] = [_item(channel, item) for item in channel.items]
    return orjson.dumps(feed)


def _item(channel: Channel, item: PublicItem) -> dict[str, Any]:
    title, body = headline(item), channel.body(item)
    entry: dict[str, Any] = {
        "id": urn(item["id"]),
        "url": channel.page(item),
        "title": title,
        # The format requires a content; an entry without a body repeats its headline.
        "content_text": body or title,
        "date_published": item["published_at"],
        "date_modified": item["updated_at"],
        "language": item["language"],
    }
    if item["link"]:
        entry["external_url"] = uri(item["link"])
    if item["summary"]:
        entry["summary"] = clean(item["summary"])
    if found := topics(item):
        entry["tags"] = found
    if item["source"]:
        entry["authors"] = [{"name": clean(item["source"])}]
    if item["media"]:
        pictures = [one for one in item["media"] if one["type"].startswith("image/")]
        if pictures:
            entry["image"] = sized(pictures[0])[0]
        entry["attachments"] = [
            {"url": sized(one)[0], "mime_type": one["type"]}
            | ({"title": clean(one["alt"])} if one["alt"] else {})
            for one in item["media"]
        ]
    extension: dict[str, Any] = {name: item.get(name) for name in _EXTENSION_FIELDS}
    if item["story"]:
        extension["story_url"] = story_page(channel.base, item["story"])
    entry["_ticker"] = extension
    return entry

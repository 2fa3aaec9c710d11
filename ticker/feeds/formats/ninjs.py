"""ninjs 3.1 (IPTC News in JSON): one item, and a package of them.

The schema allows no other properties, so fields without a ninjs equivalent (level, direction,
story, pinned) are omitted; the JSON Feed has them.
"""

from __future__ import annotations

from typing import Any

import orjson

from ticker.domain.clock import rfc3339
from ticker.feeds.formats.channel import Channel, PublicItem, Retraction, clean, uri, urn

MEDIA_TYPE = "application/json"
SCHEMA = "http://www.iptc.org/std/ninjs/ninjs-schema_3.1.json"
STANDARD = {"name": "ninjs", "version": "3.1", "schema": SCHEMA}

URGENCY = {"flash": 1, "bulletin": 2, "urgent": 3, "ticker": 5}
"""Urgency by level. IPTC's scale runs from 1, the most urgent, to 9; 5 is normal."""
TEXT = "text/plain"


def item(channel: Channel, public: PublicItem) -> bytes:
    """Return one item as a ninjs document."""
    return orjson.dumps(_item(channel, public) | {"standard": STANDARD})


def package(channel: Channel) -> bytes:
    """Return the channel as a composite: its items as associations, then its retractions.

    A retraction is an association with ``pubStatus`` canceled, which means a kill in ninjs.
    """
    document: dict[str, Any] = {
        "uri": channel.feed,
        "type": "composite",
        "representationType": "full",
        "profile": "ticker-feed",
        "title": clean(channel.title),
        "versionCreated": rfc3339(channel.updated_ms),
        "by": clean(channel.site),
        "standard": STANDARD,
    }
    if channel.language is not None:
        document["language"] = channel.language
    document["associations"] = [
        *(
            {"name": clean(public["headline"]), "rel": "item"} | _item(channel, public)
            for public in channel.items
        ),
        *(_canceled(retraction) for retraction in channel.retractions),
    ]
    return orjson.dumps(document)


def _canceled(retraction: Retraction) -> dict[str, Any]:
    return {
        "name": retraction.id,
        "rel": "item",
        "uri": urn(retraction.id),
        "type": "text",
        "version": str(retraction.version),
        "versionCreated": retraction.at,
        "pubStatus": "canceled",
    }


def _item(channel: Channel, public: PublicItem) -> dict[str, Any]:
    texts = channel.texts_of(public)
    document: dict[str, Any] = {
        "uri": urn(public["id"]),
        "type": "text",
        "representationType": "full",
        "profile": "ticker-item",
        "version": str(public["version"]),
        "firstCreated": public["published_at"],
        "versionCreated": public["updated_at"],
        "pubStatus": public["status"],
        "urgency": URGENCY[public["level"]],
        "language": public["language"],
        "headlines": [
            {"role": "main", "contentType": TEXT, "value": clean(public["headline"])},
        ],
        # The link comes first: it leads to the full report, the page only to this item.
        "altIds": [
            *([{"role": "report", "value": uri(public["link"])}] if public["link"] else []),
            {"role": "page", "value": channel.page(public)},
            {"role": "ticker", "value": public["id"]},
        ],
        "by": clean(channel.site),
    }
    if descriptions := _descriptions(public):
        document["descriptions"] = descriptions
    if public["expires_at"]:
        document["expires"] = public["expires_at"]
    if public["source"]:
        document["infoSources"] = [{"name": clean(public["source"])}]
    if public["speaker"]:
        # ``by`` is the author, not the person quoted.
        document["people"] = [{"name": clean(public["speaker"]), "rel": "speaker"}]
    subjects = [
        *(
            {"name": texts.topic(slug), "rel": "section", "literal": slug}
            for slug in public["sections"]
        ),
        *({"name": clean(tag), "rel": "about"} for tag in public["tags"]),
    ]
    if subjects:
        document["subjects"] = subjects
    if public["regions"]:
        document["places"] = [
            {"name": texts.topic(slug), "rel": "about", "literal": slug}
            for slug in public["regions"]
        ]
    if public["media"]:
        document["renditions"] = [
            {"name": f"media-{number}", "href": uri(one["href"]), "contentType": one["type"]}
            | ({"title": clean(one["alt"])} if one["alt"] else {})
            for number, one in enumerate(public["media"], 1)
        ]
    return document


def _descriptions(public: PublicItem) -> list[dict[str, str]]:
    found = []
    if public["summary"]:
        found.append(
            {"role": "summary", "contentType": TEXT, "value": clean(public["summary"])},
        )
    if public["correction"] is not None:
        text = clean(public["correction"]["text"])
        found.append({"role": "correction", "contentType": TEXT, "value": text})
    return found

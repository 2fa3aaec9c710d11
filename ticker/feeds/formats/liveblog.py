"""schema.org LiveBlogPosting: a story and its developments, as JSON-LD for search engines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson

from ticker.domain.clock import parse_ms, rfc3339
from ticker.feeds.formats.channel import (
    PublicItem,
    clean,
    headline,
    item_page,
    story_page,
    uri,
    urn,
)

MEDIA_TYPE = "application/ld+json"

REST_MS = 12 * 3_600_000
"""A story of which nothing was heard for half a day rests: that is where its coverage ends, until
the next development moves the end. Nobody tells us that a story is over."""


def live_blog(base: str, site: str, story: str, items: Sequence[PublicItem]) -> dict[str, Any]:
    """Return the story as a LiveBlogPosting; its items, one at least, in any order.

    The newest development comes first and gives the headline, as the page shows it.
    """
    newest_first = sorted(items, key=lambda item: (item["published_at"], item["id"]), reverse=True)
    start = newest_first[-1]["published_at"]
    last = max(parse_ms(item["updated_at"]) for item in items)
    languages = list(dict.fromkeys(item["language"] for item in newest_first))
    page = story_page(base, story)
    newsroom = {"@type": "NewsMediaOrganization", "name": clean(site), "url": base + "/"}
    return {
        "@context": "https://schema.org",
        "@type": "LiveBlogPosting",
        "@id": page,
        "url": page,
        "headline": headline(newest_first[0]),
        "inLanguage": languages[0] if len(languages) == 1 else languages,
        "datePublished": start,
        "dateModified": rfc3339(last),
        "coverageStartTime": start,
        "coverageEndTime": rfc3339(last + REST_MS),
        "author": newsroom,
        "publisher": newsroom,
        "liveBlogUpdate": [_update(base, item, newsroom) for item in newest_first],
    }


def _update(base: str, item: PublicItem, newsroom: dict[str, str]) -> dict[str, Any]:
    said = headline(item)
    update: dict[str, Any] = {
        "@type": "BlogPosting",
        "@id": urn(item["id"]),
        "url": item_page(base, item["id"]),
        "headline": said,
        "articleBody": clean(item["summary"]) if item["summary"] else said,
        "datePublished": item["published_at"],
        "dateModified": item["updated_at"],
        "inLanguage": item["language"],
        "author": newsroom,
    }
    if item["link"]:
        update["citation"] = uri(item["link"])
    if item["source"]:
        update["sourceOrganization"] = {"@type": "Organization", "name": clean(item["source"])}
    pictures = [uri(one["href"]) for one in item["media"] if one["type"].startswith("image/")]
    if pictures:
        update["image"] = pictures
    if item["correction"] is not None:
        update["correction"] = {
            "@type": "CorrectionComment",
            "text": clean(item["correction"]["text"]),
            "datePublished": item["correction"]["at"],
        }
    return update


def render(document: dict[str, Any]) -> bytes:
    """Return the document as JSON."""
    return orjson.dumps(document)


def script_text(document: dict[str, Any]) -> str:
    """Return the document as JSON that may stand inside ``<script type="application/ld+json">``.

    ``<`` is escaped, so that neither ``</script`` nor ``<!--`` can be in it (HTML §4.12.1.3).
    """
    return orjson.dumps(document).decode().replace("<", "\\u003c")

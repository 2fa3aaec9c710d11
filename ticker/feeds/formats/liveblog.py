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
    sized,
    story_page,
    urn,
)
from ticker.feeds.formats.schema_org import provenance

MEDIA_TYPE = "application/ld+json"

COVERAGE_MS = 12 * 3_600_000
"""Milliseconds after its last change at which a story's coverage ends. A later development moves
the end, because newsrooms do not mark the end of a story."""


def live_blog(
    base: str,
    site: str,
    story: str,
    items: Sequence[PublicItem],
    *,
    title: str = "",
    description: str = "",
) -> dict[str, Any]:
    """Return the story as a LiveBlogPosting. ``items`` has at least one item, in any order.

    The newest development comes first. Without a ``title``, its headline is the story's, like on
    the page.
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
        "headline": clean(title) or headline(newest_first[0]),
        **({"description": clean(description)} if description else {}),
        "inLanguage": languages[0] if len(languages) == 1 else languages,
        "datePublished": start,
        "dateModified": rfc3339(last),
        "coverageStartTime": start,
        "coverageEndTime": rfc3339(last + COVERAGE_MS),
        "author": newsroom,
        "publisher": newsroom,
        "liveBlogUpdate": [_update(base, item, newsroom) for item in newest_first],
    }


def _update(base: str, item: PublicItem, newsroom: dict[str, str]) -> dict[str, Any]:
    title = headline(item)
    update: dict[str, Any] = {
        "@type": "BlogPosting",
        "@id": urn(item["id"]),
        "url": item_page(base, item["id"]),
        "headline": title,
        "articleBody": clean(item["summary"]) if item["summary"] else title,
        "datePublished": item["published_at"],
        "dateModified": item["updated_at"],
        "inLanguage": item["language"],
        "author": newsroom,
        **provenance(item),
    }
    pictures = [sized(one)[0] for one in item["media"] if one["type"].startswith("image/")]
    if pictures:
        update["image"] = pictures
    return update


def render(document: dict[str, Any]) -> bytes:
    """Return the document as JSON."""
    return orjson.dumps(document)


def script_text(document: dict[str, Any]) -> str:
    """Return the document as JSON for ``<script type="application/ld+json">``.

    ``<`` is escaped, so that it contains neither ``</script`` nor ``<!--`` (HTML §4.12.1.3).
    """
    return orjson.dumps(document).decode().replace("<", "\\u003c")

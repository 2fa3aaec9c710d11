"""schema.org NewsArticle: the page of one item, as JSON-LD for search engines.

The fields are those that Google's "Article structured data" asks for, and what the item knows.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ticker.feeds.formats.channel import (
    Media,
    PublicItem,
    clean,
    headline,
    item_page,
    sized,
    story_page,
)
from ticker.feeds.formats.schema_org import provenance

HEADLINE_MAX = 110
"""Characters of a headline that search engines read."""
LOGO = ("/push/icon.png", 192)
"""Path and size of the newsroom's logo."""


def news_article(
    base: str,
    site: str,
    item: PublicItem,
    *,
    card: dict[str, Any] | None,
    sections: Sequence[str] = (),
) -> dict[str, Any]:
    """Return ``item`` as a NewsArticle. Its page is at ``base``, the newsroom's address.

    ``card`` is its preview picture (``image_object``), if it has one; ``sections`` are names of its
    topics.
    """
    page = item_page(base, item["id"])
    title = headline(item)
    newsroom = {
        "@type": "NewsMediaOrganization",
        "name": clean(site),
        "url": base + "/",
        "logo": image_object(base + LOGO[0], LOGO[1], LOGO[1]),
    }
    article: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "@id": page,
        "url": page,
        "mainEntityOfPage": {"@type": "WebPage", "@id": page},
        "headline": _shorten(title, HEADLINE_MAX),
        "description": clean(item["summary"]) if item["summary"] else title,
        "datePublished": item["published_at"],
        "dateModified": max(item["updated_at"], item["published_at"]),
        "inLanguage": item["language"],
        "isAccessibleForFree": True,
        "author": [newsroom],
        "publisher": newsroom,
        **provenance(item),
    }
    images = [_picture(one) for one in item["media"] if _is_picture(one)]
    if card is not None:
        images.append(card)
    if images:
        article["image"] = images
    if item["summary"]:
        article["articleBody"] = clean(item["summary"])
    if sections:
        article["articleSection"] = list(sections)
    if item["tags"]:
        article["keywords"] = [clean(tag) for tag in item["tags"]]
    if item["story"]:
        story = story_page(base, item["story"])
        article["isPartOf"] = {"@type": "LiveBlogPosting", "@id": story, "url": story}
    return article


def image_object(href: str, width: int = 0, height: int = 0, caption: str = "") -> dict[str, Any]:
    """Return a picture as an ImageObject. A width of 0 is not known."""
    picture: dict[str, Any] = {"@type": "ImageObject", "url": href}
    if width and height:
        picture |= {"width": width, "height": height}
    if caption:
        picture["caption"] = clean(caption)
    return picture


def _is_picture(media: Media) -> bool:
    secure = media["href"].lower().startswith("https://")
    return media["type"].startswith("image/") and (secure or bool(media.get("renditions")))


def _picture(media: Media) -> dict[str, Any]:
    picture = image_object(*sized(media), caption=media["alt"] or "")
    credit = media.get("credit")
    return picture | ({"creditText": clean(credit)} if credit else {})


def _shorten(text: str, most: int) -> str:
    """Return ``text`` cut between words, with an ellipsis, to at most ``most`` characters."""
    if len(text) <= most:
        return text
    cut = text[: most - 1]
    return (cut.rpartition(" ")[0] or cut).rstrip(" ,;:-–") + "…"

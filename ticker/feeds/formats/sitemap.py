"""The news sitemap (sitemaps.org with Google's news extension), and robots.txt."""

from __future__ import annotations

from collections.abc import Iterable
from xml.sax.saxutils import escape

from ticker.feeds.formats.channel import PublicItem, clean, headline, item_page

MEDIA_TYPE = "application/xml; charset=utf-8"

URLS_MAX = 1_000
"""URLs in a news sitemap; the newest items are listed."""
AGE_MS = 2 * 86_400_000
"""Milliseconds after which an item leaves the news sitemap."""

_HEAD = (
    '<?xml version="1.0" encoding="utf-8"?>\n'
    '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
    ' xmlns:news="http://www.google.com/schemas/sitemap-news/0.9">'
)
_URL = (
    "<url><loc>{}</loc><lastmod>{}</lastmod><news:news>"
    "<news:publication><news:name>{}</news:name><news:language>{}</news:language>"
    "</news:publication><news:publication_date>{}</news:publication_date>"
    "<news:title>{}</news:title></news:news></url>"
)


def render(base: str, site: str, items: Iterable[PublicItem]) -> bytes:
    """Return the sitemap of ``items``; the caller applies ``AGE_MS`` and ``URLS_MAX``.

    ``lastmod`` is the time of the last change, so that crawlers fetch a corrected item again. The
    XML is formatted from strings, because an XML generator takes so long for a thousand items that
    it delays live clients.
    """
    name = escape(clean(site))
    urls = [
        _URL.format(
            escape(item_page(base, item["id"])),
            item["updated_at"],
            name,
            language(item["language"]),
            item["published_at"],
            escape(headline(item)),
        )
        for item in items
    ]
    return "".join((_HEAD, *urls, "</urlset>")).encode()


def robots(base: str) -> bytes:
    """Return the robots.txt (RFC 9309), which excludes the live streams and the console."""
    return (
        "User-agent: *\n"
        "Disallow: /v1/ws\n"
        "Disallow: /v1/events\n"
        "Disallow: /console\n"
        "\n"
        f"Sitemap: {base}/sitemap-news.xml\n"
    ).encode()


def language(tag: str) -> str:
    """Return a BCP 47 ``tag`` in the extension's form: ISO 639, or one of two codes for Chinese."""
    lower = tag.lower()
    if lower.startswith("zh"):
        traditional = any(part in lower for part in ("tw", "hk", "hant"))
        return "zh-tw" if traditional else "zh-cn"
    return lower.partition("-")[0]

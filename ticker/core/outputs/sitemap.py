"""The news sitemap (sitemaps.org with Google's news extension), and the robots.txt naming it."""

from __future__ import annotations

from collections.abc import Iterable
from io import StringIO
from xml.sax.saxutils import XMLGenerator
from xml.sax.xmlreader import AttributesImpl

from ticker.core.outputs.channel import PublicItem, clean, headline, item_page

MEDIA_TYPE = "application/xml; charset=utf-8"

URLS_MAX = 1_000
"""What a news sitemap may hold; the newest are in it."""
AGE_MS = 2 * 86_400_000
"""Older news has no place in it."""

_ROOT = AttributesImpl(
    {
        "xmlns": "http://www.sitemaps.org/schemas/sitemap/0.9",
        "xmlns:news": "http://www.google.com/schemas/sitemap-news/0.9",
    }
)
_NONE: AttributesImpl[str] = AttributesImpl({})


def render(base: str, site: str, items: Iterable[PublicItem]) -> bytes:
    """Return the sitemap of ``items``, which the caller has chosen by ``AGE_MS`` and ``URLS_MAX``.

    Its lastmod is when the item was changed, which tells crawlers to fetch a corrected line again.
    """
    text = StringIO()
    xml = XMLGenerator(text, "utf-8", short_empty_elements=True)
    xml.startDocument()
    xml.startElement("urlset", _ROOT)
    for item in items:
        xml.startElement("url", _NONE)
        _element(xml, "loc", item_page(base, item["id"]))
        _element(xml, "lastmod", item["updated_at"])
        xml.startElement("news:news", _NONE)
        xml.startElement("news:publication", _NONE)
        _element(xml, "news:name", clean(site))
        _element(xml, "news:language", language(item["language"]))
        xml.endElement("news:publication")
        _element(xml, "news:publication_date", item["published_at"])
        _element(xml, "news:title", headline(item))
        xml.endElement("news:news")
        xml.endElement("url")
    xml.endElement("urlset")
    xml.endDocument()
    return text.getvalue().encode()


def robots(base: str) -> bytes:
    """Return the robots.txt (RFC 9309): everything may be read but streams, which never end."""
    return (
        "User-agent: *\n"
        "Disallow: /v1/ws\n"
        "Disallow: /v1/events\n"
        "Disallow: /console\n"
        "\n"
        f"Sitemap: {base}/sitemap-news.xml\n"
    ).encode()


def language(tag: str) -> str:
    """Return a BCP 47 ``tag`` as the extension wants it: ISO 639, or one of two for Chinese."""
    lower = tag.lower()
    if lower.startswith("zh"):
        traditional = any(part in lower for part in ("tw", "hk", "hant"))
        return "zh-tw" if traditional else "zh-cn"
    return lower.partition("-")[0]


def _element(xml: XMLGenerator, name: str, text: str) -> None:
    xml.startElement(name, _NONE)
    xml.characters(text)
    xml.endElement(name)

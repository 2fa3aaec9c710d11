"""The news sitemap and robots.txt."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from tests.feeds.formats.sample import BASE, MARKUP, channel_of, sample
from ticker.feeds.formats.sitemap import language, render, robots

SITE = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
NEWS = "{http://www.google.com/schemas/sitemap-news/0.9}"


def test_each_item_with_its_publication() -> None:
    items = channel_of(sample()).items
    root = ElementTree.fromstring(render(BASE, "Harbour & <Coast>", items))
    urls = root.findall(f"{SITE}url")
    assert [url.findtext(f"{SITE}loc") for url in urls] == [
        f"{BASE}/item/{item['id']}" for item in items
    ]
    assert [url.findtext(f"{SITE}lastmod") for url in urls] == [
        item["updated_at"] for item in items
    ]
    news = urls[2].find(f"{NEWS}news")
    assert news is not None
    assert news.findtext(f"{NEWS}title") == MARKUP
    assert news.findtext(f"{NEWS}publication_date") == items[2]["published_at"]
    publication = news.find(f"{NEWS}publication")
    assert publication is not None
    assert publication.findtext(f"{NEWS}name") == "Harbour & <Coast>"
    languages = [url.findtext(f"{NEWS}news/{NEWS}publication/{NEWS}language") for url in urls]
    assert languages == ["es", "ar", "en"]


def test_without_live_items_the_sitemap_is_empty() -> None:
    assert list(ElementTree.fromstring(render(BASE, "Coast", []))) == []


@pytest.mark.parametrize(
    ("tag", "said"),
    [("en-GB", "en"), ("AR", "ar"), ("zh-Hans", "zh-cn"), ("zh-Hant-HK", "zh-tw"), ("fil", "fil")],
)
def test_languages_as_the_extension_names_them(tag: str, said: str) -> None:
    assert language(tag) == said


def test_robots_names_the_sitemap() -> None:
    lines = robots(BASE).decode().splitlines()
    assert lines[0] == "User-agent: *"
    assert f"Sitemap: {BASE}/sitemap-news.xml" in lines
    assert "Disallow: /v1/events" in lines
    assert "Disallow: /" not in lines

"""An item as schema.org NewsArticle."""

from __future__ import annotations

import pytest

from tests.feeds.formats.sample import BASE
from tests.support.in_memory import InMemoryNewsroom
from ticker.feeds.formats.channel import read_item
from ticker.feeds.formats.news_article import HEADLINE_MAX, image_object, news_article

CARD = image_object(f"{BASE}/card.png", 1_200, 630)


SIZES = {
    "width": 1600,
    "height": 900,
    "widths": [320, 1200, 1600],
    "formats": ["avif", "jpg"],
    "color": "#a0b1c2",
}


def test_an_item_with_everything() -> None:
    news = InMemoryNewsroom()
    event = news.publish(
        "The bank holds its rate",
        speaker="Governor",
        source="Lumbar Press",
        summary="It is the third time.",
        story="rates",
        tags=["rates", "bank"],
        link="https://reports.example/é",
        media=[
            {"href": "https://img.example/a.jpg", "alt": "The bank", "credit": "Ana Roa"},
            {"href": "https://img.example/a.mp4", "type": "video/mp4"},
            {"href": "http://img.example/b.jpg"},
            {"href": "http://news.test/media/0/1200.jpg", "id": "0" * 32, "renditions": SIZES},
        ],
    )
    item = read_item(news.change(event.item_id, correction="The third, not the second."))
    page = f"{BASE}/item/{item['id']}"
    newsroom = {
        "@type": "NewsMediaOrganization",
        "name": "Coast",
        "url": f"{BASE}/",
        "logo": image_object(f"{BASE}/push/icon.png", 192, 192),
    }
    assert item["correction"] is not None
    assert news_article(BASE, "Coast", item, card=CARD, sections=["Economy", "Asia"]) == {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "@id": page,
        "url": page,
        "mainEntityOfPage": {"@type": "WebPage", "@id": page},
        "headline": "Governor: The bank holds its rate",
        "description": "It is the third time.",
        "articleBody": "It is the third time.",
        "datePublished": item["published_at"],
        "dateModified": item["updated_at"],
        "inLanguage": "en",
        "isAccessibleForFree": True,
        "image": [
            {
                "@type": "ImageObject",
                "url": "https://img.example/a.jpg",
                "caption": "The bank",
                "creditText": "Ana Roa",
            },
            {
                "@type": "ImageObject",
                "url": "http://news.test/media/0/1200.jpg",
                "width": 1200,
                "height": 675,
            },
            CARD,
        ],
        "author": [newsroom],
        "publisher": newsroom,
        "articleSection": ["Economy", "Asia"],
        "keywords": ["rates", "bank"],
        "isPartOf": {
            "@type": "LiveBlogPosting",
            "@id": f"{BASE}/story/rates",
            "url": f"{BASE}/story/rates",
        },
        "sourceOrganization": {"@type": "Organization", "name": "Lumbar Press"},
        "citation": "https://reports.example/%C3%A9",
        "correction": {
            "@type": "CorrectionComment",
            "text": "The third, not the second.",
            "datePublished": item["correction"]["at"],
        },
    }


def test_a_bare_item_has_no_empty_fields() -> None:
    article = news_article(BASE, "Coast", read_item(InMemoryNewsroom().publish()), card=CARD)
    assert all(article.values())
    assert article["description"] == article["headline"]
    assert article["image"] == [CARD]


@pytest.mark.parametrize("headline", ["word " * 56, "W" * 280, "كلمة " * 56])
def test_a_long_headline_is_cut_between_words(headline: str) -> None:
    item = read_item(InMemoryNewsroom().publish(headline))
    cut = news_article(BASE, "Coast", item, card=CARD)["headline"]
    assert len(cut) <= HEADLINE_MAX
    assert cut.endswith("…")
    assert cut[:-1].strip() in headline
    assert not cut[:-1].endswith(" ")

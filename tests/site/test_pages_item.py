"""The page of an item: what search engines read, its history, and a kind page for a retraction."""

from __future__ import annotations

import orjson
import pytest

from tests.support.newsroom import TestNewsroom
from tests.support.pages import BROWSER, Html, SitePages


def article(html: Html) -> dict[str, object]:
    (text,) = (
        html.texts[place]
        for place, (tag, attributes) in enumerate(html.elements)
        if tag == "script" and attributes.get("type") == "application/ld+json"
    )
    found: dict[str, object] = orjson.loads(text)
    return found


@pytest.mark.parametrize("edition", ["en", "ar", "es"])
async def test_search_engines_read_a_news_article(site: SitePages, edition: str) -> None:
    event = site.publish("</script><b>Ferry", edition=edition, sections=["economy"])
    html = await site.page(f"/item/{event.item_id}")
    found = article(html)
    assert found["@type"] == "NewsArticle"
    assert found["headline"] == "</script><b>Ferry"
    assert found["inLanguage"] == edition
    assert found["url"] == html.one("link", rel="canonical")["href"]
    assert found["image"] == [
        {
            "@type": "ImageObject",
            "url": html.one("meta", property="og:image")["content"],
            "width": 1_200,
            "height": 630,
        }
    ]


async def test_the_bar_does_not_repeat_the_page(site: SitePages) -> None:
    site.publish("Ferry leaves")
    event = site.publish("Ferry arrives", story="ferry")
    for path in (f"/item/{event.item_id}", "/story/ferry?edition=en"):
        html = await site.page(path)
        assert html.one("news-ticker")["skip"] == event.item_id
        assert "Ferry leaves" in html.said("news-ticker")[0].partition("{")[0]
        assert "Ferry arrives" not in html.said("news-ticker")[0].partition("{")[0]


async def test_the_history_says_what_changed_and_shows_no_earlier_text(site: SitePages) -> None:
    event = site.publish("Mayor is a thief", summary="Stolen")
    assert not (await site.page(f"/item/{event.item_id}")).all("section", class_="history")
    site.take(site.news.change(event.item_id, headline="Mayor accused", correction="No verdict."))
    site.take(site.news.change(event.item_id, headline="Mayor resigns", correction="She resigned."))
    site.take(site.news.change(event.item_id, summary="In the morning"))
    html = await site.page(f"/item/{event.item_id}")
    (history,) = html.said("section", class_="history")
    parts = ["Updated", "Changed: summary", "Correction", "Correction", "No verdict."]
    for part in [*parts, "Changed: headline", "Published"]:
        assert part in history
        history = history[history.index(part) :] if part in parts else history
    for word in ("thief", "accused", "Stolen"):
        assert word not in "".join(html.texts)
    assert html.said("p", class_="note") == ["No verdict."]
    assert "She resigned." in html.said("p", class_="correction")[0]


async def test_a_retracted_item_points_to_the_corrections(newsroom: TestNewsroom) -> None:
    item = (await newsroom.publish("Mayor resigns"))["item"]
    await newsroom.act(item["id"], "retract", reason="not true")
    gone = await newsroom.http.get(f"/item/{item['id']}", headers=BROWSER)
    assert gone.status_code == 410
    html = Html(gone.text)
    assert not html.all("script", type="application/ld+json")
    assert [link for link in html.all("a") if link["href"] == "/en/corrections"]
    page = (await newsroom.http.get("/en/corrections", headers=BROWSER)).text
    assert page.count("mark-withdrawn") == 1
    assert "Mayor" not in page


async def test_items_of_a_story_with_one_in_each_edition_are_translations(site: SitePages) -> None:
    english = site.publish("Ferry sinks", story="ferry")
    alone = await site.page(f"/item/{english.item_id}")
    assert not [link for link in alone.all("link", rel="alternate") if "hreflang" in link]
    arabic = site.publish("غرق عبارة", edition="ar", story="ferry")
    expected = {
        "ar": f"http://newsroom.test/item/{arabic.item_id}",
        "en": f"http://newsroom.test/item/{english.item_id}",
    }
    for event in (english, arabic):
        html = await site.page(f"/item/{event.item_id}")
        links = [link for link in html.all("link", rel="alternate") if "hreflang" in link]
        assert {link["hreflang"]: link["href"] for link in links} == expected
    site.publish("Ferry company speaks", story="ferry")
    html = await site.page(f"/item/{english.item_id}")
    assert not [link for link in html.all("link", rel="alternate") if "hreflang" in link]


async def test_a_page_can_be_shared_without_scripts(site: SitePages) -> None:
    event = site.publish("Ferry & harbour: 100 % full?")
    html = await site.page(f"/item/{event.item_id}")
    links = html.all("a", target="_blank")
    page = f"http%3A//newsroom.test/item/{event.item_id}"
    title = "Ferry%20%26%20harbour%3A%20100%20%25%20full%3F"
    assert [link["href"] for link in links] == [
        f"https://wa.me/?text={title}%20{page}",
        f"https://twitter.com/intent/tweet?text={title}&url={page}",
        f"https://www.facebook.com/sharer/sharer.php?u={page}",
        f"https://t.me/share/url?url={page}&text={title}",
    ]
    assert all(link["rel"] == "noopener noreferrer nofollow" for link in links)

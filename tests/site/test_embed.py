"""``GET /v1/embed``: the fragment, and that no headline can break out of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import orjson
import pytest

from tests.support.newsroom import check_problem
from tests.support.pages import Html, SitePages, serving_pages
from ticker.api.browser_bundles import BrowserBundles
from ticker.api.item_schemas import PublicItem
from ticker.api.widget_schemas import WidgetWords
from ticker.config import Settings

HOSTILE = "</script><script>alert(1)</script><!-- <b onclick=x>\"'&amp; {{ 7*7 }}"


@pytest.fixture
async def site() -> AsyncIterator[SitePages]:
    async with serving_pages() as site:
        yield site


def state(html: Html) -> Any:
    (text,) = html.said("script", type="application/json")
    return orjson.loads(text)


async def test_items_with_the_cursor_and_the_script(site: SitePages) -> None:
    site.publish("One", sections=["politics"])
    site.publish("Two", level="flash", link="https://news.example/two?a=1&b=2")
    html = await site.page("/v1/embed?edition=en&count=5")
    assert html.one("news-ticker") == {
        "server": "http://newsroom.test",
        "edition": "en",
        "count": "5",
        "layout": "list",
        "theme": "auto",
        "cursor": str(site.gateway.lane.cursor),
    }
    first, second = html.all("li")
    assert (first["lang"], first["dir"], first["data-level"]) == ("en", "ltr", "flash")
    assert html.said("p", class_="headline") == ["Two", "One"]
    assert html.said("b", class_="level") == ["Breaking"]
    links = [a["href"] for a in html.all("a")]
    assert links == [
        f"http://newsroom.test/item/{first['data-id']}",
        f"http://newsroom.test/item/{second['data-id']}",
    ]
    times = [time["datetime"] for time in html.all("time")]
    said = state(html)
    assert times == [item["published_at"] for item in said["items"]]
    assert said["cursor"] == str(site.gateway.lane.cursor)
    assert [item["id"] for item in said["items"]] == [first["data-id"], second["data-id"]]
    for item in said["items"]:
        PublicItem.model_validate(item)
    assert said["words"]["en"]["topics"]["arts-culture"] == "Arts & Culture"
    assert said["words"]["en"] == (await site.get("/v1/words/en")).json()
    bundles = BrowserBundles()
    assert html.one("script", type="module") == {
        "type": "module",
        "src": f"http://newsroom.test{bundles.widget_path}",
        "integrity": bundles.widget.integrity,
        "crossorigin": None,
    }
    script = await site.get(bundles.widget_path)
    assert script.content == bundles.widget.body


async def test_every_facet_is_an_attribute(site: SitePages) -> None:
    query = (
        "edition=es,en&section=sports&section=economy&region=mena&tag=a%20b&story=s1&level=urgent"
        "&layout=bar&theme=dark&script=no"
    )
    html = await site.page(f"/v1/embed?{query}")
    attributes = html.one("news-ticker")
    assert list(attributes.items())[1:-1] == [
        ("edition", "en,es"),
        ("section", "economy,sports"),
        ("region", "mena"),
        ("tag", "a b"),
        ("story", "s1"),
        ("level", "urgent"),
        ("count", "10"),
        ("layout", "bar"),
        ("theme", "dark"),
    ]
    assert html.all("script", type="module") == []


async def test_a_hostile_headline_stays_text(site: SitePages) -> None:
    site.publish(HOSTILE, speaker='"><img src=x>', source="<i>", tags=["</script>"])
    site.publish("Two")
    response = await site.get("/v1/embed?tag=%22%3E%3Cimg%3E")
    assert Html(response.text).one("news-ticker")["tag"] == '"><img>'
    response = await site.get("/v1/embed")
    html = Html(response.text)
    assert html.said("p", class_="headline") == ["Two", f'"><img src=x>: {HOSTILE}']
    assert html.all("img") == html.all("i") == []
    assert len(html.all("script")) == 2
    assert response.text.count("</script>") == 2
    assert state(html)["items"][1]["headline"] == HOSTILE


async def test_only_http_links_are_shown(site: SitePages) -> None:
    """Publishing refuses other schemes, but an old lane entry may have one."""
    event = site.news.publish("Old", link="https://news.example/")

    old = event.item.replace(b"https://news.example/", b"javascript:alert(1)//")
    site.take(replace(event, item=old))
    html = await site.page("/v1/embed?script=no&item-href={link}")
    assert html.all("a") == []


async def test_items_can_link_to_the_sites_own_pages(site: SitePages) -> None:
    event = site.publish("One", link="https://news.example/")
    html = await site.page("/v1/embed?item-href=/news/{id}&lang=es&dismissible=yes")
    assert [a["href"] for a in html.all("a")] == [f"/news/{event.item_id}"]
    attributes = html.one("news-ticker")
    assert (attributes["item-href"], attributes["lang"]) == ("/news/{id}", "es")
    assert "dismissible" in attributes
    assert list(state(html)["words"]) == ["es"]


async def test_the_widgets_words(site: SitePages) -> None:
    for name, language in (("ar", "ar"), ("es-MX", "es"), ("fr", "en"), ("%00", "en")):
        answer = await site.get(f"/v1/words/{name}")
        WidgetWords.model_validate(answer.json())
        assert answer.json()["lang"] == language
        assert answer.headers["access-control-allow-origin"] == "*"
        await site.get(f"/v1/words/{name}", 304, if_none_match=answer.headers["etag"])


async def test_arabic_pages_are_right_to_left_and_translated(site: SitePages) -> None:
    event = site.publish("إعادة فتح الجسر", edition="ar", level="urgent")
    site.take(site.news.change(event.item_id, headline="فتح الجسر", correction="اليوم"))
    html = await site.page("/v1/embed?edition=ar")
    line = html.one("li")
    assert (line["lang"], line["dir"]) == ("ar", "rtl")
    assert html.said("b") == ["عاجل", "تصحيح", "تصحيح"]
    assert html.said("p", class_="correction")[0].endswith("اليوم")
    assert state(html)["words"]["ar"]["topics"]["politics"] == "سياسة"


async def test_a_headline_in_another_language_is_marked(site: SitePages) -> None:
    site.publish("إعادة فتح الجسر", language="ar", dir="rtl", level="urgent")
    html = await site.page("/v1/embed?edition=en")
    assert (html.one("li")["lang"], html.one("li")["dir"]) == ("ar", "rtl")
    facts = html.one("p", class_="marks")
    assert (facts["lang"], facts["dir"]) == ("en", "ltr")


async def test_an_empty_ticker_and_a_toast(site: SitePages) -> None:
    html = await site.page("/v1/embed?edition=es")
    assert (html.said("p"), state(html)["items"]) == (["Aún no hay novedades"], [])
    site.publish("Two", level="urgent")
    html = await site.page("/v1/embed?layout=toast")
    assert "hidden" in html.one("ol")


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("edition=xx", "edition"),
        ("section=weather", "section"),
        ("level=loud", "level"),
        ("story=a b", "story"),
        ("layout=marquee", "layout"),
        ("layout=bar&layout=list", "layout"),
        ("theme=", "theme"),
        ("count=0", "count"),
        ("count=101", "count"),
        ("count=x", "count"),
        ("script=maybe", "script"),
        ("item-href=javascript:alert(1)", "item-href"),
        ("item-href=//elsewhere.example/{id}", "item-href"),
        ("item-href=/a b", "item-href"),
        ("lang=", "lang"),
        ("lang=a&lang=b", "lang"),
        ("dismissible=", "dismissible"),
    ],
)
async def test_wrong_parameters_are_named(site: SitePages, query: str, field: str) -> None:
    response = await site.http.get(f"/v1/embed?{query}")
    problem = check_problem(response, 400, "bad-filter")
    assert [error["field"] for error in problem["errors"]] == [field]


async def test_it_is_cached_like_a_poll_until_the_next_event(site: SitePages) -> None:
    event = site.publish("Wrong news")
    first = await site.get("/v1/embed?edition=en")
    assert first.headers["cache-control"] == "public, max-age=1, stale-while-revalidate=1"
    assert first.headers["access-control-allow-origin"] == "*"
    assert "unsafe" not in first.headers["content-security-policy"]
    site.beat()  # a heartbeat changes nothing
    again = await site.get("/v1/embed?edition=en", 304, if_none_match=first.headers["etag"])
    assert again.content == b""
    site.take(site.news.retract(event.item_id))
    after = await site.get("/v1/embed?edition=en", if_none_match=first.headers["etag"])
    assert "Wrong news" in first.text
    assert "Wrong news" not in after.text


async def test_before_the_lane_is_loaded_clients_retry(site: SitePages) -> None:
    site.gateway.ready = False
    response = await site.http.get("/v1/embed")
    check_problem(response, 503, "unavailable")
    assert response.headers["retry-after"] == "1"


async def test_the_public_url_takes_precedence() -> None:
    async with serving_pages(Settings(public_url="https://news.example")) as site:
        html = await site.page("/v1/embed")
        assert html.one("news-ticker")["server"] == "https://news.example"
        assert str(html.one("script", type="module")["src"]).startswith("https://news.example/")
    async with serving_pages() as site:
        html = await site.page("/v1/embed", host='"><script>')
        assert "script" not in str(html.one("news-ticker")["server"])


async def test_a_frame_is_a_whole_page_for_any_site(site: SitePages) -> None:
    """Its links open in the page around it."""
    site.publish("One", edition="ar")
    response = await site.get("/v1/embed?edition=ar&layout=bar&frame=yes")
    html = Html(response.text)
    assert html.one("html") == {"lang": "ar", "dir": "rtl"}
    assert html.one("base") == {"target": "_top"}
    assert html.one("news-ticker")["layout"] == "bar"
    assert "frame-ancestors *" in response.headers["content-security-policy"]
    plain = await site.get("/v1/embed?edition=ar")
    assert "frame-ancestors 'self'" in plain.headers["content-security-policy"]

"""The pages: addresses, languages, content and caching."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import orjson
import pytest

from tests.support.newsroom import check_problem
from tests.support.pages import BROWSER, Html, SitePages, serving_pages
from ticker.config import EditionSettings, Settings
from ticker.site import article_pages, content

HOSTILE = "</script><script>alert(1)</script><!-- <b onclick=x>\"'&amp; {{ 7*7 }}"
EDITIONS = ("ar", "en", "es")


def a_day(site: SitePages) -> None:
    """Publish the items of a front page."""
    for edition in EDITIONS:
        site.publish(f"Quake {edition}", edition=edition, level="bulletin", story="quake")
        site.publish(f"More of the quake {edition}", edition=edition, story="quake")
        site.publish(f"Vote {edition}", edition=edition, sections=["politics"], level="urgent")
        site.publish(f"Rates {edition}", edition=edition, sections=["economy"], regions=["asia"])


@pytest.mark.parametrize(
    ("asked", "edition"),
    [
        ("es-MX,es;q=0.9,en;q=0.8", "es"),
        ("de, ar;q=0.5", "ar"),
        ("en;q=0.1, ar-LB;q=0.2", "ar"),
        ("es;q=0, ar", "ar"),
        ("fr", "en"),
        ("*", "en"),
        ("", "en"),
        (";;q=,,, \x20", "en"),
        ("x" * 5_000, "en"),
        ("de," * 2_000 + "ar", "en"),
    ],
)
async def test_the_root_is_in_the_clients_language(
    site: SitePages, asked: str, edition: str
) -> None:
    response = await site.get("/", accept_language=asked)
    assert response.headers["vary"] == "Accept-Encoding, Accept-Language"
    assert response.headers["content-language"] == edition
    html = Html(response.text)
    assert html.one("link", rel="canonical")["href"] == f"http://newsroom.test/{edition}"
    assert html.one("html")["lang"] == edition
    assert response.content == (await site.get(f"/{edition}")).content


async def test_a_page_that_follows_nothing_does_not_say_that_it_is_live(site: SitePages) -> None:
    site.publish("Ferry leaves")
    for path, status, live in (("/en", 200, 1), ("/embed", 200, 0), ("/en/nothing", 404, 0)):
        assert len((await site.page(path, status)).all("p", id="status")) == live


async def test_a_page_is_compressed_once_for_clients_that_accept_gzip(site: SitePages) -> None:
    """Without a proxy that compresses, a front page of 40 items was 60 KB."""
    for n in range(40):
        site.publish(f"Ferry {n} leaves", summary="It has waited for the tide since the morning.")
    plain = await site.get("/en", accept_encoding="identity")
    assert "content-encoding" not in plain.headers
    packed = await site.get("/en", accept_encoding="gzip")
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.content == plain.content
    assert 4 * int(packed.headers["content-length"]) < len(plain.content)
    assert packed.headers["etag"] != plain.headers["etag"]
    assert plain.headers["vary"] == packed.headers["vary"] == "Accept-Encoding"
    for answer, accepted in ((packed, "gzip"), (plain, "identity")):
        known = {"if_none_match": answer.headers["etag"], "accept_encoding": accepted}
        assert (await site.get("/en", 304, **known)).headers["etag"] == answer.headers["etag"]


@pytest.mark.parametrize("edition", EDITIONS)
async def test_a_front_page(site: SitePages, edition: str) -> None:
    a_day(site)
    html = await site.page(f"/{edition}")
    other = [name for name in EDITIONS if name != edition]
    lead = html.said("article", class_="lead")[0]
    assert f"Quake {edition}" in lead
    assert f"More of the quake {edition}" in lead
    assert html.said("section", class_="top-items")[0].count(f"Vote {edition}") == 1
    (bar, toast) = html.all("news-ticker")
    assert [bar["layout"], toast["layout"]] == ["bar", "toast"]
    assert {e["edition"] for e in (bar, toast)} == {edition}
    (text,) = html.said("script", id="state")
    state = orjson.loads(text)
    assert state["facets"] == {"edition": edition}
    shown = {attributes["data-id"] for _, attributes in html.elements if "data-part" in attributes}
    assert shown == {item["id"] for item in state["items"]}
    assert toast["level"] == "urgent"
    assert not any(f"Rates {name}" in text for name in other for text in html.said("body"))
    switcher = html.all("a", hreflang=edition)
    assert [(a["href"], a["aria-current"]) for a in switcher] == [(f"/{edition}", "true")]
    assert {a["href"] for a in html.all("a")} >= {
        "/ar",
        "/en",
        "/es",
        "#latest",
        f"/{edition}/section/politics",
        f"/{edition}/region/palestine",
        f"/story/quake?edition={edition}",
        f"/v1/feed.atom?edition={edition}",
        "/docs",
    }


@pytest.mark.parametrize(
    ("path", "direction"),
    [
        ("/en", "ltr"),
        ("/ar", "rtl"),
        ("/es/section/politics", "ltr"),
        ("/ar/region/asia", "rtl"),
        ("/story/quake?edition=ar", "rtl"),
        ("/story/quake?edition=en", "ltr"),
    ],
)
async def test_alternates_and_what_search_engines_read(
    site: SitePages, path: str, direction: str
) -> None:
    a_day(site)
    html = await site.page(path)
    edition = path.split("edition=")[-1] if "=" in path else path.split("/")[1]
    assert (html.one("html")["lang"], html.one("html")["dir"]) == (edition, direction)
    canonical = html.one("link", rel="canonical")["href"]
    assert canonical == f"http://newsroom.test{path}"
    assert html.one("meta", property="og:url")["content"] == canonical
    links = html.all("link", rel="alternate")
    alternates = {a["hreflang"]: a["href"] for a in links if "hreflang" in a}
    assert set(alternates) == {*EDITIONS, "x-default"}
    assert alternates[edition] == canonical
    for address in alternates.values():
        assert address is not None
        there = await site.page(address.removeprefix("http://newsroom.test"), accept_language="en")
        back = {a["href"] for a in there.all("link", rel="alternate") if "hreflang" in a}
        assert canonical in back
    feeds = [a["type"] for a in links if "type" in a]
    assert feeds == ["application/atom+xml", "application/rss+xml", "application/feed+json"]
    assert html.one("meta", name="description")["content"]
    assert html.said("title")[0].endswith(" | Ticker")


async def test_pages_have_nothing_inline_and_a_matching_policy(site: SitePages) -> None:
    a_day(site)
    id = next(iter(site.news.items))
    for path in ("/en", "/en/section/politics", "/story/quake", f"/item/{id}", "/nothing"):
        response = await site.http.get(path, headers=BROWSER)
        policy = response.headers["content-security-policy"]
        assert "script-src 'self'; style-src 'self'" in policy
        assert "unsafe" not in policy
        html = Html(response.text)
        scripts = html.all("script")
        assert len(scripts) >= 2
        for script in scripts:
            assert "src" in script or str(script["type"]).endswith("json")
        assert html.all("style") == []
        for tag, attributes in html.elements:
            assert not any(n == "style" or n.startswith("on") for n in attributes), (
                tag,
                attributes,
            )


async def test_headings_are_in_order(site: SitePages) -> None:
    a_day(site)
    id = next(iter(site.news.items))
    for path in ("/en", "/en/section/politics", "/story/quake", f"/item/{id}"):
        html = await site.page(path)
        levels = [int(tag[1]) for tag, _ in html.elements if tag in ("h1", "h2", "h3", "h4")]
        assert levels.count(1) == 1
        assert all(
            after <= before + 1 for before, after in zip([0, *levels], levels, strict=False)
        ), (path, levels)


async def test_a_hostile_headline_stays_text_on_every_page(site: SitePages) -> None:
    event = site.publish(
        HOSTILE,
        speaker="<i>Nobody",
        summary=HOSTILE,
        source="<u>x",
        story="s",
        sections=["politics"],
        level="flash",
        media=[{"href": "https://img.example/a.jpg", "alt": '"><script>x'}],
    )
    site.publish("Another", story="s", level="flash", sections=["politics"])
    for path in ("/en", "/en/section/politics", "/story/s", f"/item/{event.item_id}"):
        response = await site.get(path)
        html = Html(response.text)
        assert html.all("i") == html.all("u") == []
        assert len(html.all("script")) == response.text.count("</script>")
        assert any(HOSTILE in text for text in html.said("body"))
        assert "onclick" not in {name for _, attributes in html.elements for name in attributes}


async def test_a_section_and_a_region(site: SitePages) -> None:
    a_day(site)
    html = await site.page("/es/section/politics")
    assert html.said("h1") == ["Política"]
    assert html.said("ol", id="rows")[0].count("Vote es") == 1
    assert "Rates es" not in html.said("ol", id="rows")[0]
    (text,) = html.said("script", id="state")
    assert orjson.loads(text)["facets"] == {"edition": "es", "section": "politics"}
    assert html.one("a", aria_current="page")["href"] == "/es/section/politics"
    assert html.one("body")["data-most-read"] == "/v1/most-read?edition=es&section=politics&limit=5"
    html = await site.page("/es/region/asia")
    assert "Rates es" in html.said("ol", id="rows")[0]


async def test_a_story_in_the_editions_that_have_it(site: SitePages) -> None:
    site.publish("Begins", story="s", tags=["Kessara"])
    site.publish("Comienza", story="s", edition="es")
    site.publish("Goes on", story="s")
    site.publish("Near", tags=["Kessara"])
    html = await site.page("/story/s?edition=en")
    assert html.said("h1") == ["Goes on"]
    assert html.said("h4", class_="headline") == ["Goes on", "Begins"]
    assert html.said("p", class_="other-editions") == ["In other languages: Español"]
    assert html.said("section", class_="section-items")[0].endswith("Near")
    (text,) = html.said("script", type="application/ld+json")
    assert '"LiveBlogPosting"' in text
    assert text.index("Goes on") < text.index("Begins")
    chosen = await site.get("/story/s", accept_language="es")
    assert chosen.headers["vary"] == "Accept-Encoding, Accept-Language"
    assert Html(chosen.text).said("h1") == ["Comienza"]
    assert (await site.page("/story/s", accept_language="ar")).said("h1") == ["Goes on"]
    for path in ("/story/s?edition=ar", "/story/other"):
        check_problem(await site.http.get(path), 404, "not-found")
    check_problem(await site.http.get("/story/s?edition=xx"), 400, "bad-filter")


@pytest.mark.parametrize("path", ["/", "/en", "/en/section/politics", "/story/s", "/item/{id}"])
async def test_unknown_parameters_of_a_shared_address_are_ignored(
    site: SitePages, path: str
) -> None:
    # Social networks and mailings add parameters to shared links: the story's page treated each as
    # a misspelt filter, and the link led to an error.
    event = site.publish("Begins", story="s", sections=["politics"])
    path = path.format(id=event.item_id)
    added = "fbclid=IwAR0x&utm_source=letter&gclid=1"
    assert (await site.get(f"{path}?{added}")).content == (await site.get(path)).content


async def test_the_page_of_a_long_story_is_bounded(
    site: SitePages, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The live blog for search engines contained every development: the page of a story with
    # thousands was a megabyte, rendered again at every event.
    monkeypatch.setattr(article_pages, "STORY_ITEMS", 3)
    for n in range(5):
        site.publish(f"Line {n}", story="s")
    html = await site.page("/story/s?edition=en")
    (text,) = html.said("script", type="application/ld+json")
    updates = orjson.loads(text)["liveBlogUpdate"]
    assert [update["headline"] for update in updates] == ["Line 4", "Line 3", "Line 2"]
    assert "5" in html.said("p", class_="facts")[0], "it says how many there are"


async def test_an_item_from_newer_workers_does_not_take_the_pages_down(site: SitePages) -> None:
    # Workers and servers are replaced one by one. A public field that this server does not know
    # made every page and fragment with the item a 500, while live clients got it.
    event = site.news.publish("Begins")
    item = event.item[:-1] + b',"mood":"calm"}'
    site.take(replace(event, item=item))
    for path in ("/en", "/v1/embed", f"/item/{event.item_id}"):
        assert "Begins" in (await site.get(path)).text


async def test_a_long_story_has_related_items_too(site: SitePages) -> None:
    # Related items were selected from the sixty best, and all of those were in the story itself.
    site.publish("Near", tags=["Kessara"])
    for n in range(content.RELATED_CANDIDATES_MAX + 5):
        site.publish(f"Line {n}", story="s", tags=["Kessara"])
    html = await site.page("/story/s?edition=en")
    assert html.said("section", class_="section-items")[0].endswith("Near")


async def test_an_items_page_shows_all_its_fields(site: SitePages) -> None:
    event = site.publish(
        "The bank holds its rate",
        speaker="Governor",
        source="Lumbar Press",
        summary="It is the third time.",
        level="urgent",
        sections=["economy"],
        regions=["asia"],
        story="rates",
        link="https://www.news.example/rates",
        media=[{"href": "https://img.example/a.jpg", "alt": "The bank"}],
    )
    site.take(site.news.change(event.item_id, correction="The third, not the second."))
    html = await site.page(f"/item/{event.item_id}")
    assert html.said("h1") == ["Governor: The bank holds its rate"]
    assert html.said("article")[0].count("The third, not the second.") == 1
    assert html.said("a", class_="button") == ["Full story at news.example"]
    assert html.one("a", class_="button")["href"] == "https://www.news.example/rates"
    assert html.one("img")["src"] == "https://img.example/a.jpg"
    preview = {
        name: html.one("meta", property=f"og:image{name}")["content"]
        for name in ("", ":width", ":height", ":alt")
    }
    assert preview == {
        "": f"http://newsroom.test/item/{event.item_id}/card-2.png",
        ":width": "1200",
        ":height": "630",
        ":alt": "Governor: The bank holds its rate",
    }
    assert html.one("meta", name="twitter:card")["content"] == "summary_large_image"
    assert html.one("meta", property="og:type")["content"] == "article"
    assert html.one("link", rel="canonical")["href"] == f"http://newsroom.test/item/{event.item_id}"
    for wanted in ("Lumbar Press", "It is the third time.", "Economy", "Asia", "Corrected"):
        assert wanted in html.said("article")[0]
    assert "/story/rates?edition=en" in {a["href"] for a in html.all("a")}


async def test_an_insecure_picture_is_not_shown(site: SitePages) -> None:
    media = [
        {"href": "http://img.example/a.jpg"},
        {"href": "https://img.example/a.mp4", "type": "video/mp4"},
    ]
    event = site.publish("Lead", level="flash", media=media)
    for path in ("/en", f"/item/{event.item_id}"):
        assert (await site.page(path)).all("img") == []


async def test_an_empty_newsroom_has_pages(site: SitePages) -> None:
    for edition, words in (
        ("en", "No updates yet"),
        ("es", "Aún no hay novedades"),
        ("ar", "لا توجد تحديثات بعد"),
    ):
        html = await site.page(f"/{edition}")
        assert words in html.said("div", class_="latest")[0]
        assert html.all("article") == []
        assert words in (await site.page(f"/{edition}/section/sports")).said("main")[0]


@pytest.mark.parametrize("path", ["/xx", "/xx/section/politics", "/en/section/weather", "/en/a/b"])
async def test_an_unknown_address_is_an_error_page(site: SitePages, path: str) -> None:
    html = await site.page(path, 404, accept_language="es")
    edition = "en" if path.startswith("/en") else "es"
    assert html.one("html")["lang"] == edition
    assert html.one("meta", name="robots")["content"] == "noindex"
    assert html.one("a", class_="button")["href"] == f"/{edition}"
    for accept in ("application/json", "*/*", "application/json, text/html;q=0.5"):
        response = await site.http.get(path, headers={"accept": accept})
        check_problem(response, 404, "not-found")
        assert response.headers["vary"] == "Accept, Accept-Language"
    without = await site.http.get(path, headers={"accept": ""})
    check_problem(without, 404, "not-found")


async def test_the_api_answers_browsers_with_problems_too(site: SitePages) -> None:
    response = await site.http.get("/v1/items?edition=xx", headers=BROWSER)
    check_problem(response, 400, "bad-filter")
    response = await site.http.get("/v1/nothing", headers=BROWSER)
    check_problem(response, 404, "not-found")


async def test_other_methods_are_refused_as_before(site: SitePages) -> None:
    for path in ("/", "/en", "/en/section/politics"):
        response = await site.http.post(path)
        check_problem(response, 405, "method-not-allowed")
        assert response.headers["allow"] == "GET, HEAD, OPTIONS"
    check_problem(await site.http.post("/no-edition"), 404, "not-found")
    assert (await site.http.head("/en")).status_code == 200


async def test_before_the_lane_is_loaded_pages_show_an_error(site: SitePages) -> None:
    site.gateway.ready = False
    for path in ("/", "/en", "/en/section/politics", "/story/s", f"/item/{'0' * 26}"):
        response = await site.get(path, 503)
        assert response.headers["retry-after"] == "1"
        assert "We’ll be right back" in response.text
        check_problem(await site.http.get(path), 503, "unavailable")


async def test_pages_are_rendered_once_per_event(site: SitePages) -> None:
    event = site.publish("Wrong news", level="flash")
    first = await site.get("/en")
    assert first.headers["cache-control"] == "public, max-age=1, stale-while-revalidate=1"
    site.beat()
    again = await site.get("/en", 304, if_none_match=first.headers["etag"])
    assert again.content == b""
    site.take(site.news.retract(event.item_id))
    after = await site.get("/en", if_none_match=first.headers["etag"])
    assert ("Wrong news" in first.text, "Wrong news" in after.text) == (True, False)


async def test_every_edition_of_ones_own_taxonomy_has_pages() -> None:
    """French has no translation: the page marks its English texts."""
    editions = {
        "fr": EditionSettings(language="fr", label="Français"),
        "pt-br": EditionSettings(language="pt-BR", label="Português"),
        "latam": EditionSettings(language="es-419", label="Latinoamérica"),
        "fa": EditionSettings(language="fa", dir="rtl", label="فارسی"),
        "story": EditionSettings(language="en", label="Stories"),
        "v1": EditionSettings(language="en", dir="auto"),
    }
    settings = Settings(editions=editions, sections=("city-hall",), regions=("north",))
    async with serving_pages(settings) as site:
        assert list(settings.editions) == list(editions)
        for name, edition in editions.items():
            front = f"/edition/{name}" if name in ("story", "v1") else f"/{name}"
            html = await site.page(front)
            assert html.one("html")["lang"] == edition.language
            assert html.one("html")["dir"] == ("rtl" if edition.dir == "rtl" else "ltr")
            own = edition.language.startswith(("en", "es"))
            assert ("lang" in html.one("header")) is not own
            links = {a["href"] for a in html.all("a")}
            assert {f"{front}/section/city-hall", f"{front}/region/north"} <= links
            assert {"/fr", "/pt-br", "/edition/story", "/edition/v1"} <= links
            html = await site.page(f"{front}/section/city-hall")
            assert html.said("h1") == ["City hall"]
        assert (await site.page("/", accept_language="pt")).one("html")["lang"] == "pt-BR"
        assert (await site.page("/", accept_language="de")).one("html")["lang"] == "en"
        assert (await site.page("/edition/fr")).one("link", rel="canonical")["href"] == (
            "http://newsroom.test/fr"
        )
        check_problem(await site.http.get("/edition/xx"), 404, "not-found")


async def test_the_lead_of_a_front_page() -> None:
    async with serving_pages() as site:
        items = site.gateway.lane.current_items

        def lead() -> str:
            found = content.front(items, "en", ("politics",)).lead
            return "" if found is None else site.news.items[found.item_id].headline

        assert lead() == ""
        site.publish("Plain", sections=["politics"])
        assert lead() == "Plain"
        site.publish("Urgent", level="urgent")
        site.publish("Plain again")
        assert lead() == "Urgent"
        site.publish("Bulletin", level="bulletin")
        site.publish("Flash", level="flash", edition="es")
        assert lead() == "Bulletin"
        event = site.publish("Flash", level="flash")
        site.publish("Urgent again", level="urgent")
        assert lead() == "Flash"
        site.take(site.news.pin(next(iter(site.news.items))))
        assert lead() == "Plain"
        found = content.front(items, "en", ("politics",))
        assert event.item_id in [one.item_id for one in found.top_items]
        assert found.section_items == []


async def test_what_was_urgent_yesterday_gives_way_to_what_is_new(site: SitePages) -> None:
    site.publish("Flash", level="flash")
    site.news.clock += content.FRESH_MS
    site.publish("Plain")
    found = content.front(site.gateway.lane.current_items, "en", ())
    assert found.lead is not None
    assert site.news.items[found.lead.item_id].headline == "Plain"


async def test_an_item_stands_in_one_section_only(site: SitePages) -> None:
    for n in range(content.LATEST_ITEMS + 2):
        site.publish(f"Line {n}", sections=["politics", "economy"] if n < 3 else [])
    found = content.front(site.gateway.lane.current_items, "en", ("economy", "politics"))
    assert [section for section, _ in found.section_items] == ["economy"]


@pytest.mark.parametrize("count", [0, 1, 2, 3, 5, 8, 13, 30])
@pytest.mark.parametrize("levels", [("ticker",), ("flash",), ("ticker", "urgent", "bulletin")])
async def test_an_item_stands_in_one_place_above_the_sections(
    site: SitePages, count: int, levels: tuple[str, ...]
) -> None:
    """With two items, the second one stood in the bar, among the top items and in the list."""
    for n in range(count):
        story = "strike" if n % 5 == 2 else None
        site.publish(f"Line {n}", level=levels[n % len(levels)], story=story, sections=["politics"])
    html = await site.page("/en")
    elements = [attributes for _, attributes in html.elements]
    below = elements.index(html.one("div", id="digests"))
    shown = [one["data-id"] for one in elements[:below] if "data-part" in one]
    assert len(shown) == len(set(shown))
    assert len(shown) >= min(count, 1 + content.LATEST_ITEMS)
    # The sections repeat some of them only if there are others that have no place above.
    assert bool(html.all("section", class_="digest")) is (count > len(shown))
    # The bar has the others than the lead, and the list of the rest has no title without any.
    assert ("hidden" in html.one("div", class_="breaking")) is (count < 2)
    rows = html.all("li", data_part="row")
    assert ("hidden" in html.one("div", class_="latest-head")) is (count > 0 and not rows)
    assert ("hidden" in html.one("p", id="empty")) is (count > 0)


async def test_the_top_items_are_urgent_or_have_a_picture(site: SitePages) -> None:
    media = [{"href": "https://img.example/a.jpg", "alt": "A gate"}]
    drafts: dict[str, dict[str, Any]] = {
        "Old": {"media": media, "level": "urgent"},
        "Seen": {"media": media},
        "Heard": {},
        "Urgent": {"level": "urgent"},
        "Lead": {"level": "flash"},
    }
    for headline, draft in drafts.items():
        site.publish("Long " * 20 + headline if headline == "Urgent" else headline, **draft)
        if headline == "Old":
            site.news.clock += content.FRESH_MS
    html = await site.page("/en")
    lengths = [card.get("data-length") for card in html.all("article", data_part="card")]
    assert lengths == ["long", None]
    assert [text.split()[-1] for text in html.said("article", data_part="card")] == [
        "Urgent",
        "Seen",
    ]
    assert [text.split()[-1] for text in html.said("li", data_part="row")] == ["Heard", "Old"]


async def test_a_front_page_looks_at_a_bounded_number_of_items(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with serving_pages() as site:
        site.publish("Old flash", level="flash")
        for n in range(5):
            site.publish(f"Line {n}", level="urgent")
        monkeypatch.setattr(content, "CANDIDATES_MAX", 5)
        found = content.front(site.gateway.lane.current_items, "en", ())
        assert found.lead is not None
        assert len(found.top_items) == content.TOP_ITEMS
        assert "Old flash" not in {site.news.items[e.item_id].headline for e in found.top_items}


async def test_a_quiet_edition_has_its_front_page_while_another_is_busy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # The candidates were items of all editions: a busy one emptied the front pages of the others.
    async with serving_pages() as site:
        site.publish("Quiet", edition="es", level="urgent", sections=["politics"])
        for n in range(content.TOP_ITEMS + 1):
            site.publish(f"Quiet {n}", edition="es", sections=["politics"])
        for n in range(5):
            site.publish(f"Line {n}")
        monkeypatch.setattr(content, "CANDIDATES_MAX", 6)
        found = content.front(site.gateway.lane.current_items, "es", ("politics",))
        assert found.lead is not None
        assert len(found.latest) == content.TOP_ITEMS + 1


@pytest.mark.parametrize(("edition", "dir"), [("en", "ltr"), ("ar", "rtl")])
async def test_the_page_for_displays(site: SitePages, edition: str, dir: str) -> None:
    """Only the ticker, in the edition's language and direction; not for search engines."""
    site.publish("One", edition=edition)
    html = await site.page(f"/{edition}/screen")
    assert html.one("html") == {"lang": edition, "dir": dir}
    element = html.one("news-ticker")
    assert (element["layout"], element["edition"]) == ("screen", edition)
    assert html.one("meta", name="robots")["content"] == "noindex"
    assert html.said("p", class_="headline") == ["One"]
    await site.get("/xx/screen", 404)

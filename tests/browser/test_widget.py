"""``<news-ticker>`` on a page of another site, under the strictest policy, in Chromium."""

from __future__ import annotations

import json
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Locator, Page, expect

from tests.browser.conftest import OpenSite
from tests.browser.newsroom import Newsroom
from tests.browser.test_bar import STILL
from tests.support.faulty_proxy import faulty_proxy
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"

_number = count(1)

BAR = '<news-ticker edition="en" layout="bar"></news-ticker>'
LIST = '<news-ticker edition="en" layout="list" count="8"></news-ticker>'
TOAST = '<news-ticker edition="en" layout="toast"></news-ticker>'
CRAWL = '<news-ticker edition="en" layout="crawl"></news-ticker>'


def unique(words: str) -> str:
    """Return a unique headline: the newsroom rejects duplicates."""
    return f"{words}, says edition {next(_number)}"


def row(page: Page, item: dict[str, Any]) -> Locator:
    return page.locator(f'.item[data-id="{item["id"]}"]')


def shown(page: Page) -> Locator:
    return page.locator(".bar .current .headline > a")


def tagged(layout: str, tag: str) -> str:
    """Return an element with the items of one test."""
    return layout.replace("layout", f'tag="{tag}" layout')


async def live(page: Page) -> None:
    await page.locator('[data-state="live"]').first.wait_for(state="attached")


async def test_a_published_item_appears(newsroom: Newsroom, open_site: OpenSite) -> None:
    page = await open_site(newsroom, LIST)
    await live(page)
    item = newsroom.publish(
        unique("Ferries sail again"), speaker="Harbour office", source="Port radio"
    )
    line = row(page, item)
    await expect(line.locator(".headline")).to_have_text(f"Harbour office: {item['headline']}")
    await expect(line.locator(".facts")).to_have_text("Source: Port radio")
    await expect(page.locator(".item").first).to_have_attribute("data-id", item["id"])
    await expect(line.locator("time")).to_have_text("now")


async def test_a_correction_is_marked_and_a_retracted_item_disappears(
    newsroom: Newsroom, open_site: OpenSite
) -> None:
    item = newsroom.publish(unique("Dam holds at nine metres"), level="urgent")
    page = await open_site(newsroom, BAR + LIST)
    await expect(row(page, item)).to_have_count(2)
    newsroom.change(
        item, headline=unique("Dam holds at eight metres"), correction="Eight, not nine."
    )
    await expect(row(page, item).locator(".corrected")).to_have_text(["Corrected"] * 2)
    line = page.locator("section.list").locator(f'[data-id="{item["id"]}"]')
    await expect(line.locator(".correction")).to_have_text("Eight, not nine.")
    newsroom.retract(item)
    await expect(row(page, item)).to_have_count(0)
    everywhere = await page.evaluate(
        "[...document.querySelectorAll('news-ticker')].map((e) => e.shadowRoot.innerHTML).join()"
    )
    assert "metres" not in everywhere


async def test_three_elements_share_one_connection(newsroom: Newsroom, open_site: OpenSite) -> None:
    page = await open_site(newsroom, "")
    sockets: list[str] = []
    page.on("websocket", lambda socket: sockets.append(socket.url))
    await page.evaluate(
        """() => {
          for (const layout of ["bar", "list", "toast"]) {
            const element = document.createElement("news-ticker");
            element.setAttribute("edition", "en");
            element.setAttribute("layout", layout);
            document.body.append(element);
          }
        }"""
    )
    item = newsroom.publish(unique("Bridge reopens"), level="bulletin")
    await expect(row(page, item)).to_have_count(2)
    followed = """() => [...document.querySelectorAll("news-ticker")].filter(
      ({ ticker }) => ticker?.status.phase === "live" && ticker.state.items.length,
    ).length"""
    await wait_until(lambda: page.evaluate(f"({followed})() === 3"))
    assert len(sockets) == 1


async def test_pause_holds_everything_except_retractions(
    newsroom: Newsroom, open_site: OpenSite
) -> None:
    kept = newsroom.publish(unique("Tram line five is open"))
    page = await open_site(newsroom, LIST)
    await expect(row(page, kept)).to_have_count(1)
    await page.get_by_role("button", name="Pause").press("Enter")
    later = newsroom.publish(unique("Tram line six follows"), level="urgent")
    held = page.get_by_role("button", name="1 new update")
    await expect(held).to_be_visible()
    await expect(row(page, later)).to_have_count(0)
    await expect(page.get_by_role("status")).to_have_text("")
    newsroom.retract(kept)
    await expect(row(page, kept)).to_have_count(0)
    await held.click()
    await expect(row(page, later)).to_have_count(1)
    await expect(held).to_be_hidden()
    await expect(page.get_by_role("button", name="Pause")).to_be_visible()


async def test_the_bar_works_with_the_keyboard(newsroom: Newsroom, open_site: OpenSite) -> None:
    items = [newsroom.publish(unique("Stage of the race"), tags=["race"]) for _ in range(3)]
    page = await open_site(newsroom, tagged(BAR, "race"), **STILL)
    await expect(shown(page)).to_have_text(items[2]["headline"])
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("button", name="Previous headline")).to_be_focused()
    for key, at in (("ArrowRight", 1), ("ArrowRight", 0), ("ArrowLeft", 1), ("ArrowLeft", 2)):
        await page.keyboard.press(key)
        await expect(shown(page)).to_have_text(items[at]["headline"])
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(shown(page)).to_have_text(items[1]["headline"])
    await page.keyboard.press("Tab")
    await page.keyboard.press("Space")
    await expect(page.get_by_role("button", name="Resume")).to_be_focused()


async def test_focus_moves_to_the_list_when_its_item_is_retracted(
    newsroom: Newsroom, open_site: OpenSite
) -> None:
    item = newsroom.publish(unique("Marathon is cancelled"), link="https://news.example/marathon")
    page = await open_site(newsroom, LIST)
    await row(page, item).locator("a").focus()
    newsroom.retract(item)
    await expect(row(page, item)).to_have_count(0)
    focused = await page.evaluate(
        "document.querySelector('news-ticker').shadowRoot.activeElement?.className"
    )
    assert focused == "items"


async def test_the_bar_advances_unless_the_reader_uses_it(
    newsroom: Newsroom, open_site: OpenSite
) -> None:
    for _ in range(3):
        newsroom.publish(unique("Heat of the regatta"), tags=["regatta"])
    page = await open_site(newsroom, tagged(BAR, "regatta"), clock=True)
    count = page.locator(".count")
    await expect(count).to_have_text("1 / 3")
    await page.clock.run_for(7_100)
    await expect(count).to_have_text("2 / 3")
    await page.locator(".bar").hover()
    await page.clock.run_for(30_000)
    await expect(count).to_have_text("2 / 3")
    await page.mouse.move(5, 800)
    await page.clock.run_for(7_100)
    await expect(count).to_have_text("3 / 3")


async def test_reduced_motion_stops_the_bar(newsroom: Newsroom, open_site: OpenSite) -> None:
    items = [newsroom.publish(unique("Final of the regatta"), level="flash") for _ in range(2)]
    page = await open_site(newsroom, BAR + LIST + TOAST, clock=True, reduced_motion="reduce")
    await expect(shown(page)).to_have_text(items[1]["headline"])
    await page.clock.run_for(30_000)
    await expect(shown(page)).to_have_text(items[1]["headline"])
    assert await page.evaluate("document.getAnimations().length") == 0


async def test_a_hidden_tab_renders_when_it_is_shown(
    newsroom: Newsroom, open_site: OpenSite
) -> None:
    """Headless pages are never hidden, so the test overrides `document.hidden`."""
    page = await open_site(newsroom, BAR + LIST, clock=True)
    await live(page)
    await page.evaluate(
        """() => {
          window.hide = (hidden) => {
            Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
            const visibilityState = { value: hidden ? "hidden" : "visible", configurable: true };
            Object.defineProperty(document, "visibilityState", visibilityState);
            document.dispatchEvent(new Event("visibilitychange"));
          };
          hide(true);
        }"""
    )
    await page.evaluate("addEventListener('ticker-item', ({ detail }) => (window.got = detail))")
    before = await page.locator(".count").inner_text()
    await page.clock.run_for(30_000)
    assert await page.locator(".count").inner_text() == before
    flash = newsroom.publish(unique("Evacuation ends"), level="flash")
    await wait_until(lambda: page.evaluate("window.got"))
    await page.evaluate("hide(false)")
    await expect(row(page, flash).first).to_be_attached()
    await expect(page.get_by_role("alert").first).to_have_text("")


async def test_urgent_items_are_announced_politely_and_flashes_at_once(
    newsroom: Newsroom, open_site: OpenSite
) -> None:
    page = await open_site(newsroom, BAR + LIST)
    await live(page)
    statuses, alerts = page.get_by_role("status"), page.get_by_role("alert")
    plain = newsroom.publish(unique("Museum opens longer"))
    await expect(row(page, plain).first).to_be_attached()
    assert "".join(await statuses.all_inner_texts()) == ""
    urgent = newsroom.publish(unique("Bridge is closed"), level="urgent")
    await expect(statuses.filter(has_text="Urgent")).to_have_count(1)
    await expect(statuses.filter(has_text="Urgent")).to_have_text(f"Urgent: {urgent['headline']}")
    flash = newsroom.publish(unique("Bridge collapses, nobody on it"), level="flash")
    await expect(alerts.filter(has_text="Breaking")).to_have_count(1)
    await expect(alerts.filter(has_text="Breaking")).to_have_text(f"Breaking: {flash['headline']}")
    newsroom.retract(flash)
    await expect(alerts.filter(has_text="Breaking")).to_have_count(0)
    # The region had the text from before a correction until the next announcement.
    newsroom.change(urgent, headline=unique("Bridge is open"), correction="It was never closed.")
    await expect(statuses.filter(has_text=urgent["headline"])).to_have_count(0)


async def test_roles_and_names_for_screen_readers(newsroom: Newsroom, open_site: OpenSite) -> None:
    item = newsroom.publish(
        unique("Orchestra announces its tour"), level="urgent", link="https://news.example/tour"
    )
    page = await open_site(newsroom, BAR + LIST)
    await expect(row(page, item)).to_have_count(2)
    regions = page.get_by_role("region")
    await expect(regions).to_have_count(2)
    bar = page.get_by_role("region", name="Breaking")
    await expect(bar.get_by_role("button", name="Next headline")).to_be_visible()
    await expect(bar.get_by_role("listitem")).to_have_count(1)  # the others are inert
    latest = page.get_by_role("region", name="Latest")
    entry = latest.get_by_role("listitem").filter(has_text=item["headline"])
    await expect(entry.get_by_role("link", name=item["headline"])).to_be_visible()
    # Only status and alert are live regions.
    await expect(page.locator('[aria-live="polite"], [aria-live="assertive"]')).to_have_count(0)


async def test_a_dismissed_toast_returns_only_with_a_newer_item(
    newsroom: Newsroom, open_site: OpenSite
) -> None:
    page = await open_site(newsroom, TOAST)
    first = newsroom.publish(unique("Storm warning for the coast"), level="urgent")
    await expect(row(page, first)).to_be_visible()
    await page.get_by_role("button", name="Dismiss").click()
    await expect(page.locator(".toast")).to_be_hidden()
    await page.reload()
    await page.wait_for_selector("news-ticker .frame", state="attached")
    plain = newsroom.publish(unique("Beach cafe opens"))
    assert plain["level"] == "ticker"
    second = newsroom.publish(unique("Storm reaches the coast"), level="flash")
    await expect(row(page, second)).to_be_visible()
    await expect(page.locator(".toast .item")).to_have_count(1)
    await page.get_by_role("button", name="Dismiss").press("Enter")
    await expect(page.locator(".toast")).to_be_hidden()


async def test_a_dismissed_bar_returns_with_a_newer_item(
    newsroom: Newsroom, open_site: OpenSite
) -> None:
    first = newsroom.publish(unique("Harvest begins"), tags=["harvest"])
    page = await open_site(newsroom, tagged(BAR, "harvest").replace("layout", "dismissible layout"))
    await expect(shown(page)).to_have_text(first["headline"])
    await page.get_by_role("button", name="Dismiss").click()
    await expect(page.locator("section.bar")).to_be_hidden()
    later = newsroom.publish(unique("Harvest is the best in years"), tags=["harvest"])
    await expect(page.locator("section.bar")).to_be_visible()
    await expect(shown(page)).to_have_text(later["headline"])


async def test_markup_is_shown_as_text_and_links_are_web_addresses(
    newsroom: Newsroom, open_site: OpenSite
) -> None:
    markup = unique("<img src=x onerror=alert(1)> & <b>bold</b>")
    item = newsroom.publish(markup, link="https://news.example/story?a=1&b=2")
    page = await open_site(newsroom, LIST.replace("count", 'item-href="{link}" count'))
    await expect(row(page, item).locator(".headline")).to_have_text(markup)
    await expect(row(page, item).locator("img, b")).to_have_count(0)
    link = row(page, item).locator("a")
    await expect(link).to_have_attribute("href", "https://news.example/story?a=1&b=2")


async def test_item_href(newsroom: Newsroom, open_site: OpenSite) -> None:
    """It links items to the site's own pages; other schemes than HTTP and HTTPS are ignored."""
    item = newsroom.publish(unique("Night market returns"), link="https://news.example/market")
    page = await open_site(newsroom, LIST.replace("count", 'item-href="/news/{id}" count'))
    origin = await page.evaluate("location.origin")
    link = row(page, item).locator("a")
    await expect(link).to_have_attribute("href", f"{origin}/news/{item['id']}")
    await page.evaluate(
        "document.querySelector('news-ticker').setAttribute('item-href', 'javascript:alert(1)')"
    )
    await expect(link).to_have_count(0)


async def test_attributes_can_change_at_any_time(newsroom: Newsroom, open_site: OpenSite) -> None:
    sport = newsroom.publish(unique("Nivra win the cup"), sections=["sports"])
    money = newsroom.publish(unique("Lumbar holds its rate"), sections=["economy"])
    page = await open_site(newsroom, LIST)
    await expect(row(page, money)).to_have_count(1)
    await page.evaluate("document.querySelector('news-ticker').setAttribute('section', 'sports')")
    await expect(row(page, sport)).to_have_count(1)
    await expect(row(page, money)).to_have_count(0)
    await page.evaluate("document.querySelector('news-ticker').setAttribute('layout', 'bar')")
    await expect(page.locator("section.bar")).to_have_count(1)
    await page.evaluate("document.querySelector('news-ticker').remove()")
    await expect(page.locator("section")).to_have_count(0)


async def test_theme_and_custom_properties(newsroom: Newsroom, open_site: OpenSite) -> None:
    page = await open_site(
        newsroom, LIST.replace("count", 'theme="dark" count'), color_scheme="light"
    )
    await live(page)
    frame = page.locator(".frame")
    await expect(frame).to_have_css("color", "rgb(236, 238, 241)")
    await page.evaluate("document.querySelector('news-ticker').setAttribute('theme', 'light')")
    await expect(frame).to_have_css("color", "rgb(21, 23, 27)")
    await page.evaluate(
        "document.querySelector('news-ticker').style.setProperty('--ticker-color', 'rgb(1, 2, 3)')"
    )
    await expect(frame).to_have_css("color", "rgb(1, 2, 3)")


async def test_forced_colours_keep_controls_visible(
    newsroom: Newsroom, open_site: OpenSite
) -> None:
    newsroom.publish(unique("Lighthouse is lit again"))
    page = await open_site(newsroom, BAR + LIST, forced_colors="active")
    button = page.get_by_role("button", name="Pause").last
    await expect(button).to_have_css("border-top-style", "solid")
    assert await button.evaluate("(e) => getComputedStyle(e).borderTopColor") != "rgba(0, 0, 0, 0)"


async def test_an_invalid_attribute_stops_with_a_console_warning(
    newsroom: Newsroom, open_site: OpenSite
) -> None:
    page = await open_site(newsroom, "")
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    await page.evaluate(
        """() => {
          console.warn = (text) => console.log(text); // a warning fails the other tests
          const element = document.createElement("news-ticker");
          element.setAttribute("edition", "xx");
          document.body.append(element);
        }"""
    )
    await expect(page.locator(".status")).to_have_text("Stopped")
    assert any("unknown edition 'xx'" in text for text in said)


async def test_events_for_the_page_and_beacons_for_the_newsroom(
    newsroom: Newsroom, open_site: OpenSite
) -> None:
    page = await open_site(newsroom, LIST)
    await live(page)
    await page.evaluate(
        """() => {
          window.heard = [];
          for (const type of ["ticker-item", "ticker-open"]) {
            addEventListener(type, ({ detail }) => heard.push([type, detail.item.id]));
          }
          addEventListener("click", (event) => event.preventDefault());
        }"""
    )
    item = newsroom.publish(unique("Library lends telescopes"), link="https://news.example/sky")
    async with page.expect_request("**/v1/beacon") as beacon:
        await row(page, item).locator("a").click()
    assert await page.evaluate("heard") == [
        ["ticker-item", item["id"]],
        ["ticker-open", item["id"]],
    ]
    assert (await beacon.value).post_data_json == {"id": item["id"], "kind": "open"}


async def test_arabic_runs_from_right_to_left(newsroom: Newsroom, open_site: OpenSite) -> None:
    """On an English page: texts and direction come from the newsroom."""
    items = [
        newsroom.publish(
            unique("إعادة فتح الجسر القديم أمام المارة"),
            "ar",
            sections=["economy"],
            tags=["bridge"],
        )
        for _ in range(2)
    ]
    tags = "".join(tagged(one, "bridge").replace('"en"', '"ar"') for one in (BAR, LIST))
    page = await open_site(newsroom, tags, **STILL)
    frame = page.locator(".frame").last
    await expect(frame).to_have_attribute("lang", "ar")
    await expect(frame).to_have_css("direction", "rtl")
    line = page.locator("section.list").locator(f'[data-id="{items[1]["id"]}"]')
    await expect(line.locator(".headline")).to_have_attribute("dir", "rtl")
    await expect(line.locator(".facts")).to_have_text("اقتصاد")
    await expect(page.get_by_role("button", name="إيقاف مؤقت")).to_have_count(2)
    box, inner = await frame.bounding_box(), await line.locator(".headline a").bounding_box()
    assert box is not None
    assert inner is not None
    assert box["x"] + box["width"] - inner["x"] - inner["width"] < inner["x"] - box["x"]
    await page.get_by_role("button", name="الخبر التالي").focus()
    await expect(shown(page)).to_have_text(items[1]["headline"])
    await page.keyboard.press("ArrowLeft")  # the next item, in a right-to-left language
    await expect(shown(page)).to_have_text(items[0]["headline"])


async def test_an_english_item_in_an_arabic_list_keeps_its_direction(
    newsroom: Newsroom, open_site: OpenSite
) -> None:
    item = newsroom.publish(unique("Nivra 3, Tamrit 1"), "ar", language="en", dir="ltr")
    page = await open_site(newsroom, LIST.replace('"en"', '"ar"'), lang="ar", dir="rtl")
    headline = row(page, item).locator(".headline")
    await expect(headline).to_have_attribute("lang", "en")
    await expect(headline).to_have_css("direction", "ltr")
    await expect(page.locator(".frame")).to_have_css("direction", "rtl")


async def test_server_rendered_items_are_shown_at_once_and_resumed(
    newsroom: Newsroom, open_site: OpenSite
) -> None:
    """The fragment contains everything for the first paint: no snapshot, no request for texts."""
    known = newsroom.publish(unique("Opera house opens its roof"), "es", sections=["arts-culture"])
    fragment = newsroom.get("/v1/embed?edition=es&layout=list&count=5", known["headline"])
    missed = newsroom.publish(unique("Opera season begins"), "es")
    page = await open_site(newsroom, fragment, script=False, lang="es")
    await live(page)  # otherwise frames of this first connection could be recorded below
    asked: list[str] = []
    frames: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("websocket", lambda ws: ws.on("framereceived", lambda f: frames.append(str(f))))
    await page.evaluate("localStorage.clear()")
    await page.reload()  # again, with the listeners above
    await expect(row(page, known).locator(".facts")).to_have_text("Arte y cultura")
    await expect(row(page, missed)).to_have_count(1)
    await wait_until(lambda: len(frames) >= 2)  # the browser tells of a frame after the page has it
    assert [json.loads(frame)["type"] for frame in frames][:2] == ["welcome", "item"], frames
    assert json.loads(frames[0])["mode"] == "replay"
    assert not [url for url in asked if "/v1/words" in url]
    await expect(page.get_by_role("button", name="Pausar")).to_be_visible()


async def test_items_are_shown_without_javascript(newsroom: Newsroom, open_site: OpenSite) -> None:
    item = newsroom.publish(unique("Bakery opens at five"), link="https://news.example/bakery")
    fragment = newsroom.get("/v1/embed?edition=en&script=no", item["id"])
    page = await open_site(newsroom, fragment, script=False, java_script_enabled=False)
    link = page.locator(f'li[data-id="{item["id"]}"] a')
    await expect(link).to_have_attribute("href", f"{newsroom.url}/item/{item['id']}")


async def test_cached_items_are_shown_before_the_newsroom_answers(
    newsroom: Newsroom, open_site: OpenSite
) -> None:
    """No retracted text is left on the page or in the browser."""
    async with faulty_proxy(newsroom.port) as line:
        tag = LIST.replace("<news-ticker", f'<news-ticker server="{line.url}" tag="rink"')
        item = newsroom.publish(unique("Ice rink opens"), tags=["rink"])
        gone = newsroom.publish(unique("Ice is too thin, says a caller"), tags=["rink"])
        page = await open_site(newsroom, tag, hosts=(line.url,))
        await expect(page.locator(".item")).to_have_count(2)
        newsroom.retract(gone)
        await expect(page.locator(".item")).to_have_count(1)
        line.cut()
        await page.reload()
        await expect(row(page, item)).to_have_count(1)
        await expect(page.locator(".status")).to_have_text("Connecting")
        await expect(page.locator(".item")).to_have_count(1)
        kept = await page.evaluate("JSON.stringify(localStorage)")
        assert item["headline"] in kept
        assert gone["headline"] not in kept


@pytest.mark.parametrize(("scheme", "other"), [("light", "dark"), ("dark", "light")])
async def test_axe_finds_nothing(
    newsroom: Newsroom, open_site: OpenSite, scheme: str, other: str
) -> None:
    """Also with the theme that is the opposite of the page's: each has its own background."""
    tag = f"axe-{scheme}"
    about: dict[str, Any] = {"tags": [tag]}
    newsroom.publish(
        unique("Old lighthouse sold"), level="bulletin", verification="developing", **about
    )
    newsroom.publish(unique("Harbour bells ring"), level="flash", source="Port radio", **about)
    item = newsroom.publish(
        unique("Fish market moves"), level="urgent", summary="In spring.", **about
    )
    newsroom.change(item, headline=unique("Fish market stays"), correction="It does not move.")
    newsroom.publish(unique("Alert beside the page"), level="urgent")
    page = await open_site(
        newsroom,
        f"{tagged(BAR, tag)}<main><h1>A site</h1>{tagged(LIST, tag)}</main>{TOAST}",
        color_scheme=scheme,
        reduced_motion="reduce",
    )
    await expect(row(page, item)).to_have_count(2)
    await expect(page.locator(".toast .item")).to_have_count(1)
    # axe assumes a white background if there is none.
    await page.evaluate("document.documentElement.style.background = 'Canvas'")
    await page.evaluate(AXE.read_text())
    assert await violations(page) == []
    await page.evaluate(
        """(theme) => {
          const elements = document.querySelectorAll("news-ticker");
          for (const element of elements) element.setAttribute("theme", theme);
        }""",
        other,
    )
    assert await violations(page, "color-contrast") == []


async def violations(page: Page, *rules: str) -> list[Any]:
    """Return what axe finds; ``rules`` limit it."""
    found = await page.evaluate(
        """async (rules) => {
          const only = rules.length ? { runOnly: rules } : {};
          const found = await axe.run({ iframes: false, resultTypes: ["violations"], ...only });
          return found.violations.map(({ id, nodes }) => [id, nodes[0].html.slice(0, 160)]);
        }""",
        list(rules),
    )
    assert isinstance(found, list)
    return found


@pytest.mark.parametrize("width", [320, 390, 1280])
async def test_nothing_overflows(newsroom: Newsroom, open_site: OpenSite, width: int) -> None:
    long = "W" * 90 + " https://news.example/" + "x" * 120
    tag = f"wide-{width}"
    item = newsroom.publish(
        unique(long)[:280],
        level="flash",
        speaker="Spokesperson of the joint secretariat of the riverside districts",
        source="S" * 120,
        verification="developing",
        summary="y" * 200,
        sections=["environment", "politics", "arts-culture"],
        tags=[tag],
    )
    newsroom.publish(unique("V" * 200), level="urgent")
    tags = "".join(tagged(one, tag) for one in (BAR, LIST, CRAWL))
    page = await open_site(newsroom, tags + TOAST, width=width)
    await expect(row(page, item).first).to_be_visible()
    await expect(page.locator(".toast .item")).to_have_count(1)
    assert await page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0

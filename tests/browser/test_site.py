"""The site in Chromium: keyboard, mouse, without JavaScript, in three languages."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any, Literal

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, Route, ViewportSize, expect

from tests.browser.intercept import intercept
from tests.browser.newsroom import Newsroom
from tests.browser.watching import watch_page
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
EDITIONS = ("en", "es", "ar")
WIDTHS = (320, 390, 500, 800, 1280)
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
RULES_OF_COLOURS = ["color-contrast", "link-in-text-block"]
"""Another scheme changes colours alone; these are axe's default rules about them."""
RUN_AXE = """(rules) => axe.run({
  resultTypes: ["violations"], ...(rules.length && { runOnly: rules })
})"""
LONG = {
    "en": "Delegates of all eleven riverside districts agreed late on Monday to a joint plan " * 3,
    "es": "Los delegados de los once distritos ribereños acordaron el lunes un plan conjunto " * 3,
    "ar": "اتفق ممثلو المقاطعات النهرية الإحدى عشرة على خطة مشتركة للحماية من الفيضانات " * 3,
}

LAYOUT_SHIFT = """() => new Promise((resolve) => {
  const observer = new PerformanceObserver((list) =>
    resolve(list.getEntries().reduce((sum, { value }) => sum + value, 0)));
  observer.observe({ type: "layout-shift", buffered: true });
  setTimeout(resolve, 200, 0);  // nothing has moved
})"""

Opened = Callable[..., Awaitable[Page]]


@pytest.fixture(scope="module")
def news(newsroom: Newsroom) -> dict[str, dict[str, Any]]:
    """Items for every page of the site, by name and edition."""
    made = {}
    for edition in EDITIONS:
        about: dict[str, Any] = {"sections": ["politics", "economy"], "regions": ["asia"]}
        made[f"plain {edition}"] = newsroom.publish(f"Harbour opens {edition}", edition, **about)
        made[f"lead {edition}"] = newsroom.publish(
            f"Bridge of Orlen closed {edition}",
            edition,
            level="flash",
            story="site-bridge",
            summary="Until the evening.",
            speaker="Harbour office",
            tags=["Orlen"],
            **about,
        )
        made[f"next {edition}"] = newsroom.publish(
            f"Bridge inspected {edition}", edition, story="site-bridge", verification="developing"
        )
        newsroom.publish(LONG[edition][:280].strip(), edition, level="urgent", source="x" * 120)
        newsroom.publish("W" * 200 + edition, edition, level="bulletin", sections=["politics"])
        newsroom.get(f"/{edition}", "W" * 200 + edition)
    return made


@pytest_asyncio.fixture(loop_scope="session")
async def opened(browser: Browser) -> AsyncIterator[Opened]:
    """Open a page of the site. A script error or a violation of its policy fails the test.

    ``read`` are the most-read items.
    """
    contexts = []
    wrong: list[str] = []

    async def opened(
        newsroom: Newsroom,
        path: str,
        width: int = 1280,
        read: list[Any] | None = None,
        **options: Any,
    ) -> Page:
        size = ViewportSize(width=width, height=900)
        context = await browser.new_context(**({"viewport": size, "locale": "en-GB"} | options))
        contexts.append(context)
        page = await context.new_page()
        watch_page(page, wrong)
        body = {
            "window": "day",
            "items": [{"item": one, "opens": 3, "shares": 0} for one in read or []],
        }

        async def most_read(route: Route) -> None:
            await route.fulfill(json=body)

        await intercept(page, "**/v1/most-read?*", most_read)
        await page.goto(f"{newsroom.url}{path}")
        return page

    yield opened
    for context in contexts:
        await context.close()
    assert wrong == []


async def test_navigation(newsroom: Newsroom, news: dict[str, Any], opened: Opened) -> None:
    page = await opened(newsroom, "/en")
    await page.get_by_role("link", name="Politics").first.click()
    await expect(page).to_have_url(f"{newsroom.url}/en/section/politics")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Politics")
    await page.get_by_role("link", name="Asia", exact=True).first.click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Asia")
    await page.locator(".editions").get_by_role("link", name="Español").click()
    await expect(page).to_have_url(f"{newsroom.url}/es/region/asia")
    await page.locator(".brand a").click()
    await expect(page).to_have_url(f"{newsroom.url}/es")
    await page.locator(".editions").get_by_role("link", name="العربية").click()
    await expect(page.locator("html")).to_have_attribute("dir", "rtl")
    await expect(page.locator("h1")).to_have_text("Ticker")
    await page.goto(f"{newsroom.url}/item/{news['lead ar']['id']}")
    await page.locator('a[href="/story/site-bridge?edition=ar"]').first.click()
    await expect(page.locator("h1")).to_contain_text("Bridge inspected ar")
    await page.locator(".other-editions").get_by_role("link", name="English").click()
    await expect(page.locator("h1")).to_contain_text("Bridge inspected en")


async def test_live_links_to_the_list(
    newsroom: Newsroom, news: dict[str, Any], opened: Opened
) -> None:
    page = await opened(newsroom, "/en", width=390)
    await page.get_by_role("link", name="Live", exact=True).click()
    await expect(page.locator("#latest")).to_be_in_viewport()
    await expect(page.locator("#latest")).to_be_focused()
    page = await opened(newsroom, f"/item/{news['plain en']['id']}")
    await page.get_by_role("link", name="Live", exact=True).click()
    await expect(page).to_have_url(f"{newsroom.url}/en#latest")


async def test_the_first_tab_stop_skips_to_the_content(
    newsroom: Newsroom, news: dict[str, Any], opened: Opened
) -> None:
    page = await opened(newsroom, "/en")
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.locator("#main")).to_be_focused()


@pytest.mark.parametrize("edition", EDITIONS)
async def test_all_content_is_readable_without_javascript(
    newsroom: Newsroom, news: dict[str, Any], opened: Opened, edition: str
) -> None:
    page = await opened(newsroom, f"/{edition}", java_script_enabled=False)
    await expect(page.locator(".lead .headline")).to_be_visible()
    lines = page.locator("main [data-part]")
    assert await lines.count() >= 5
    for line in await lines.all():
        await expect(line.locator(".headline").first).to_be_visible()
        await expect(line.locator("time").first).to_be_visible()
    await expect(page.locator(".breaking li:visible")).to_have_count(1)
    await expect(page.locator("[layout=toast]")).to_be_hidden()
    await expect(page.locator("#most-read")).to_be_hidden()
    await expect(page.locator(".live")).to_be_hidden()  # the page follows nothing
    await page.goto(f"{newsroom.url}/story/site-bridge?edition={edition}")
    await expect(page.locator("#latest li")).to_have_count(2)
    await expect(page.locator(".share")).to_be_hidden()


@pytest.mark.parametrize("edition", EDITIONS)
async def test_axe_finds_nothing(
    newsroom: Newsroom, news: dict[str, dict[str, Any]], opened: Opened, edition: str
) -> None:
    for path in (
        f"/{edition}",
        f"/{edition}/section/politics",
        f"/story/site-bridge?edition={edition}",
        f"/item/{news[f'lead {edition}']['id']}",
        f"/{edition}/corrections",
        f"/{edition}/section/nothing",
    ):
        page = await opened(newsroom, path, read=[news[f"plain {edition}"]])
        await page.evaluate(AXE.read_text())
        for scheme in SCHEMES:
            await page.emulate_media(color_scheme=scheme)
            rules = [] if scheme == SCHEMES[0] else RULES_OF_COLOURS
            found = await page.evaluate(RUN_AXE, rules)
            violations = [
                (one["id"], [node["html"][:160] for node in one["nodes"]])
                for one in found["violations"]
            ]
            assert violations == [], (path, scheme)


@pytest.mark.parametrize("edition", EDITIONS)
async def test_nothing_overflows(
    newsroom: Newsroom, news: dict[str, Any], opened: Opened, edition: str
) -> None:
    """Loaded at the smallest width, then resized."""
    read = [news[f"plain {edition}"]]
    page = await opened(newsroom, "/healthz", width=WIDTHS[0], read=read)
    for path in (
        f"/{edition}",
        f"/{edition}/section/politics",
        f"/story/site-bridge?edition={edition}",
        f"/item/{news[f'lead {edition}']['id']}",
        f"/{edition}/corrections",
    ):
        await page.goto(f"{newsroom.url}{path}")
        for width in (*WIDTHS, WIDTHS[0]):
            await page.set_viewport_size({"width": width, "height": 900})
            await page.wait_for_function("(width) => innerWidth === width", arg=width)
            outside = await page.evaluate(
                """() => [document.documentElement, ...document.querySelectorAll("body *")]
                  .filter((element) => !element.closest(".skip, [data-scrolls] *"))
                  .filter((element) => {
                    const { left, right } = element.getBoundingClientRect();
                    return left < -0.5 || right > innerWidth + 0.5;
                  })
                  .map((element) => element.outerHTML.slice(0, 120))"""
            )
            wide = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
            assert (outside, wide) == ([], 0), (path, width)
            lines = await page.evaluate(
                """() => {
                  const name = document.createRange();
                  name.selectNodeContents(document.querySelector(".brand a"));
                  return name.getClientRects().length;
                }"""
            )
            assert lines == 1, (path, width)  # the buttons go below it, before a word is broken


async def test_most_read_is_shown_if_not_empty(
    newsroom: Newsroom, news: dict[str, Any], opened: Opened
) -> None:
    page = await opened(newsroom, "/en", read=[news["lead en"], news["plain en"]])
    rows = page.locator("#most-read li")
    lead = f"Harbour office: {news['lead en']['headline']}"
    await expect(rows).to_have_text([lead, news["plain en"]["headline"]])
    link = rows.first.locator("a")
    await expect(link).to_have_attribute("href", f"/item/{news['lead en']['id']}")
    page = await opened(newsroom, "/en")
    await expect(page.locator("#most-read")).to_be_hidden()


async def test_reads_and_shares_are_counted(
    newsroom: Newsroom, news: dict[str, Any], opened: Opened
) -> None:
    lead = news["lead en"]["id"]
    page = await opened(newsroom, f"/item/{lead}")
    beacons: list[Any] = []

    async def beacon(route: Route) -> None:
        beacons.append(json.loads(route.request.post_data or ""))
        await route.fulfill(status=204)

    await intercept(page.context, "**/v1/beacon", beacon)
    await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await page.get_by_role("button", name="Copy link").click()
    await expect(page.locator(".share [role=status]")).to_have_text("Link copied")
    assert await page.evaluate("navigator.clipboard.readText()") == f"{newsroom.url}/item/{lead}"
    first = page.locator(".related .card").first
    opened_id = await first.get_attribute("data-id")
    await first.locator("a").click()
    await expect(page).to_have_url(f"{newsroom.url}/item/{opened_id}")
    await wait_until(lambda: len(beacons) >= 2)  # the last one may follow the page
    assert beacons == [{"id": lead, "kind": "share"}, {"id": opened_id, "kind": "open"}]


async def test_global_privacy_control_turns_counting_off(
    newsroom: Newsroom, news: dict[str, Any], opened: Opened
) -> None:
    page = await opened(newsroom, "/en")
    beacons: list[str] = []
    page.on("request", lambda r: beacons.append(r.url) if "beacon" in r.url else None)
    await page.add_init_script(
        "Object.defineProperty(Navigator.prototype, 'globalPrivacyControl', { value: true })"
    )
    await page.reload()
    await page.locator(".lead .headline a").click()
    await expect(page.locator("[data-page]")).to_be_visible()
    assert beacons == []


async def test_a_printed_page_has_dates(
    newsroom: Newsroom, news: dict[str, Any], opened: Opened
) -> None:
    """On paper, "2 min ago" says nothing."""
    page = await opened(newsroom, "/en", timezone_id="UTC")
    time = page.locator(".lead .marks time")
    await page.evaluate("dispatchEvent(new Event('beforeprint'))")
    await expect(time).to_have_text(re.compile(r"^\d+ \w+ \d{4}.* UTC$"))
    await page.evaluate("dispatchEvent(new Event('afterprint'))")
    await expect(time).to_have_text(re.compile("ago|now"))


async def test_forced_colours_mark_the_current_page_only(
    newsroom: Newsroom, news: dict[str, Any], opened: Opened
) -> None:
    """The transparent borders of the other links were lines in the colour of text."""
    page = await opened(newsroom, "/en", forced_colors="active")
    found = await page.evaluate(
        """() => [...document.querySelectorAll(".topics a")]
          .filter((link) => getComputedStyle(link).borderBottomColor
            !== getComputedStyle(document.documentElement).backgroundColor)
          .map((link) => link.getAttribute("aria-current"))"""
    )
    assert found == ["page"]


async def test_the_page_of_a_retracted_item(newsroom: Newsroom, opened: Opened) -> None:
    item = newsroom.publish("Ferry lost at sea", level="urgent")
    newsroom.retract(item)
    newsroom.get(f"/item/{item['id']}", status=410)
    page = await opened(newsroom, f"/item/{item['id']}")
    await expect(page.get_by_role("heading", level=1)).to_have_text("This story was retracted")
    assert "Ferry lost" not in await page.content()
    await page.get_by_role("link", name="Go to the home page").click()
    await expect(page).to_have_url(f"{newsroom.url}/en")


async def test_the_root_uses_the_browsers_language(newsroom: Newsroom, opened: Opened) -> None:
    for locale, language in (("es-MX", "es"), ("ar-LB", "ar"), ("fr-FR", "en")):
        page = await opened(newsroom, "/", locale=locale)
        await expect(page.locator("html")).to_have_attribute("lang", language)


async def test_times_in_full_are_as_the_server_writes_them_and_nothing_moves(
    newsroom: Newsroom, opened: Opened
) -> None:
    """Longer times broke their line, and buttons that came later moved the others."""
    item = newsroom.publish("ميناء كيل يفتح من جديد", "ar")
    newsroom.change(item, headline="ميناء كيل مفتوح", correction="ليس مغلقاً.")
    html = newsroom.get(f"/item/{item['id']}", "ليس مغلقاً.")
    written = re.findall(
        r"<time[^>]*>([^<]*غرينتش)</time>", html.partition('class="page-title"')[2]
    )
    page = await opened(newsroom, f"/item/{item['id']}", width=412, timezone_id="UTC")
    time = page.locator("[data-page] .facts time").first
    await expect(time).to_have_attribute("title", re.compile("غرينتش"))
    await expect(time).to_have_text(written[0])
    await expect(page.locator(".page-status")).to_have_attribute("data-state", "live")
    assert await page.evaluate(LAYOUT_SHIFT) < 0.02
    newsroom.retract(item)

"""The site's pages follow the news: every part shows an item as it is now, without a reload."""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, Route, WebSocketRoute, expect

from tests.browser.intercept import intercept
from tests.browser.newsroom import Newsroom
from tests.browser.watching import watch_page
from tests.support.pictures import saved, striped
from ticker.site.content import TOP_ITEMS

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

PARTS = """() => {
  const main = document.querySelector("main").cloneNode(true);
  for (const time of main.querySelectorAll("time")) {
    time.textContent = "";
    time.removeAttribute("title");
  }
  for (const row of main.querySelectorAll(".new")) row.classList.remove("new");
  // Whether another test's picture has failed to load by now is chance.
  for (const figure of main.querySelectorAll(".failed")) figure.classList.remove("failed");
  for (const hidden of main.querySelectorAll(".level[hidden]")) hidden.hidden = false;
  main.querySelectorAll("#most-read, #since").forEach((node) => node.remove());
  main.normalize();
  const lines = [];
  const walk = (node, depth) => {
    const attributes = [...node.attributes].map(({ name, value }) => `${name}="${value.trim()}"`);
    lines.push(`${depth} <${node.localName} ${attributes.sort().join(" ")}>`);
    for (const child of node.childNodes) {
      const text = child.nodeType === 3 && child.data.replace(/\\s+/g, " ").trim();
      if (text) lines.push(`${depth} ${text}`);
      if (child.nodeType === 1) walk(child, depth + 1);
    }
  };
  walk(main, 0);
  return lines;
}"""
"""The page's items as lines of markup, without what depends on the time."""

SCREENS = ((390, 844), (768, 1024), (1280, 800), (1920, 1080))
REPEATED = """() => {
  const bar = document.querySelector("header news-ticker");
  const seen = [...document.querySelectorAll("main .headline")].filter((node) =>
    node.checkVisibility() && node.getBoundingClientRect().top < innerHeight);
  const lead = document.querySelector(".lead")?.dataset.id;
  const inBar = bar?.shadowRoot?.querySelector(`li[data-id="${lead}"]`);
  const texts = seen.map((node) => node.textContent);
  return [...texts.filter((text, n) => texts.indexOf(text) < n), ...(inBar ? ["the bar"] : [])];
}"""
"""Headlines that the first screen has twice, and the bar if it repeats the lead."""
SNAPSHOT_ITEMS = 20
LONG_ASLEEP = """
  const { random } = Math;
  Math.random = () => random() / 100; // a short delay before the page is fetched again
  WebSocket = class extends WebSocket {
    constructor(url) {
      super(`${url}`.replace(/after=[^&]+/, "after=1.1-0"));
    }
  };
"""
"""Connects with a cursor from which the server cannot replay."""

COUNT_NOTES = """() => {
  globalThis.notes = 0;
  const { start } = OscillatorNode.prototype;
  OscillatorNode.prototype.start = function (...at) {
    globalThis.notes += 1;
    start.apply(this, at);
  };
}"""

Opened = Callable[..., Awaitable[Page]]


@pytest_asyncio.fixture(loop_scope="session")
async def opened(browser: Browser) -> AsyncIterator[Opened]:
    """Open a page and wait until it is live. A script error fails the test."""
    contexts = []
    wrong: list[str] = []

    async def opened(newsroom: Newsroom, path: str, live: bool = True, **options: Any) -> Page:
        context = await browser.new_context(**({"locale": "en-GB"} | options))
        contexts.append(context)
        page = await context.new_page()
        watch_page(page, wrong)
        await page.goto(f"{newsroom.url}{path}")
        if live:
            await follows(page)
        return page

    yield opened
    for context in contexts:
        await context.close()
    assert wrong == []


async def follows(page: Page) -> None:
    """Wait until the page's scripts have started, and it follows the news."""
    await expect(page.locator("#pause")).to_be_visible()
    await expect(page.locator("#status")).to_have_attribute("data-state", "live")


def everything(newsroom: Newsroom, edition: str) -> None:
    """Publish items with every field that a part shows, live and from before the page."""
    text = {"en": "Sluice", "es": "Esclusa", "ar": "هويس"}[edition]
    for n in range(TOP_ITEMS):
        newsroom.publish(f"{text} {n}", edition, sections=["politics"], summary="One.")
    newsroom.publish(f"{text} opens", edition, story=f"sluice-{edition}", speaker="Office")
    said = newsroom.publish(
        f"Office {text} is open",
        edition,
        story=f"sluice-{edition}",
        speaker="Office",
        level="bulletin",
        summary=f"{text} <b>&amp;",
        source="Harbour Press",
        sections=["economy"],
        regions=["asia"],
        media=[{"href": "https://img.example/a.jpg", "alt": "A gate", "credit": "N. Diaz"}],
    )
    newsroom.change(said, headline=f"Office {text} is half open", correction="Only half of it.")
    newsroom.publish(
        f"{text}: a headline in another language",
        edition,
        language="fr",
        level="urgent",
        verification="developing",
        sections=["health"],
        media=[{"id": newsroom.upload(saved(striped(700, 400)), "A sluice")}],
    )


async def fulfil_picture(route: Route) -> None:
    await route.fulfill(content_type="image/jpeg", body=saved(striped()))


@pytest.mark.parametrize("edition", ["en", "es", "ar"])
async def test_a_page_that_followed_looks_like_one_that_was_loaded(
    newsroom: Newsroom, opened: Opened, edition: str
) -> None:
    """The server's templates and the script make the same markup, of the same choice of items."""
    paths = (f"/{edition}", f"/{edition}/region/asia")
    pages = [await opened(newsroom, path) for path in paths]
    for page in pages:
        await intercept(page, "https://img.example/*", fulfil_picture)
    everything(newsroom, edition)
    last = newsroom.publish(f"Last of {edition}", edition, regions=["asia"])
    for path, page in zip(paths, pages, strict=True):
        await expect(page.locator(f'[data-part][data-id="{last["id"]}"]')).to_be_visible()
        followed = await page.evaluate(PARTS)
        await asyncio.to_thread(newsroom.get, path, last["id"])  # the page's process has it too
        await page.reload()
        await follows(page)
        assert followed == await page.evaluate(PARTS)
    # A stored picture is had in the first format that the browser knows.
    picture = pages[0].locator('img[alt="A sluice"]').first
    await picture.scroll_into_view_if_needed()
    await expect(picture).to_have_js_property("complete", True)
    assert (await picture.evaluate("(one) => one.currentSrc")).endswith(".avif")
    assert await picture.evaluate("(one) => one.naturalWidth") > 0


async def test_any_events_leave_the_page_that_the_server_makes(
    own_newsroom: Newsroom, opened: Opened
) -> None:
    """Each headline is in one place of the first screen, whatever the number of items.

    With two items, the second one was in the bar, among the top items and in the list.
    """
    chance = random.Random(13)
    pages = [
        await opened(own_newsroom, "/en", viewport={"width": width, "height": height})
        for width, height in SCREENS
    ]
    for page in pages:  # one that fails leaves its description, at some time
        await intercept(page.context, "https://img.example/*", fulfil_picture)
    live: list[dict[str, Any]] = []
    for new in (0, 1, 1, 1, 2, 3, 8, 12):
        for _ in range(new // 2):
            changed(own_newsroom, chance, live)
        for _ in range(new):
            live.append(published(own_newsroom, chance))
        await same_as_made_anew(own_newsroom, pages, live)
    while live:
        for _ in range(min(11, len(live))):
            item = live.pop(chance.randrange(len(live)))
            chance.choice((own_newsroom.expire, own_newsroom.retract))(item)
        if live:
            live.append(published(own_newsroom, chance))
        await same_as_made_anew(own_newsroom, pages, live)


def published(newsroom: Newsroom, chance: random.Random) -> dict[str, Any]:
    """Publish an item with chance fields."""
    media = [{"href": "https://img.example/a.jpg", "alt": "A gate"}]
    return newsroom.publish(
        f"Crane {chance.randrange(10**6)} moves" + chance.choice(("", " slowly" * 20)),
        level=chance.choice(("ticker", "ticker", "ticker", "urgent", "bulletin", "flash")),
        story=chance.choice((None, None, "cranes", "quays")),
        sections=chance.choice(([], ["politics"], ["economy", "politics"])),
        media=chance.choice(([], [], media)),
    )


def changed(newsroom: Newsroom, chance: random.Random, live: list[dict[str, Any]]) -> None:
    """Correct or pin one of the items."""
    at = chance.randrange(len(live))
    if chance.random() < 0.3:
        live[at] = newsroom.pin(live[at])
    else:
        headline = f"Crane {chance.randrange(10**6)} stands"
        live[at] = newsroom.change(live[at], headline=headline, correction="It stands.")


async def same_as_made_anew(
    newsroom: Newsroom, pages: list[Page], live: list[dict[str, Any]]
) -> None:
    """The pages are as the server makes them now, and repeat nothing on their first screens."""
    # The last event was the publication of the newest item, if there is any.
    newest = (
        f'main [data-part][data-id="{live[-1]["id"]}"]' if live else "main:not(:has([data-part]))"
    )
    newsroom.get("/en", live[-1]["id"] if live else 'id="lead">\n</div>')
    anew = await pages[0].context.new_page()
    # A browser may show its copy of the last page for two seconds, and follow from there.
    protocol = await anew.context.new_cdp_session(anew)
    await protocol.send("Network.setCacheDisabled", {"cacheDisabled": True})
    await anew.goto(pages[0].url)
    await follows(anew)
    made = await anew.evaluate(PARTS)
    await anew.close()
    for page in pages:
        await expect(page.locator(newest).first).to_be_visible()
        assert await page.evaluate(PARTS) == made
        await page.wait_for_function(f"() => ({REPEATED})().length === 0")
        has_bar = len(live) > 1 and page is not pages[0]  # the first is a phone
        current = page.locator(".breaking .items .current")
        await expect(current).to_be_visible(visible=has_bar)


async def test_a_flash_is_the_lead_at_once_with_a_sound_for_readers_who_want_one(
    newsroom: Newsroom, opened: Opened
) -> None:
    page = await opened(newsroom, "/en")
    await page.evaluate(COUNT_NOTES)
    flash = newsroom.publish("Bridge gives way", level="flash")
    lead = page.locator(".lead")
    await expect(lead).to_have_attribute("data-id", flash["id"])
    assert await page.evaluate("notes") == 0  # off by default
    await expect(lead.locator(".level")).to_have_text("Breaking")
    mended = newsroom.change(flash, headline="Bridge sinks", correction="It has not given way.")
    await expect(lead.locator(".lead-head .headline")).to_have_text("Bridge sinks")
    await expect(lead.locator(".mark")).to_have_text("Corrected")
    await expect(lead.locator(".correction")).to_contain_text("It has not given way.")
    newsroom.retract(mended)
    shown = page.locator(f'[data-id="{flash["id"]}"]')
    await expect(shown).to_have_count(0)
    text = await page.locator("main").inner_text()
    assert "Bridge gives way" not in text
    assert "Bridge sinks" not in text
    await page.locator("#alerts-button").click()
    await page.locator("#sound").check()
    await page.wait_for_function("notes === 2")  # an example
    for level in ("urgent", "flash"):
        item = newsroom.publish(f"Bridge of Sund is {level}", level=level)
        await expect(page.locator(f'main [data-id="{item["id"]}"]').first).to_be_attached()
        newsroom.retract(item)
    await page.wait_for_function("notes === 4")


async def test_an_items_page_and_its_story_follow_a_correction(
    newsroom: Newsroom, opened: Opened
) -> None:
    item = newsroom.publish("Lock closes", story="lock-closes", level="urgent")
    pages = [
        await opened(newsroom, path)
        for path in (f"/item/{item['id']}", "/story/lock-closes?edition=en")
    ]
    newsroom.change(item, headline="Lock opens", correction="It does not close.")
    for page in pages:
        await expect(page.locator("h1 .headline")).to_have_text("Lock opens")
    page = pages[0]
    await expect(page.locator("main .item > .correction")).to_contain_text("It does not close.")
    await expect(page.locator("main .item .mark")).to_have_text("Corrected")
    newsroom.retract(item)
    await expect(page.locator("h1")).to_have_text("This story was retracted")


async def test_a_reset_leaves_nothing_that_was_retracted_meanwhile(
    newsroom: Newsroom, opened: Opened
) -> None:
    """An item that the server's page still has stays, though the snapshot has only newer ones."""
    awake = asyncio.Event()

    async def sleep(route: Route) -> None:
        await awake.wait()
        await route.continue_()

    kept = newsroom.publish("Quay is wet", story="quay-floods")
    wrong = newsroom.publish("Quay floods", story="quay-floods", summary="Water everywhere.")
    pages = []
    for path in ("/story/quay-floods?edition=en", f"/item/{wrong['id']}", f"/item/{kept['id']}"):
        page = await opened(newsroom, "/healthz", live=False)
        await page.add_init_script(LONG_ASLEEP)
        await intercept(page, "**/widget-*.js", sleep)
        await page.goto(f"{newsroom.url}{path}", wait_until="commit")
        await expect(page.locator("main")).to_contain_text("Quay floods")
        pages.append(page)
    newsroom.retract(wrong)
    for n in range(SNAPSHOT_ITEMS):
        newsroom.publish(f"Quay has crane {n}")
    awake.set()
    on_story, on_wrong, on_kept = pages
    await expect(on_wrong.locator("h1")).to_have_text("This story was retracted")
    await expect(on_story.locator("h1")).to_have_text("Quay is wet")
    await expect(on_story.locator(".update")).to_have_count(1)
    await expect(on_story.locator(f"#u-{kept['id']}")).to_be_visible()
    await expect(on_kept.locator("main")).not_to_contain_text("Quay floods")
    await expect(on_kept.locator("h1")).to_have_text("Quay is wet")
    assert "Water everywhere" not in await on_story.locator("main").inner_text()


async def test_a_paused_page_waits_but_keeps_no_mistake(newsroom: Newsroom, opened: Opened) -> None:
    page = await opened(newsroom, "/en")
    newsroom.publish("Ferry leaves", level="bulletin")  # the lead
    wrong = newsroom.publish("Ferry sinks")
    row = page.locator(f'[data-part="row"][data-id="{wrong["id"]}"]')
    await expect(row).to_be_visible()
    pause = page.locator(".breaking .pause")
    await expect(page.get_by_role("button", name="Pause")).to_have_count(1)  # the bar's is hidden
    await expect(pause).to_have_attribute("aria-label", "Pause")
    await page.locator("#pause").click()
    await expect(pause).to_have_attribute("aria-label", "Resume")
    await expect(page.locator("#status")).to_have_attribute("data-state", "paused")
    await expect(page.locator(".live-text")).to_have_text("Paused")
    new = newsroom.publish("Ferry arrives", level="flash")
    newsroom.change(wrong, headline="Ferry leaks", correction="It has not sunk.")
    await expect(row.locator(".headline")).to_have_text("Ferry leaks")
    await expect(page.locator("#updates")).to_have_text("New updates: 1")
    await expect(page.locator(f'[data-part][data-id="{new["id"]}"]')).to_have_count(0)
    await page.locator("#updates").click()
    await expect(page.locator(".lead")).to_have_attribute("data-id", new["id"])
    await expect(page.locator("#status")).to_have_attribute("data-state", "live")
    await expect(page.locator("#updates")).to_be_hidden()
    await expect(pause).to_have_attribute("aria-label", "Pause")


async def test_lists_of_the_past_follow_corrections_and_retractions(
    newsroom: Newsroom, opened: Opened
) -> None:
    """An expired item stays there; on the board of a time a corrected one reads as it did then."""
    ids = [newsroom.publish(f"Weir {what}") for what in ("opens", "bursts", "is dry", "floods")]
    corrected, retracted, expired, last = ids
    shown = corrected["headline"], "Weir is open"
    last = newsroom.change(last, headline="Weir is full", correction="It is only full.")
    paths = ("/en/archive", "/en/search?q=weir", f"/en/at/{last['updated_at']}", "/en/corrections")
    pages = [await opened(newsroom, path, live=False) for path in paths]
    archive, search, board, corrections = pages
    await expect(board.locator(".live")).to_have_count(0)
    await archive.evaluate("Math.random = () => 0")
    await corrections.evaluate("Math.random = () => 0")
    newsroom.change(corrected, headline=shown[1], correction="It does not open.")
    newsroom.expire(expired)
    newsroom.retract(retracted)
    for page, headline in ((archive, shown[1]), (search, shown[1]), (board, shown[0])):
        row = page.locator(f'.results > [data-id="{corrected["id"]}"]')
        await expect(row.locator(".headline")).to_have_text(headline)
        await expect(page.locator(f'[data-id="{retracted["id"]}"]')).to_have_count(0)
        await expect(page.locator(f'[data-id="{expired["id"]}"]')).to_have_count(1)
    for page in (archive, search):
        row = page.locator(f'.results > [data-id="{corrected["id"]}"]')
        await expect(row.locator(".correction")).to_contain_text("It does not open.")
        await expect(row.locator(".mark")).to_have_text("Corrected")
    log = corrections.locator(".correction-list")
    await expect(log).to_contain_text("It does not open.")
    await expect(log.locator(".mark-withdrawn").first).to_be_visible()


async def test_the_status_is_told_once(newsroom: Newsroom, opened: Opened) -> None:
    sockets: list[WebSocketRoute] = []

    def through(socket: WebSocketRoute) -> None:
        socket.connect_to_server()
        sockets.append(socket)

    page = await opened(newsroom, "/healthz", live=False)
    await page.route_web_socket("**/v1/ws?*", through)
    await page.goto(f"{newsroom.url}/en")
    await follows(page)  # a socket that is opened later would not be closed below
    await page.context.set_offline(True)
    for socket in sockets:
        await socket.close()
    await expect(page.locator("#status")).to_have_attribute("data-state", "offline")
    await expect(page.locator(".live-text")).to_contain_text("Offline since")
    await page.context.set_offline(False)
    await expect(page.locator("#status")).to_have_attribute("data-state", "live")


async def test_on_a_phone_the_first_screen_has_a_headline_once(
    newsroom: Newsroom, opened: Opened
) -> None:
    flash = newsroom.publish("Tunnel floods", level="flash")
    page = await opened(newsroom, "/en", viewport={"width": 390, "height": 844})
    await expect(page.locator(".lead")).to_have_attribute("data-id", flash["id"])
    on_screen = await page.evaluate(
        """(text) => [...document.querySelectorAll("main a, news-ticker")].filter((node) =>
          (node.shadowRoot?.querySelector(".toast, .bar") ?? node).textContent.includes(text)
          && (node.shadowRoot?.querySelector(".toast, .bar") ?? node).checkVisibility()
          && node.getBoundingClientRect().top < innerHeight)
          .map((node) => node.outerHTML)""",
        flash["headline"],
    )
    assert len(on_screen) == 1, on_screen


async def test_a_picture_that_fails_leaves_its_description(
    newsroom: Newsroom, opened: Opened
) -> None:
    newsroom.publish(
        "Gate opens",
        level="flash",
        media=[{"href": "https://img.example/none.jpg", "alt": "The gate", "credit": "N. Diaz"}],
    )
    page = await opened(newsroom, "/en")
    await expect(page.locator(".lead .picture.failed p")).to_have_text("The gate")
    await expect(page.locator(".lead .picture figcaption")).to_be_hidden()
    await expect(page.locator(".card .picture.failed").first).to_be_hidden()


async def test_what_is_new_since_the_last_visit(newsroom: Newsroom, opened: Opened) -> None:
    known, wrong = newsroom.publish("Quay opens"), newsroom.publish("Quay closes")
    page = await opened(newsroom, "/en")
    await page.goto(f"{newsroom.url}/healthz")  # leaving saves the visit
    await page.evaluate(
        """() => {
          const visit = JSON.parse(localStorage["ticker-visit:en"]);
          localStorage["ticker-visit:en"] = JSON.stringify({ ...visit, at: 0 });
        }"""
    )
    newsroom.publish("Quay has a crane")
    newsroom.retract(newsroom.publish("Quay has no crane"))  # the reader has never seen it
    newsroom.change(known, headline="Quay opens late", correction="Not today.")
    newsroom.retract(wrong)
    await page.goto(f"{newsroom.url}/en")
    await expect(page.locator("#since")).to_have_text(
        "Since your last visit: 1 new, 1 corrected, 1 withdrawn"
    )


async def test_a_page_in_the_background_counts_in_its_title(
    newsroom: Newsroom, opened: Opened
) -> None:
    page = await opened(newsroom, "/en")
    title = await page.title()
    hide = """(hidden) => {
      Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
      document.dispatchEvent(new Event("visibilitychange"));
    }"""
    await page.evaluate(hide, True)
    icon = page.locator("link[rel=icon]")
    newsroom.publish("Crane stands")
    await expect(page).to_have_title(f"(1) {title}")
    await expect(icon).to_have_attribute("href", "/favicon.svg")
    wrong = newsroom.publish("Crane falls", level="urgent")
    await expect(page).to_have_title(f"(2) {title}")
    await expect(icon).to_have_attribute("href", re.compile("^data:image/svg.xml,"))
    newsroom.retract(wrong)
    await expect(page).to_have_title(f"(1) {title}")
    await expect(icon).to_have_attribute("href", re.compile("/favicon.svg$"))
    await page.evaluate(hide, False)
    await expect(page).to_have_title(title)

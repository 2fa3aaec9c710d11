"""Reading offline: saved pages, how old they are, and retractions, in Chromium."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, expect

import ticker
from tests.browser.newsroom import Newsroom
from tests.browser.watching import WAIT_MS
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

SAVED = """async (key) => {
  const cache = await caches.open("ticker-pages-1");
  return (await (await cache.match(key))?.text()) ?? "";
}"""

MODULE = re.sub(
    r"^export ",
    "",
    (Path(ticker.__file__).parent / "web/offline/saved-pages.js").read_text(),
    flags=re.MULTILINE,
)


@pytest_asyncio.fixture(loop_scope="session")
async def context(browser: Browser) -> AsyncIterator[BrowserContext]:
    context = await browser.new_context(locale="en-GB")
    context.set_default_timeout(WAIT_MS)
    yield context
    await context.close()


async def saved(page: Page, key: str, text: str = "</html>") -> None:
    """Wait until the page is saved with the text."""

    async def is_saved() -> bool:
        return text in await page.evaluate(SAVED, key)

    await wait_until(is_saved)


async def deleted(page: Page, key: str) -> None:
    """Wait until the page is not saved any more."""

    async def is_deleted() -> bool:
        return not await page.evaluate(SAVED, key)

    await wait_until(is_deleted)


async def test_read_pages_are_shown_offline_until_they_are_retracted(
    newsroom: Newsroom, context: BrowserContext
) -> None:
    kept = newsroom.publish("Ferry to Sunder is late", sections=["sports"], story="offline-ferry")
    wrong = newsroom.publish("Mayor of Sunder resigns", sections=["sports"])
    missed = newsroom.publish("Alcalde de Sunder dimite", "es")
    page = await context.new_page()
    await page.goto(f"{newsroom.url}/en/section/sports")
    await saved(page, "/en/section/sports", "Mayor of Sunder resigns")  # without a worker yet
    await page.evaluate("navigator.serviceWorker.ready")
    assert not await page.evaluate(SAVED, "/en"), "one page costs one page"
    for item in (kept, wrong, missed):
        await page.goto(f"{newsroom.url}/item/{item['id']}")
        await saved(page, f"/item/{item['id']}")
    await page.goto(f"{newsroom.url}/item/{kept['id']}")
    await saved(page, "/en/following")

    await context.set_offline(True)
    await page.reload()
    await expect(page.locator("h1")).to_have_text("Ferry to Sunder is late")
    await expect(page.locator("#saved")).to_contain_text("You are offline. Last updated: now")
    await expect(page.locator("#status")).to_have_attribute("data-state", "offline")
    assert await page.evaluate("document.body.innerText.match(/offline/gi)") == ["offline"]
    await expect(page.locator("#pause")).to_be_visible()  # the bar still moves
    await expect(page.locator(".breaking .status")).to_be_hidden()
    await expect(page.locator(".breaking .label").last).to_be_visible()
    fonts = "document.fonts.ready.then(() => document.styleSheets.length)"
    assert await page.evaluate(fonts) == 1
    # A page that is not saved: what is saved instead.
    await page.goto(f"{newsroom.url}/en/region/asia")
    await page.goto(f"{newsroom.url}/en/region/asia")
    await expect(page.locator("#saved")).to_contain_text("this page is not saved")
    await expect(page.locator("#saved-pages")).to_contain_text("Mayor of Sunder resigns")

    newsroom.retract(wrong)
    newsroom.retract(missed)  # an edition that no open page follows
    newsroom.change(kept, headline="Ferry to Sunder is on time", correction="It was on time.")
    await context.set_offline(False)
    # The page that was asked for comes as soon as the network is back.
    await expect(page.locator("h1")).to_have_text("Asia")
    await expect(page.locator("#status .live")).to_be_visible()
    for item in (wrong, missed):
        await deleted(page, f"/item/{item['id']}")
    await saved(page, f"/item/{kept['id']}", "Ferry to Sunder is on time")
    section = "/en/section/sports"
    await wait_until(
        lambda: page.evaluate(SAVED, section), lambda found: "Mayor of Sunder" not in found
    )
    await saved(page, "/en/following")

    await context.set_offline(True)
    await page.goto(f"{newsroom.url}/item/{wrong['id']}")
    # An item's address names no edition: the list is that of the edition saved last.
    not_saved = re.compile("this page is not saved|esta página no está guardada")
    await expect(page.locator("#saved")).to_contain_text(not_saved)
    await expect(page.locator("#saved-pages")).to_contain_text("Ferry to Sunder is on time")
    assert "Mayor of Sunder" not in await page.content()


async def test_a_page_that_was_made_before_a_retraction_is_not_saved_after_it(
    newsroom: Newsroom, context: BrowserContext
) -> None:
    """The server may make a page and the reader hear of the retraction before it is saved."""
    item = newsroom.publish("Harbour of Sunder sold", sections=["health"])
    page = await context.new_page()
    await page.goto(f"{newsroom.url}/es")
    await saved(page, "/es")
    await page.goto(f"{newsroom.url}/item/{item['id']}")
    await saved(page, f"/item/{item['id']}")
    await page.evaluate("navigator.serviceWorker.ready")
    # Another tab heard of it between this page's answer and its place in the cache.
    await page.evaluate(
        """async (id) => {
          const cache = await caches.open("ticker-pages-1");
          await cache.put("/ticker-pages/gone", new Response(JSON.stringify([id])));
        }""",
        item["id"],
    )
    await context.set_offline(True)
    await page.reload()
    said = re.compile("this page is not saved|esta página no está guardada")
    await expect(page.locator("#saved")).to_have_text(said)
    assert "Harbour of Sunder" not in await page.content()


async def test_a_new_version_of_the_page_wins_over_the_saved_one(
    newsroom: Newsroom, context: BrowserContext
) -> None:
    page = await context.new_page()
    await page.goto(f"{newsroom.url}/es/section/economy")
    await saved(page, "/es/section/economy")
    await page.evaluate("navigator.serviceWorker.ready")
    newsroom.publish("Sube el peaje del puente", "es", sections=["economy"])
    await page.goto(f"{newsroom.url}/es/section/economy")
    await expect(page.locator("#rows")).to_contain_text("Sube el peaje del puente")
    await expect(page.locator("#saved")).to_be_hidden()


async def test_a_page_that_is_being_saved_at_a_reset_is_asked_for_again(
    newsroom: Newsroom, context: BrowserContext
) -> None:
    """Nobody knows what was retracted before: the page may be from before it."""
    wrong, kept = (newsroom.publish(f"Pier of Sunder {n}", "es") for n in ("falls", "stands"))
    page = await context.new_page()
    await page.goto(f"{newsroom.url}/item/{kept['id']}")
    await saved(page, f"/item/{kept['id']}")
    await page.goto(f"{newsroom.url}/robots.txt")
    await page.evaluate(f"() => {{ {MODULE}; Object.assign(window, {{ savePage, catchUp }}); }}")
    await page.evaluate(
        """async (id) => {
          window.asked = Date.now();
          window.before = await fetch(`/item/${id}`);
          const cache = await caches.open("ticker-pages-1");
          await cache.put("/ticker-pages/cursor", new Response('"of another history"'));
        }""",
        wrong["id"],
    )
    newsroom.retract(wrong)
    await page.evaluate(
        """async (id) => {
          const again = catchUp("");
          const cache = await caches.open("ticker-pages-1");
          const isReset = () => cache.match("/ticker-pages/reset");
          while (!(await isReset())) await new Promise(requestAnimationFrame);
          await savePage(`/item/${id}`, before, asked);
          await again;
        }""",
        wrong["id"],
    )
    assert not await page.evaluate(SAVED, f"/item/{wrong['id']}")
    assert "Pier of Sunder stands" in await page.evaluate(SAVED, f"/item/{kept['id']}")


async def test_pages_of_other_editions_are_followed_too(
    newsroom: Newsroom, context: BrowserContext
) -> None:
    """An open page is told of its own edition alone."""
    seen, unseen = (newsroom.publish(f"Faro de Sunder {n}", "es") for n in ("uno", "dos"))
    page = await context.new_page()
    await page.add_init_script(
        """const real = setInterval;
        window.setInterval = (act, ms, ...more) => {
          if (ms === 900_000) window.look = act;
          return real(act, ms, ...more);
        };"""
    )
    for item in (seen, unseen):
        await page.goto(f"{newsroom.url}/item/{item['id']}")
        await saved(page, f"/item/{item['id']}")
    # A page that was closed before it was live: nothing says from when on changes were missed.
    await page.goto(f"{newsroom.url}/robots.txt")
    forget = 'caches.open("ticker-pages-1").then((one) => one.delete("/ticker-pages/cursor"))'
    assert await page.evaluate(forget)
    newsroom.retract(seen)
    await page.goto(f"{newsroom.url}/en")
    await deleted(page, f"/item/{seen['id']}")
    await saved(page, f"/item/{unseen['id']}")
    newsroom.retract(unseen)
    await page.evaluate("look()")
    await deleted(page, f"/item/{unseen['id']}")

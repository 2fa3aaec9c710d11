"""The page of a story in Chromium: new updates wait, and nothing moves under the reader."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from tests.browser.newsroom import Newsroom

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

STORY = "page-of-a-story"
WITHOUT_TIMES = """(row) => {
  for (const time of row.querySelectorAll("time")) time.textContent = "";
  return row.innerText;
}"""
"""A time may have got a minute older."""
SUMMARY = "Teams went from house to house through the night, and the river is still rising. " * 4


@pytest.fixture(scope="module")
def updates(newsroom: Newsroom) -> list[dict[str, Any]]:
    return [
        newsroom.publish(f"Update {number} of the flood", story=STORY, summary=SUMMARY)
        for number in range(8)
    ]


@pytest_asyncio.fixture(loop_scope="session")
async def page(
    browser: Browser, newsroom: Newsroom, updates: list[dict[str, Any]]
) -> AsyncIterator[Page]:
    """The page, once its bar follows the news. A script error fails the test."""
    context = await browser.new_context(
        viewport={"width": 390, "height": 800}, reduced_motion="reduce"
    )
    page = await context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    await page.goto(f"{newsroom.url}/story/{STORY}?edition=en")
    await expect(page.locator("#status[data-state=live]")).to_be_visible()
    yield page
    await context.close()
    assert errors == []


async def test_new_updates_wait_until_the_reader_asks_for_them(
    page: Page, newsroom: Newsroom, updates: list[dict[str, Any]]
) -> None:
    read = page.locator(f"#u-{updates[2]['id']}")
    await page.evaluate("document.fonts.ready")
    await read.scroll_into_view_if_needed()
    before = await read.bounding_box()
    assert before is not None
    button = page.locator(".new-updates")
    newsroom.publish("Elsewhere it is dry")
    first = newsroom.publish("First news of the flood", story=STORY, level="bulletin")
    await expect(button).to_have_text("1 new update")
    second = newsroom.publish("Second news of the flood", story=STORY, speaker="Ana Roa")
    await expect(button).to_have_text("2 new updates")
    after = await read.bounding_box()
    assert after is not None
    # Less than a pixel: a time above may get another width.
    assert abs(after["y"] - before["y"]) < 1
    await expect(page.locator("#updates-bar [role=status]")).to_have_text("2 new updates")
    await button.focus()
    await page.keyboard.press("Enter")
    rows = page.locator(".update")
    await expect(rows.nth(0)).to_contain_text("Ana Roa: Second news of the flood")
    await expect(rows.nth(1)).to_contain_text("First news of the flood")
    await expect(rows.nth(0)).to_be_focused()
    await expect(rows.nth(0)).to_be_in_viewport()
    await expect(button).to_be_hidden()
    # The rows are like those of the server.
    made = await page.locator(f"#u-{first['id']}").evaluate(WITHOUT_TIMES)
    await page.reload()
    served = await page.locator(f"#u-{first['id']}").evaluate(WITHOUT_TIMES)
    assert served.split() == made.split()
    await expect(page.locator(f"#u-{second['id']}")).to_be_visible()


async def test_corrections_and_retractions_are_shown_at_once(
    page: Page, newsroom: Newsroom, updates: list[dict[str, Any]]
) -> None:
    corrected, retracted = updates[6], updates[5]
    newsroom.change(corrected, headline="Update six, put right", correction="It was wrong.")
    row = page.locator(f"#u-{corrected['id']}")
    await expect(row.locator("h4")).to_have_text("Update six, put right")
    await expect(row.locator(".correction")).to_contain_text("It was wrong.")
    newsroom.retract(retracted)
    await expect(page.locator(f"#u-{retracted['id']}")).to_have_count(0)
    waits = newsroom.publish("Waits in vain", story=STORY)
    await expect(page.locator(".new-updates")).to_be_visible()
    newsroom.retract(waits)
    await expect(page.locator(".new-updates")).to_be_hidden()
    assert "Waits in vain" not in await page.content()


async def test_a_link_leads_back_to_the_newest(page: Page) -> None:
    link = page.locator(".to-newest")
    await expect(link).to_be_hidden()
    await page.evaluate("scrollTo(0, 4_000)")  # a busy browser may drop a turn of the wheel
    await expect(link).to_be_visible()
    await link.click()
    await expect(page.locator("#latest-title")).to_be_in_viewport()

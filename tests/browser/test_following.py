"""Following sections and stories in Chromium: kept on the device, and live."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, expect

from tests.browser.newsroom import Newsroom
from tests.browser.watching import WAIT_MS

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


@pytest_asyncio.fixture(loop_scope="session")
async def context(browser: Browser) -> AsyncIterator[BrowserContext]:
    context = await browser.new_context(locale="en-GB", service_workers="block")
    context.set_default_timeout(WAIT_MS)
    yield context
    await context.close()


async def test_follow_a_section_and_a_story(newsroom: Newsroom, context: BrowserContext) -> None:
    story = newsroom.publish("Dam of Kell inspected", story="following-dam", regions=["africa"])
    newsroom.publish("Court of Kell adjourns", sections=["politics"])
    page = await context.new_page()
    await page.goto(f"{newsroom.url}/en/following")
    await expect(page.get_by_text("You do not follow anything yet")).to_be_visible()
    await expect(page.locator("#latest")).to_be_hidden()

    other = await context.new_page()
    await other.goto(f"{newsroom.url}/en/section/arts-culture")
    button = other.get_by_role("button", name="Follow Arts & Culture")
    await button.click()
    await expect(other.get_by_role("button", name="Following Arts")).to_be_visible()
    # The other tab knows.
    chips = page.locator("#following")
    await expect(chips.get_by_role("link", name="Arts & Culture")).to_be_visible()
    await other.goto(f"{newsroom.url}/item/{story['id']}")
    await other.get_by_role("button", name="Follow Story").click()

    rows = page.locator("#rows")
    await expect(rows).to_contain_text("Dam of Kell inspected")
    await expect(rows).not_to_contain_text("Court of Kell adjourns")
    new = newsroom.publish("Theatre of Kell opens", sections=["arts-culture"])
    newsroom.publish("Court of Kell sits again", sections=["politics"])
    await expect(rows.locator("li").first).to_contain_text("Theatre of Kell opens")
    await expect(rows).not_to_contain_text("Court of Kell")
    newsroom.retract(new)
    await expect(rows).not_to_contain_text("Theatre of Kell opens")

    await page.reload()
    await expect(rows).to_contain_text("Dam of Kell inspected")
    await page.get_by_role("button", name="Stop following: Following dam").click()
    await expect(rows).not_to_contain_text("Dam of Kell inspected")
    await page.get_by_role("button", name="Stop following: Arts & Culture").click()
    await expect(page.get_by_text("You do not follow anything yet")).to_be_visible()


async def test_what_is_kept_on_the_device_is_checked(
    newsroom: Newsroom, context: BrowserContext
) -> None:
    page = await context.new_page()
    await page.goto(f"{newsroom.url}/ar/following")
    for kept in ("{", "7", '[null, {"kind": "section", "slug": "<b>x</b>"}, {"kind": "x"}]'):
        await page.evaluate("(kept) => { localStorage['ticker-following'] = kept; }", kept)
        await page.reload()
        await expect(page.get_by_text("لا تتابع شيئا بعد")).to_be_visible()


async def test_another_device_continues_from_a_link(
    newsroom: Newsroom, context: BrowserContext, browser: Browser
) -> None:
    page = await context.new_page()
    await page.goto(f"{newsroom.url}/en/section/economy")
    await page.get_by_role("button", name="Follow").click()
    await page.goto(f"{newsroom.url}/en/following")
    await page.get_by_role("button", name="Show the code").click()
    await expect(page.locator("#other-device-code svg path")).to_have_attribute(
        "d", re.compile("^M0 0h1")
    )
    link = await page.locator("#other-device-code a").get_attribute("href")
    newsroom.publish("Mint of Kell strikes a coin", sections=["economy"])

    phone = await browser.new_context(locale="en-GB", service_workers="block")
    other = await phone.new_page()
    await other.goto(link or "")
    await expect(other.locator("#taken-over")).to_be_visible()
    await expect(other.locator("#following")).to_contain_text("Economy")
    assert "#" not in other.url
    await other.goto(f"{newsroom.url}/en")
    await expect(other.locator("#since")).to_contain_text("Since your last visit: 1 new")
    # A link from anywhere adds nothing else, and displaces nothing.
    many = ",".join(f"s{n}" for n in range(60))
    await other.goto(f"{newsroom.url}/en/following#continue=x<b>&section={many}&region=<i>")
    await other.reload()
    await expect(other.locator("#following")).to_contain_text("Economy")
    assert await other.evaluate("JSON.parse(localStorage['ticker-following']).length") == 50
    await phone.close()

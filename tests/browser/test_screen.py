"""The page of a display, in Chromium: it loads itself again without anybody at it."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser, Page, Request, Route, expect

from tests.browser.intercept import intercept
from tests.browser.newsroom import Newsroom
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

CHECK_MS = 5 * 60_000
"""As in ticker/web/site/screen.js."""
SAY_WHEN_IT_BEGINS = f"""
  const begin = setInterval;
  window.setInterval = (act, ms) => {{
    window.checking ||= ms === {CHECK_MS};
    return begin(act, ms);
  }};
"""


class Display:
    """A page whose newsroom serves the widget with the etag that the test sets; none: offline."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.etag: str | None = '"first"'
        self.loads = 0
        self.checks = 0

    async def open(self, url: str) -> None:
        await self.page.clock.install()
        await self.page.add_init_script(SAY_WHEN_IT_BEGINS)
        await intercept(self.page, "**/widget.js", self._answer)
        self.page.on("request", self._count)
        await self.page.goto(url)
        # The timer starts with the answer to the first check.
        await self.page.wait_for_function("window.checking")

    def _count(self, request: Request) -> None:
        self.loads += request.is_navigation_request()

    async def _answer(self, route: Route) -> None:
        if route.request.method != "HEAD":
            await route.continue_()
            return
        if self.etag is None:
            await route.abort()
        else:
            await route.fulfill(status=200, headers={"etag": self.etag})
        self.checks += 1

    async def next_check(self) -> None:
        """Return when the page has the answer to its next check."""
        before = self.checks
        await self.page.clock.run_for(CHECK_MS)  # once: two that find a new version load it twice
        await wait_until(lambda: self.checks > before)


async def test_a_display_loads_a_new_version(newsroom: Newsroom, browser: Browser) -> None:
    """Only a new one: neither the same version nor a newsroom that is away reloads the page."""
    context = await browser.new_context()
    try:
        display = Display(await context.new_page())
        await display.open(f"{newsroom.url}/en/screen")
        await expect(display.page.locator("news-ticker .screen")).to_be_visible()
        for etag in ('"first"', None, '"first"'):
            display.etag = etag
            await display.next_check()
        assert display.loads == 1
        display.etag = '"second"'
        async with display.page.expect_navigation():
            await display.next_check()
        await expect(display.page.locator("news-ticker .screen")).to_be_visible()
        assert display.loads == 2
    finally:
        await context.close()

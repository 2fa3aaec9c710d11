"""A real Chromium and a real newsroom, both started once for all browser tests.

Where it is installed, Chromium is Debian's `chromium-headless-shell`: the same engine in the same
version, without the windows and menus around it. A page takes a fifth of a processor's time there.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import (
    Browser,
    BrowserContext,
    Page,
    ViewportSize,
    async_playwright,
    expect,
)

from tests.browser.intercept import intercept
from tests.browser.newsroom import Newsroom
from tests.browser.sites import embedding
from tests.browser.watching import WAIT_MS

WEB = Path(__file__).parents[2] / "ticker" / "web"
WITH_WINDOWS = ("chromium", "google-chrome")
"""Chromium as readers have it: with notifications and push messages."""

_AWAY = re.compile("ERR_|^WebSocket connection to .* failed")
"""The browser's own messages about network errors."""

OpenSite = Callable[..., Awaitable[Page]]

expect.set_options(timeout=WAIT_MS)  # its own bound is five seconds


@pytest_asyncio.fixture(loop_scope="session", scope="package")
async def browser() -> AsyncIterator[Browser]:
    async with chromium("chromium-headless-shell", *WITH_WINDOWS) as browser:
        yield browser


@asynccontextmanager
async def chromium(*programs: str) -> AsyncIterator[Browser]:
    """Run the first of ``programs`` that is installed."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=next(filter(None, map(shutil.which, programs)), None),
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield browser
        await browser.close()


@pytest.fixture(scope="package")
def newsroom(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Newsroom]:
    """A newsroom shared by the tests of this folder, with the items of all of them."""
    yield from _running(tmp_path_factory.mktemp("shared") / "data")


@pytest.fixture
def own_newsroom(tmp_path: Path) -> Iterator[Newsroom]:
    """An empty newsroom for one test, which can kill it."""
    yield from _running(tmp_path / "data")


def _running(data: Path) -> Iterator[Newsroom]:
    newsroom = Newsroom(data)
    newsroom.start()
    try:
        yield newsroom
    finally:
        newsroom.stop()


def _watch(page: Page, wrong: list[str]) -> None:
    """Record script errors, warnings and policy violations, without network errors."""
    page.set_default_timeout(WAIT_MS)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on(
        "console",
        lambda message: (
            wrong.append(message.text)
            if message.type in ("error", "warning") and not _AWAY.search(message.text)
            else None
        ),
    )


@pytest_asyncio.fixture(loop_scope="session")
async def open_site(browser: Browser) -> AsyncIterator[OpenSite]:
    """Open a page of another site that embeds the widget under the strictest policy.

    ``tags`` is its body; the module is loaded unless ``script`` is false. A script error, a
    warning or a violation of the policy fails the test. ``hosts`` may be connected to as well.
    """
    wrong: list[str] = []
    async with AsyncExitStack() as stack:

        async def open_site(
            newsroom: Newsroom,
            tags: str,
            *,
            lang: str = "en",
            dir: str = "ltr",
            width: int = 1280,
            clock: bool = False,
            script: bool = True,
            hosts: tuple[str, ...] = (),
            context: BrowserContext | None = None,
            **options: Any,
        ) -> Page:
            address = await stack.enter_async_context(
                embedding(newsroom.url, tags, lang=lang, dir=dir, script=script, hosts=hosts)
            )
            if context is None:
                size = ViewportSize(width=width, height=900)
                context = await browser.new_context(viewport=size, locale="en-GB", **options)
                stack.push_async_callback(context.close)
            page = await context.new_page()
            _watch(page, wrong)
            if clock:
                await page.clock.install()
            await page.goto(address)
            return page

        yield open_site
    assert wrong == []


@pytest_asyncio.fixture(loop_scope="session")
async def modules(browser: Browser) -> AsyncIterator[Page]:
    """An empty page that can ``import("/client.js")`` without a server."""
    context = await browser.new_context()
    page = await context.new_page()
    await intercept(
        page,
        "http://modules.test/*.js",
        lambda route: route.fulfill(path=WEB / "dist" / route.request.url.rpartition("/")[2]),
    )
    await intercept(
        page, "http://modules.test/", lambda r: r.fulfill(body="", content_type="text/html")
    )
    await page.clock.install(time=1_000)
    await page.goto("http://modules.test/")
    yield page
    await context.close()

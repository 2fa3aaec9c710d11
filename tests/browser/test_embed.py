"""The HTML examples of the documentation work on another site."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest
from playwright.async_api import Browser

from tests.browser.newsroom import Newsroom
from tests.browser.sites import site

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

ROOT = Path(__file__).parents[2]
PHASES = {"connecting", "live"}


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("README.md", "http://127.0.0.1:8000"),
        ("docs/guide/client-js.md", "https://news.example"),
    ],
)
async def test_another_site_imports_the_client(
    newsroom: Newsroom, browser: Browser, name: str, url: str
) -> None:
    found = re.search(r"```html\n(.*?)```", (ROOT / name).read_text(), re.DOTALL)
    assert found is not None
    # The example logs objects; the test needs text.
    example = found[1].replace(url, newsroom.url)
    example = example.replace("ticker.state.items)", "JSON.stringify(ticker.state.items))")
    context = await browser.new_context()
    page = await context.new_page()
    logged: asyncio.Queue[str] = asyncio.Queue()
    page.on("console", lambda message: logged.put_nowait(message.text))
    page.on("pageerror", lambda error: logged.put_nowait(f"ERROR {error}"))
    await page.route("**/favicon.ico", lambda route: route.fulfill(status=204))
    try:
        async with asyncio.timeout(10), site(example) as address:
            await page.goto(address)
            while not (now := await logged.get()).startswith("["):
                assert now in PHASES  # until the snapshot
            item = newsroom.publish(f"An item for the page in {name}")
            while item["id"] not in (now := await logged.get()):
                assert now in PHASES or now.startswith("[")
    finally:
        await context.close()

"""A page with one ticker in one tab, in Chromium: what it loads, and what follows it."""

from __future__ import annotations

import httpx
import pytest
from playwright.async_api import Browser, expect

from tests.browser.conftest import OpenSite
from tests.browser.newsroom import Newsroom

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

LOADED_MAX = 10_240
"""Bytes of code compressed with gzip: the limit in docs/guide/embed.md."""
TAG = '<news-ticker edition="en" section="technology" layout="{}"></news-ticker>'
SCRIPTS = """performance.getEntriesByType("resource").map(({ name }) => name)
  .filter((name) => new URL(name).pathname.endsWith(".js"))"""


async def test_it_loads_one_file_of_ten_kilobytes(newsroom: Newsroom, open_site: OpenSite) -> None:
    page = await open_site(newsroom, TAG.format("bar"))
    newsroom.publish("Chip plant opens in Solis", sections=["technology"])
    await expect(page.locator("news-ticker .current")).to_contain_text("Chip plant opens")
    loaded = await page.evaluate(SCRIPTS)
    assert loaded == [f"{newsroom.url}/widget.js"]
    async with httpx.AsyncClient() as http:
        answers = [await http.get(address) for address in loaded]
    assert all(answer.headers["content-encoding"] == "gzip" for answer in answers)
    assert sum(int(answer.headers["content-length"]) for answer in answers) <= LOADED_MAX


async def test_a_second_tab_and_a_second_ticker_share_its_connection(
    newsroom: Newsroom, open_site: OpenSite, browser: Browser
) -> None:
    await newsroom.have_connections(0)
    context = await browser.new_context(locale="en-GB")
    first = await open_site(newsroom, TAG.format("list"), context=context)
    item = newsroom.publish("Solis one", sections=["technology"])
    await expect(first.locator("news-ticker .items")).to_contain_text("Solis one")
    # Another tab of the same site: it has the same origin, and so the lock and the channel.
    second = await context.new_page()
    await second.goto(first.url)
    await expect(second.locator("news-ticker .items")).to_contain_text("Solis one")
    await newsroom.have_connections(1)
    newsroom.publish("Solis two", sections=["technology"])
    newsroom.retract(item)
    for page in (first, second):
        await expect(page.locator("news-ticker .headline").first).to_contain_text("Solis two")
        await expect(page.locator("news-ticker .items")).not_to_contain_text("Solis one")
    # (The second had the first item from the storage, before it knew of the first tab.)
    for page in (first, second):
        assert f"{newsroom.url}/hub-1.js" in await page.evaluate(SCRIPTS)
    # Another subscription of the page, and the first element of it goes.
    await first.evaluate(
        """() => {
          const other = document.createElement("news-ticker");
          other.setAttribute("edition", "en");
          other.setAttribute("section", "health");
          document.querySelector("news-ticker").replaceWith(other);
        }"""
    )
    newsroom.publish("Clinic of Solis opens", sections=["health"])
    await expect(first.locator("news-ticker .items")).to_contain_text("Clinic of Solis opens")
    await newsroom.have_connections(1)
    await context.close()
    await newsroom.have_connections(0)


async def test_a_filter_that_the_server_refuses_stops_it(
    newsroom: Newsroom, open_site: OpenSite
) -> None:
    page = await open_site(newsroom, "", script=False)
    status = await page.evaluate(
        """async (url) => {
          const { Ticker } = await import(`${url}/widget.js`);
          const ticker = new Ticker({ url, edition: "xx" });
          ticker.start();
          while (ticker.status.phase !== "stopped") {
            await new Promise((resolve) => ticker.addEventListener("status", resolve));
          }
          return ticker.status.error;
        }""",
        newsroom.url,
    )
    assert "xx" in status

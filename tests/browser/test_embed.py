"""The snippets of the documentation and of the configurator work on another site."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from tests.browser.intercept import intercept
from tests.browser.newsroom import Newsroom
from tests.browser.sites import site
from tests.browser.watching import WAIT_MS

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
    await intercept(page, "**/favicon.ico", lambda route: route.fulfill(status=204))
    try:
        async with asyncio.timeout(30), site(example) as address:
            await page.goto(address)
            while not (now := await logged.get()).startswith("["):
                assert now in PHASES  # until the snapshot
            item = newsroom.publish(f"An item for the page in {name}")
            while item["id"] not in (now := await logged.get()):
                assert now in PHASES or now.startswith("[")
    finally:
        await context.close()


async def test_the_configurator_changes_preview_and_snippets(
    newsroom: Newsroom, browser: Browser
) -> None:
    """Every control changes both; the copied snippet works on an empty page of another site."""
    item = newsroom.publish("Un titular para el configurador", "es", sections=["economy"])
    context = await browser.new_context(locale="en-GB")
    try:
        page = await context.new_page()
        page.set_default_timeout(WAIT_MS)
        await page.goto(f"{newsroom.url}/embed?edition=en")
        await context.grant_permissions(["clipboard-read", "clipboard-write"], origin=newsroom.url)
        ticker = page.locator("#embed-stage news-ticker")
        script, frame = page.locator("#embed-script"), page.locator("#embed-frame")
        form = page.locator("#embed")
        names = await form.locator("[name]").evaluate_all("(all) => all.map((one) => one.name)")
        chosen = {
            "layout": "list",
            "theme": "dark",
            "edition": "es",
            "lang": "ar",
            "section": "economy",
            "count": "3",
        }
        assert set(names) == set(chosen)
        for name, value in chosen.items():
            control = form.locator(f"[name={name}]")
            if name == "count":
                await control.fill(value)
            else:
                await control.select_option(value)
            await expect(ticker).to_have_attribute(name, value)
            await expect(script).to_contain_text(f' {name}="{value}"')
            await expect(frame).to_contain_text(f"{name}={value}")
        await expect(ticker.locator(f'.list [data-id="{item["id"]}"]')).to_be_visible()
        await form.locator("[name=count]").fill("")  # typing a number begins so
        await expect(script).not_to_contain_text("count")

        stage = page.locator("#embed-stage")
        wide = await stage.evaluate("(node) => node.clientWidth")
        await page.locator("[data-width=phone]").click()
        assert await stage.evaluate("(node) => node.clientWidth") < min(wide, 400)

        for copied in ("embed-script", "embed-frame"):
            await page.locator(f"[data-copies={copied}]").click()
            await expect(page.locator(f"[data-copies={copied}] + [role=status]")).to_have_text(
                "Copied"
            )
            snippet: str = await page.evaluate("navigator.clipboard.readText()")
            async with site(f"<!doctype html><title>Empty</title>{snippet}") as address:
                other = await context.new_page()
                await other.goto(address)
                inside = other.frame_locator("iframe") if "iframe" in snippet else other
                line = inside.locator(f'news-ticker .list [data-id="{item["id"]}"]')
                await expect(line).to_be_visible()
                await other.close()
            await page.bring_to_front()
    finally:
        await context.close()

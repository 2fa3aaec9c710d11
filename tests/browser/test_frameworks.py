"""The components for React 18, React 19 and Vue 3: rendered by Node.js, live in Chromium."""

from __future__ import annotations

import asyncio
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, ConsoleMessage, expect

from tests.browser.newsroom import Newsroom
from tests.browser.sites import site
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

BUILD = Path(__file__).parent / "frameworks" / "build.mjs"
POLICY = (
    "default-src 'none'; script-src 'nonce-test'; connect-src {newsroom} {newsroom_ws}; "
    "style-src-attr 'unsafe-inline'; img-src data:"
)


def rendered(framework: str, order: str, folder: Path, options: dict[str, Any]) -> str:
    """Return the page that a server renders with ``framework``."""
    done = subprocess.run(
        ["node", BUILD, framework, order, folder, json.dumps(options)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@pytest.mark.parametrize(
    ("framework", "order"), [("react19", "first"), ("react18", "lazy"), ("vue", "first")]
)
async def test_rendered_on_a_server_and_live_in_the_browser(
    newsroom: Newsroom, browser: Browser, tmp_path: Path, framework: str, order: str
) -> None:
    """The items are in the page without a script; hydration finds nothing different."""
    first = newsroom.publish(f"{framework}: Bridge closed <for> a week", tags=[framework])
    for path in ("/v1/items", "/v1/embed"):  # of the gateway, and of the web process
        newsroom.get(f"{path}?edition=en&tag={framework}", first["id"])
    options = {"server": newsroom.url, "edition": ["en", "es"], "tag": framework, "layout": "list"}
    html = await asyncio.to_thread(rendered, framework, order, tmp_path, options)
    policy = POLICY.format(newsroom=newsroom.url, newsroom_ws=newsroom.url.replace("http", "ws"))
    async with site(html, {"Content-Security-Policy": policy}) as address:
        plain = await browser.new_context(java_script_enabled=False)
        context = await browser.new_context()
        try:
            page = await plain.new_page()
            await page.goto(address)
            link = page.get_by_role("link", name=f"{framework}: Bridge closed <for> a week")
            await expect(link).to_have_attribute("href", f"{newsroom.url}/item/{first['id']}")
            await plain.close()

            page = await context.new_page()
            said: list[Any] = []
            wrong: list[str] = []

            def hear(message: ConsoleMessage) -> None:
                if message.type in ("error", "warning"):
                    wrong.append(message.text)
                elif message.text.startswith("["):
                    said.append(json.loads(message.text))

            page.on("console", hear)
            page.on("pageerror", lambda error: wrong.append(str(error)))
            sockets: list[Any] = []
            page.on("websocket", lambda socket: sockets.append(socket))
            await page.goto(address)
            ticker = page.locator("news-ticker")
            lines = ticker.locator(".list .headline")
            await expect(lines).to_have_text([f"{framework}: Bridge closed <for> a week"])
            await wait_until(lambda: ["status", "live"] in said)
            for name, value in (
                ("edition", "en,es"),
                ("count", "5"),
                ("dismissible", ""),
                ("class", "wide"),
                ("data-key", "1"),
            ):
                await expect(ticker).to_have_attribute(name, value)

            newsroom.publish(f"{framework}: Ferries run", tags=[framework])
            newsroom.change(
                first, headline=f"{framework}: Bridge closed for a day", correction="Not a week"
            )
            newsroom.retract(newsroom.publish(f"{framework}: Tunnel closed", tags=[framework]))
            await wait_until(lambda: ["retraction", "canceled"] in said)
            await expect(lines).to_have_text(
                [f"{framework}: Ferries run", f"{framework}: Bridge closed for a day"]
            )
            assert [line for line in said if line[0] in ("item 5", "correction")] == [
                ["item 5", "publish"],
                ["item 5", "correct"],
                ["correction", f"{framework}: Bridge closed for a day"],
                ["item 5", "publish"],
                ["item 5", "retract"],
            ]

            # A changed option, the latest callback, a new key, the ref.
            await page.get_by_role("button", name="Fewer").click()
            await expect(ticker).to_have_attribute("count", "2")
            newsroom.publish(f"{framework}: Trams run", tags=[framework])
            await expect(lines).to_have_text(
                [f"{framework}: Trams run", f"{framework}: Ferries run"]
            )
            await wait_until(lambda: ["item 2", "publish"] in said)
            del said[:]
            await page.get_by_role("button", name="Another").click()
            await expect(ticker).to_have_attribute("data-key", "2")
            await expect(lines).to_have_text(
                [f"{framework}: Trams run", f"{framework}: Ferries run"]
            )
            await wait_until(lambda: ["status", "live"] in said)
            await page.get_by_role("button", name="Ref").click()
            await wait_until(lambda: ["ref", "live"] in said)

            assert not sockets[-1].is_closed()
            await page.get_by_role("button", name="Hide").click()
            await expect(ticker).to_have_count(0)
            await wait_until(lambda: all(socket.is_closed() for socket in sockets))
            assert wrong == []
        finally:
            await context.close()

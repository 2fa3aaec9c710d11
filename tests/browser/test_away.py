"""A reader who was away gets what it missed, once, and what was taken back it never gets."""

from __future__ import annotations

import json
import re

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import OpenSite
from tests.browser.newsroom import Newsroom
from tests.browser.test_widget import LIST, fresh, live, row
from tests.support.faulty_proxy import faulty_proxy

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def order(page: Page) -> list[str]:
    ids: list[str] = await page.locator(".list .item").evaluate_all(
        "(rows) => rows.map((row) => row.dataset.id)"
    )
    return ids


async def test_after_the_server_was_killed(own_newsroom: Newsroom, open_site: OpenSite) -> None:
    taken_back = own_newsroom.publish(fresh("Stadium to be sold to a foreign fund"))
    kept = own_newsroom.publish(fresh("Orchestra announces its winter tour"))
    page = await open_site(own_newsroom, LIST, script=False)
    frames: list[str] = []
    page.on("websocket", lambda ws: ws.on("framereceived", lambda f: frames.append(str(f))))
    module = f"{own_newsroom.url}/widget.js"
    await page.evaluate("(module) => import(module)", module)
    await live(page)
    await expect(page.locator(".item")).to_have_count(2)

    own_newsroom.kill()
    status = page.locator(".status")
    await expect(status).to_have_attribute("data-state", "connecting")
    await page.context.set_offline(True)  # so that the reader stays away for what comes now
    await expect(status).to_have_text(re.compile(r"Offline since \d\d:\d\d"))
    await expect(page.locator(".item")).to_have_count(2)  # what was known stays to be read
    own_newsroom.start()
    own_newsroom.retract(taken_back)
    missed = [own_newsroom.publish(fresh("Relay runner passes the torch")) for _ in range(3)]
    own_newsroom.change(kept, headline=fresh("It is a spring tour"), correction="In spring.")

    frames.clear()
    await page.context.set_offline(False)
    await live(page)
    await expect(page.locator(".item")).to_have_count(4)
    assert await order(page) == [item["id"] for item in reversed(missed)] + [kept["id"]]
    await expect(row(page, kept).locator(".corrected")).to_be_visible()
    heard = [json.loads(frame) for frame in frames]
    assert [frame["mode"] for frame in heard if frame["type"] == "welcome"] == ["replay"]
    acts = [(frame["action"], frame["item"]["id"]) for frame in heard if frame["type"] == "item"]
    assert acts == [
        ("retract", taken_back["id"]),
        *(("publish", item["id"]) for item in missed),
        ("correct", kept["id"]),
    ]
    assert taken_back["headline"] not in "".join(frames)


async def test_after_the_network_was_cut_for_a_minute(
    newsroom: Newsroom, open_site: OpenSite
) -> None:
    """Nobody says a word: the reader itself must find out. The minute is the browser's clock's."""
    before = newsroom.publish(fresh("Ferry leaves the old harbour"))
    async with faulty_proxy(newsroom.port) as line:
        tag = LIST.replace("<news-ticker", f'<news-ticker server="{line.url}"')
        page = await open_site(newsroom, tag, clock=True, hosts=(line.url,))
        await live(page)
        await expect(row(page, before)).to_have_count(1)
        line.cut()
        missed = [newsroom.publish(fresh("Ferry passes the lighthouse")) for _ in range(2)]
        newsroom.retract(before)
        await page.clock.run_for(60_000)
        await expect(page.locator(".status")).to_have_text(re.compile(r"Offline since \d\d:\d\d"))
        await expect(row(page, missed[0])).to_have_count(0)
        line.restore()
        for _ in range(8):  # the longest wait between two tries is half a minute
            await page.clock.run_for(5_000)
            await page.wait_for_timeout(100)
        await expect(row(page, missed[1])).to_have_count(1)
        await expect(row(page, before)).to_have_count(0)
        assert (await order(page))[:2] == [missed[1]["id"], missed[0]["id"]]
        await live(page)


async def test_a_mended_network_does_not_wait_for_the_next_try(
    newsroom: Newsroom, open_site: OpenSite
) -> None:
    async with faulty_proxy(newsroom.port) as line:
        tag = LIST.replace("<news-ticker", f'<news-ticker server="{line.url}"')
        page = await open_site(newsroom, tag, clock=True, hosts=(line.url,))
        await live(page)
        line.cut()
        await page.clock.run_for(120_000)
        item = newsroom.publish(fresh("Lights are on again"))
        line.restore()
        await page.evaluate("dispatchEvent(new Event('online'))")
        await expect(row(page, item)).to_have_count(1)

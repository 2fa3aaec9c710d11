"""After a lost connection, the widget gets missed events once, and no retracted text."""

from __future__ import annotations

import json
import re

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import OpenSite
from tests.browser.newsroom import Newsroom
from tests.browser.test_widget import LIST, live, row, unique
from tests.support.faulty_proxy import faulty_proxy
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def order(page: Page) -> list[str]:
    ids: list[str] = await page.locator(".list .item").evaluate_all(
        "(rows) => rows.map((row) => row.dataset.id)"
    )
    return ids


async def test_resumes_after_the_server_was_killed(
    own_newsroom: Newsroom, open_site: OpenSite
) -> None:
    taken_back = own_newsroom.publish(unique("Stadium to be sold to a foreign fund"))
    kept = own_newsroom.publish(unique("Orchestra announces its winter tour"))
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
    await page.context.set_offline(True)  # until the changes below are made
    await expect(status).to_have_text(re.compile(r"Offline since \d\d:\d\d"))
    await expect(page.locator(".item")).to_have_count(2)  # known items stay
    own_newsroom.start()
    own_newsroom.retract(taken_back)
    missed = [own_newsroom.publish(unique("Relay runner passes the torch")) for _ in range(3)]
    own_newsroom.change(kept, headline=unique("It is a spring tour"), correction="In spring.")

    frames.clear()
    await page.context.set_offline(False)
    await live(page)
    await expect(page.locator(".item")).to_have_count(4)
    assert await order(page) == [item["id"] for item in reversed(missed)] + [kept["id"]]
    await expect(row(page, kept).locator(".corrected")).to_be_visible()
    # The browser tells of a frame after the page has it.
    heard = await wait_until(
        lambda: [json.loads(frame) for frame in frames],
        lambda found: sum(frame["type"] == "item" for frame in found) >= 5,
    )
    assert [frame["mode"] for frame in heard if frame["type"] == "welcome"] == ["replay"]
    acts = [(frame["action"], frame["item"]["id"]) for frame in heard if frame["type"] == "item"]
    assert acts == [
        ("retract", taken_back["id"]),
        *(("publish", item["id"]) for item in missed),
        ("correct", kept["id"]),
    ]
    assert taken_back["headline"] not in "".join(frames)


async def test_resumes_after_a_minute_without_network(
    newsroom: Newsroom, open_site: OpenSite
) -> None:
    """No packet tells the client: it has to notice by itself. The minute is simulated."""
    before = newsroom.publish(unique("Ferry leaves the old harbour"))
    async with faulty_proxy(newsroom.port) as line:
        tag = LIST.replace("<news-ticker", f'<news-ticker server="{line.url}"')
        page = await open_site(newsroom, tag, clock=True, hosts=(line.url,))
        await live(page)
        await expect(row(page, before)).to_have_count(1)
        line.cut()
        missed = [newsroom.publish(unique("Ferry passes the lighthouse")) for _ in range(2)]
        newsroom.retract(before)
        await page.clock.run_for(60_000)
        await expect(page.locator(".status")).to_have_text(re.compile(r"Offline since \d\d:\d\d"))
        await expect(row(page, missed[0])).to_have_count(0)
        line.restore()
        for _ in range(8):  # the longest delay between two attempts is 30 s
            await page.clock.run_for(5_000)
            await page.wait_for_timeout(100)
        await expect(row(page, missed[1])).to_have_count(1)
        await expect(row(page, before)).to_have_count(0)
        assert (await order(page))[:2] == [missed[1]["id"], missed[0]["id"]]
        await live(page)


async def test_reconnects_at_once_when_the_network_returns(
    newsroom: Newsroom, open_site: OpenSite
) -> None:
    async with faulty_proxy(newsroom.port) as line:
        tag = LIST.replace("<news-ticker", f'<news-ticker server="{line.url}"')
        page = await open_site(newsroom, tag, clock=True, hosts=(line.url,))
        await live(page)
        line.cut()
        await page.clock.run_for(120_000)
        item = newsroom.publish(unique("Lights are on again"))
        line.restore()
        await page.evaluate("dispatchEvent(new Event('online'))")
        await expect(row(page, item)).to_have_count(1)

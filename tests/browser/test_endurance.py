"""A page that stays open for weeks does not grow."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from playwright.async_api import CDPSession, Page

from tests.browser.conftest import OpenSite
from tests.browser.newsroom import Newsroom
from tests.browser.test_widget import BAR, LIST, TOAST, live, row, unique
from tests.support.waiting import simulated_delay

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

UPDATES = 50_000
WARM = 10_000
"""After this number, every limit of the client and the widget is reached."""
BATCH = 500
HEAP_GROWTH_MAX = 1_000_000
"""Bytes. The 40,000 updates after the warm-up carry more than 20 MB."""


async def publish(newsroom: Newsroom, first: int, count: int) -> None:
    """Import ``count`` items; every hundredth is urgent."""
    key = (newsroom.data / "key").read_text().strip()
    drafts = (
        {
            "headline": f"Gauge {number} on the river Lumbar reports its level",
            "edition": "en",
            "level": "urgent" if number % 100 == 0 else "ticker",
            "sections": ["environment"],
            "key": f"gauge-{number}",
        }
        for number in range(first, first + count)
    )
    body = "\n".join(json.dumps(draft) for draft in drafts)
    headers = {"authorization": f"Bearer {key}", "content-type": "application/x-ndjson"}
    async with httpx.AsyncClient(timeout=60) as http:
        answer = await http.post(f"{newsroom.url}/v1/import", content=body, headers=headers)
    assert answer.is_success, answer.text


async def wait_for_all(newsroom: Newsroom, page: Page) -> None:
    """Wait until the page has received everything published so far."""
    last = newsroom.publish(unique("The river is back in its bed"))
    await row(page, last).first.wait_for(state="attached", timeout=60_000)


async def size(page: Page, cdp: CDPSession) -> dict[str, Any]:
    for _ in range(3):
        await cdp.send("HeapProfiler.collectGarbage")
    heap = await cdp.send("Runtime.getHeapUsage")
    counters = await cdp.send("Memory.getDOMCounters")
    items = await page.evaluate("document.querySelector('[layout=list]').ticker.state.items.length")
    return {
        "heap": heap["usedSize"],
        "elements": await page.evaluate(
            "[...document.querySelectorAll('news-ticker')]"
            ".reduce((n, e) => n + e.shadowRoot.querySelectorAll('*').length, 0)"
        ),
        "listeners": counters["jsEventListeners"],
        "items": items,
    }


async def test_fifty_thousand_updates_do_not_grow_the_page(
    own_newsroom: Newsroom, open_site: OpenSite
) -> None:
    page = await open_site(own_newsroom, BAR + LIST + TOAST)
    await live(page)
    cdp = await page.context.new_cdp_session(page)
    sizes = {}
    for first in range(0, UPDATES, BATCH):
        await publish(own_newsroom, first, BATCH)
        if first + BATCH in (WARM, UPDATES):
            await wait_for_all(own_newsroom, page)
            await simulated_delay(0.5)  # for a pending frame or timer
            sizes[first + BATCH] = await size(page, cdp)
    before, after = sizes[WARM], sizes[UPDATES]
    print(before, after)
    assert after["items"] == before["items"] <= 200
    assert after["listeners"] <= before["listeners"] + 10
    assert after["elements"] <= before["elements"] + 20  # the number of marks differs between items
    assert after["heap"] - before["heap"] < HEAP_GROWTH_MAX

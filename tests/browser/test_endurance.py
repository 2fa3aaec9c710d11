"""A page that stays open for weeks does not grow."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any

import orjson
import pytest
from playwright.async_api import CDPSession, Page
from websockets.asyncio.server import ServerConnection, serve
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

from tests.browser.conftest import OpenSite
from tests.browser.newsroom import Newsroom
from tests.browser.test_widget import BAR, LIST, TOAST, live, row
from tests.support.waiting import simulated_delay
from ticker.stream import frames

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

UPDATES = 30_000
WARM = 10_000
"""After this number, every limit of the client and the widget is reached."""
BATCH = 500
HEAP_GROWTH_MAX = 500_000
"""Bytes. The 20,000 updates after the warm-up carry more than 10 MB."""


class Source:
    """The gateway of a newsroom that publishes faster than one could write.

    What the newsroom itself does with 30,000 items costs five times as much as what the page does,
    and is tested elsewhere.
    """

    def __init__(self) -> None:
        self.url = ""
        self._began = datetime.now(UTC) - timedelta(seconds=2 * UPDATES)
        self._readers: set[ServerConnection] = set()

    async def play(self, reader: ServerConnection) -> None:
        """Serve one reader: an empty snapshot, then what is published."""
        await reader.send(frames.welcome("snapshot", "e-0-0", 300).decode())
        await reader.send(frames.items("snapshot", "e-0-0", ()).decode())
        self._readers.add(reader)
        await reader.wait_closed()

    async def publish(self, first: int, count: int) -> dict[str, Any]:
        """Publish ``count`` items and return the last; every hundredth is urgent."""
        assert self._readers
        item: dict[str, Any] = {}
        for number in range(first, first + count):
            moment = (self._began + timedelta(seconds=number)).isoformat(timespec="milliseconds")
            item = {
                "id": f"01KAH{number:021}",
                "version": 1,
                "status": "usable",
                "level": "urgent" if number % 100 == 0 else "ticker",
                "edition": "en",
                "language": "en",
                "dir": "ltr",
                "headline": f"Gauge {number} on the river Lumbar reports its level",
                "sections": ["environment"],
                "regions": [],
                "tags": [],
                "media": [],
                "verification": "confirmed",
                "published_at": moment,
                "updated_at": moment,
                "expires_at": None,
                "pinned": False,
            }
            event = {"type": "item", "cursor": f"e-{number + 1}-0", "action": "publish"}
            text = orjson.dumps(event | {"item": item}).decode()
            for reader in self._readers:
                await reader.send(text)
        return item


def texts(connection: ServerConnection, request: Request) -> Response | None:
    """Answer the widget's request for texts with none: it has the English ones."""
    if not request.path.startswith("/v1/words/"):
        return None
    answer = connection.respond(HTTPStatus.OK, "{}")
    answer.headers["Access-Control-Allow-Origin"] = "*"
    return answer


@asynccontextmanager
async def source() -> AsyncIterator[Source]:
    """Serve a Source on a free port."""
    found = Source()
    async with serve(
        found.play,
        "127.0.0.1",
        0,
        subprotocols=[Subprotocol("ticker.v1")],
        compression=None,
        close_timeout=1,
        process_request=texts,
    ) as server:
        found.url = f"http://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}"
        yield found


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


async def test_thirty_thousand_updates_do_not_grow_the_page(
    newsroom: Newsroom, open_site: OpenSite
) -> None:
    async with source() as server:
        tags = BAR + LIST + TOAST
        tags = tags.replace("<news-ticker", f'<news-ticker server="{server.url}"')
        page = await open_site(newsroom, tags, hosts=(server.url,))
        await live(page)
        cdp = await page.context.new_cdp_session(page)
        sizes = {}
        for first in range(0, UPDATES, BATCH):
            last = await server.publish(first, BATCH)
            # The page shows each batch, as it would if these were published one by one.
            await row(page, last).first.wait_for(state="attached", timeout=60_000)
            if first + BATCH in (WARM, UPDATES):
                await simulated_delay(0.5)  # for a pending frame or timer
                sizes[first + BATCH] = await size(page, cdp)
    before, after = sizes[WARM], sizes[UPDATES]
    print(before, after)
    assert after["items"] == before["items"] <= 200
    assert after["listeners"] <= before["listeners"] + 5
    assert after["elements"] <= before["elements"] + 20  # the number of marks differs between items
    assert after["heap"] - before["heap"] < HEAP_GROWTH_MAX

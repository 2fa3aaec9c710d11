"""The same tests for every transport, against a real newsroom."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from itertools import count
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page

from tests.browser.newsroom import Newsroom
from tests.browser.watching import WAIT_MS

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

TRANSPORTS = ["webSocket", "eventSource", "poll"]
OTHER_EPOCH = "1.1-0"
"""A cursor of an earlier epoch."""

# `cut` breaks the connection on the client's side. Polls are 50 ms apart, not four seconds.
# An EventSource does not expose the reason of a refusal; the poll after two refusals does.
SETUP = """async ({ transport, quick, ...options }) => {
  if (quick) Math.random = () => 0;
  const client = await import("/client.js");
  const later = window.setTimeout;
  window.setTimeout = (act, wait) => later(act, wait > 2_900 && wait < 5_100 ? 50 : wait);
  window.attempts = [];
  const counted = (base, query, receiver) => {
    attempts.push(String(query));
    const socket = client[transport](base, query, receiver);
    const { close } = socket; // the connection's own close makes it deaf
    window.cut = () => { close(); receiver.close(1006, ""); };
    return socket;
  };
  const transports = transport === "eventSource" ? [counted, client.poll] : [counted];
  window.ticker = new client.Ticker({ transports, share: false, ...options });
  window.heard = [];
  ticker.addEventListener("change", ({ detail: { message, reset } }) =>
    heard.push([message.action ?? message.type, message.item?.id ?? null, reset]));
  ticker.start();
}"""

Open = Callable[..., Awaitable[Page]]
numbers = count(1)


@pytest_asyncio.fixture(loop_scope="session", params=TRANSPORTS)
async def open_ticker(
    request: pytest.FixtureRequest, browser: Browser, newsroom: Newsroom
) -> AsyncIterator[Open]:
    """Open an empty page of the newsroom with one ``ticker`` over one transport."""
    context = await browser.new_context()

    async def open_ticker(**options: Any) -> Page:
        page = await context.new_page()
        page.set_default_timeout(WAIT_MS)
        await page.goto(f"{newsroom.url}/healthz")
        await page.evaluate(SETUP, {"transport": request.param, **options})
        return page

    yield open_ticker
    await context.close()


@pytest.fixture
def tag() -> str:
    """A tag of this test, to filter out the items of others."""
    return f"transports-{next(numbers)}"


async def until(page: Page, condition: str) -> None:
    await page.wait_for_function(condition)


async def live(page: Page) -> None:
    await until(page, "ticker.status.phase === 'live'")


async def test_a_snapshot_then_events(open_ticker: Open, newsroom: Newsroom, tag: str) -> None:
    older, newer = (newsroom.publish(f"Ferry line {n} reopens ({tag})", tags=[tag]) for n in "12")
    page = await open_ticker(tag=tag)
    await live(page)
    assert await page.evaluate("ticker.state.items.map(({ id }) => id)") == [
        newer["id"],
        older["id"],
    ]
    added = newsroom.publish(f"The night ferry sails as well ({tag})", tags=[tag])
    await until(page, "heard.length === 2")
    text = f"Ferry line 1 reopens on Monday ({tag})"
    newsroom.change(older, headline=text, correction="It reopens on Monday, not today.")
    await until(page, "heard.length === 3")
    newsroom.retract(newer)
    await until(page, "heard.length === 4")
    assert await page.evaluate("heard") == [
        ["snapshot", None, False],
        ["publish", added["id"], False],
        ["correct", older["id"], False],
        ["retract", newer["id"], False],
    ]
    held = await page.evaluate("ticker.state.items.map(({ headline }) => headline)")
    assert held == [added["headline"], text]
    assert await page.evaluate("attempts.length") == 1


async def test_events_during_a_lost_connection_arrive_once(
    open_ticker: Open, newsroom: Newsroom, tag: str
) -> None:
    first = newsroom.publish(f"Sluice gates open at noon ({tag})", tags=[tag])
    page = await open_ticker(tag=tag)
    await live(page)
    # It reconnects after 400 ms.
    assert await page.evaluate("Math.random = () => 0.4; cut(); ticker.status.phase") == "waiting"
    missed = [newsroom.publish(f"Gate {n} is open ({tag})", tags=[tag]) for n in range(3)]
    newsroom.retract(first)
    await until(page, "heard.length === 5")
    assert await page.evaluate("heard.slice(1)") == [
        *(["publish", item["id"], False] for item in missed),
        ["retract", first["id"], False],
    ]
    assert await page.evaluate("attempts.length") == 2
    assert await page.evaluate("ticker.status.phase") == "live"


async def test_a_bad_filter_stops_and_says_why(open_ticker: Open) -> None:
    page = await open_ticker(edition="xx", quick=True)
    await until(page, "ticker.status.phase === 'stopped'")
    error = await page.evaluate("ticker.status.error")
    assert "xx" in error
    assert "en" in error  # the known editions
    assert await page.evaluate("attempts.length") <= 2


async def test_an_unreadable_cursor_is_a_reset(
    open_ticker: Open, newsroom: Newsroom, tag: str
) -> None:
    item = newsroom.publish(f"Lighthouse lamp replaced ({tag})", tags=[tag])
    page = await open_ticker(tag=tag, state={"cursor": "not!one", "items": []}, quick=True)
    await live(page)
    assert await page.evaluate("ticker.state.items.map(({ id }) => id)") == [item["id"]]
    assert await page.evaluate("attempts.length") == 1
    assert await page.evaluate("heard") == [["snapshot", None, True]]


async def test_a_gap_that_cannot_be_replayed_is_a_reset(
    open_ticker: Open, newsroom: Newsroom, tag: str
) -> None:
    items = [newsroom.publish(f"Buoy {n} is back in place ({tag})", tags=[tag]) for n in range(3)]
    state = {"cursor": OTHER_EPOCH, "items": []}
    page = await open_ticker(tag=tag, state=state, backlog=2)
    await live(page)
    assert await page.evaluate("heard") == [["snapshot", None, True]]
    shown = await page.evaluate("ticker.state.items.map(({ id }) => id)")
    assert shown == [items[2]["id"], items[1]["id"]]

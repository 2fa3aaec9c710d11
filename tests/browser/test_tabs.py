"""Tabs share one connection, and none of them misses or repeats an event."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from itertools import count
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page

from tests.browser.newsroom import Newsroom
from tests.browser.watching import WAIT_MS
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

SETUP = """async (options) => {
  const { Ticker } = await import("/client.js");
  window.ticker = new Ticker(options);
  window.heard = [];
  ticker.addEventListener("change", ({ detail: { message, reset } }) =>
    heard.push([message.action ?? message.type, message.item?.id ?? null, reset]));
  ticker.start();
}"""

numbers = count(1)


class Tabs:
    """Pages of one browser context with equal tickers."""

    def __init__(self, context: BrowserContext, newsroom: Newsroom) -> None:
        self.context = context
        self.newsroom = newsroom
        self.tag = f"tabs-{next(numbers)}"
        self.pages: list[Page] = []
        self.sockets: list[Page] = []
        """The pages that opened a WebSocket, in order."""

    async def open(self, script: str = "() => {}", **options: Any) -> Page:
        """Open a page, run ``script`` in it, start its ticker, and wait until it is live."""
        page = await self.context.new_page()
        page.set_default_timeout(WAIT_MS)
        page.on("websocket", lambda _: self.sockets.append(page))
        await page.goto(f"{self.newsroom.url}/healthz")
        await page.evaluate(script)
        await page.evaluate(SETUP, {"tag": self.tag, **options})
        await page.wait_for_function("ticker.status.phase === 'live'")
        self.pages.append(page)
        return page

    def publish(self, words: str) -> dict[str, Any]:
        return self.newsroom.publish(f"{words} ({self.tag} {next(numbers)})", tags=[self.tag])

    async def heard(self, page: Page, item: dict[str, Any]) -> list[list[Any]]:
        """Wait until a page has ``item``; return all its change events."""
        await page.wait_for_function(
            "(id) => ticker.state.items.some((item) => item.id === id)", arg=item["id"]
        )
        told: list[list[Any]] = await page.evaluate("heard")
        return told


@pytest_asyncio.fixture(loop_scope="session")
async def tabs(browser: Browser, newsroom: Newsroom) -> AsyncIterator[Tabs]:
    context = await browser.new_context()
    yield Tabs(context, newsroom)
    await context.close()


def published(*items: dict[str, Any]) -> list[list[Any]]:
    return [["publish", item["id"], False] for item in items]


START = [["snapshot", None, False]]


async def test_ten_tabs_share_one_connection(tabs: Tabs, newsroom: Newsroom) -> None:
    await newsroom.have_connections(0)
    first = tabs.publish("A crane is moved to the new quay")
    for _ in range(10):
        await tabs.open()
    await newsroom.have_connections(1)
    assert tabs.sockets == [tabs.pages[0]]
    locks = await tabs.pages[3].evaluate("navigator.locks.query()")
    assert (len(locks["held"]), len(locks["pending"])) == (1, 9)
    # The version keeps tabs apart that were loaded before a deployment.
    assert locks["held"][0]["name"].startswith("ticker.2:")
    second = tabs.publish("The crane is in place")
    for page in tabs.pages:
        assert await tabs.heard(page, second) == START + published(second)
        shown = await page.evaluate("ticker.state.items.map(({ id }) => id)")
        assert shown == [second["id"], first["id"]]
    newsroom.retract(second)
    for page in tabs.pages:
        await page.wait_for_function("ticker.state.items.length === 1")
    await newsroom.have_connections(1)


async def test_two_tickers_of_one_page_share_one_connection(tabs: Tabs) -> None:
    page = await tabs.open()
    await page.evaluate(
        """async (tag) => {
          const { Ticker } = await import("/client.js");
          window.other = new Ticker({ tag });
          other.start();
        }""",
        tabs.tag,
    )
    await page.wait_for_function("other.status.phase === 'live'")
    item = tabs.publish("Both lists of this page show it")
    await page.wait_for_function("other.state.items.length === 1")
    assert await tabs.heard(page, item) == [*START, *published(item)]
    assert len(tabs.sockets) == 1


async def test_another_subscription_shares_the_connection_unless_told_otherwise(tabs: Tabs) -> None:
    await tabs.open()
    urgent = await tabs.open(level="urgent")
    alone = await tabs.open(share=False)
    assert tabs.sockets == [tabs.pages[0], alone]
    item = tabs.publish("Only in the lists of everything")
    assert await tabs.heard(alone, item) == START + published(item)
    assert await tabs.heard(tabs.pages[0], item) == START + published(item)
    assert await urgent.evaluate("ticker.state.items") == []


SEVEN = """async (options) => {
  const { Ticker, eventSource } = await import("/client.js");
  window.heard = {};
  window.tickers = options.filters.map((filter, n) => {
    const transports = options.sse ? { transports: [eventSource], share: true } : {};
    const ticker = new Ticker({ ...filter, ...transports });
    heard[n] = [];
    ticker.addEventListener("change", ({ detail: { message } }) =>
      message.item && heard[n].push([message.action, message.item.id]));
    ticker.start();
    return ticker;
  });
}"""
ALL_LIVE = "tickers.every(({ status }) => status.phase === 'live')"


@pytest.mark.parametrize("sse", [False, True], ids=["websocket", "sse"])
async def test_seven_filters_in_two_tabs_share_one_connection(
    tabs: Tabs, newsroom: Newsroom, sse: bool
) -> None:
    """Each ticker gets its own events, once and in order, whichever tab has the connection."""
    places = ["africa", "asia", "europe", "latin-america", "mena", "us-canada"]
    filters = [{"tag": tabs.tag}, *[{"tag": tabs.tag, "region": place} for place in places]]
    await newsroom.have_connections(0)
    pages = []
    for _ in range(2):
        page = await tabs.context.new_page()
        page.set_default_timeout(WAIT_MS)
        await page.goto(f"{newsroom.url}/healthz")
        await page.evaluate(SEVEN, {"filters": filters, "sse": sse})
        await page.wait_for_function(ALL_LIVE)
        pages.append(page)
    await newsroom.have_connections(1)

    def publish(place: str) -> dict[str, Any]:
        headline = f"Ferry timetable changes ({tabs.tag} {next(numbers)})"
        return newsroom.publish(headline, tags=[tabs.tag], regions=[place])

    async def check(page: Page, items: list[tuple[str, dict[str, Any]]]) -> None:
        await page.wait_for_function("(n) => heard[0].length === n", arg=len(items))
        for n, place in enumerate(["", *places]):
            told = [["publish", item["id"]] for at, item in items if place in ("", at)]
            await page.wait_for_function("([n, m]) => heard[n].length >= m", arg=[n, len(told)])
            assert await page.evaluate("(n) => heard[n]", n) == told

    items = [(place, publish(place)) for place in (*places, "africa")]
    for page in pages:
        await check(page, items)
    # An item that leaves a filter leaves that list, and no other one.
    newsroom.change(items[1][1], regions=["europe"])
    for page in pages:
        await page.wait_for_function("heard[2].at(-1)[0] === 'expire'")
        assert await page.evaluate("tickers[2].state.items.length") == 0
        await page.wait_for_function("tickers[3].state.items.length === 2")
        await page.evaluate("heard[0].length = 7; heard[2].length = 1; heard[3].length = 1")
    # The tab with the connection closes; the other one misses nothing.
    closing = asyncio.ensure_future(pages[0].close())
    items += [(place, await asyncio.to_thread(publish, place)) for place in places]
    await closing
    await check(pages[1], items)
    await newsroom.have_connections(1)


async def test_subscriptions_begin_and_end_beside_others(tabs: Tabs, newsroom: Newsroom) -> None:
    """One that the server refuses stops alone."""
    page = await tabs.open()
    await page.evaluate(
        """async (tag) => {
          const { Ticker } = await import("/client.js");
          window.start = (options) => {
            const ticker = new Ticker(options);
            ticker.start();
            return ticker;
          };
          window.refused = start({ edition: "xx" });
          window.other = start({ tag, level: "urgent" });
        }""",
        tabs.tag,
    )
    await page.wait_for_function("refused.status.phase === 'stopped'")
    assert "xx" in await page.evaluate("refused.status.error")
    await page.wait_for_function("other.status.phase === 'live' && ticker.status.phase === 'live'")
    item = newsroom.publish(f"Gale ({tabs.tag})", tags=[tabs.tag], level="urgent")
    await page.wait_for_function("other.state.items.length === 1")
    assert (await tabs.heard(page, item))[-1:] == published(item)
    await page.evaluate("other.stop()")
    last = newsroom.publish(f"Gale weakens ({tabs.tag})", tags=[tabs.tag], level="urgent")
    assert (await tabs.heard(page, last))[-2:] == published(item, last)
    assert await page.evaluate("other.state.items.length") == 1
    await page.evaluate("other.start()")
    await page.wait_for_function("other.state.items.length === 2")


@pytest.mark.parametrize("how", ["stop", "close", "leave", "crash"])
async def test_another_tab_takes_over_from_the_leader(tabs: Tabs, how: str) -> None:
    leader, second, third = [await tabs.open() for _ in range(3)]
    items = [tabs.publish("The tide gauge is read every minute")]

    async def go() -> None:
        if how == "stop":
            await leader.evaluate("ticker.stop()")
        elif how == "close":
            await leader.close()
        elif how == "leave":
            await leader.goto("about:blank")
        else:
            cdp = await tabs.context.new_cdp_session(leader)
            crash = asyncio.ensure_future(cdp.send("Page.crash"))
            await leader.wait_for_event("crash")
            crash.cancel()

    going = asyncio.ensure_future(go())
    for n in range(8):
        items.append(await asyncio.to_thread(tabs.publish, f"Reading {n} of the tide gauge"))
    await going
    items.append(tabs.publish("The last reading of the tide gauge"))
    for page in (second, third):
        assert await tabs.heard(page, items[-1]) == START + published(*items)
        assert await page.evaluate("ticker.status.phase") == "live"
    assert tabs.sockets[:1] == [leader]
    assert len(tabs.sockets) == 2
    assert tabs.sockets[1] in (second, third)


async def test_a_tab_that_was_away_gets_the_leaders_state(tabs: Tabs) -> None:
    """As a reset, without a second connection."""
    await tabs.open()
    first = tabs.publish("Road tunnel closes for the night")
    late = await tabs.open()
    await tabs.heard(late, first)
    await late.evaluate("ticker.stop(); heard.length = 0")
    taken_back = tabs.publish("Tunnel flooded, says a caller")
    tabs.newsroom.retract(taken_back)
    missed = [tabs.publish(f"Tunnel lane {n} is open again") for n in range(2)]
    await tabs.heard(tabs.pages[0], missed[-1])
    await late.evaluate("ticker.start()")
    assert await tabs.heard(late, missed[-1]) == [["snapshot", None, True]]
    shown = await late.evaluate("ticker.state.items.map(({ id }) => id)")
    assert shown == [missed[1]["id"], missed[0]["id"], first["id"]]
    last = tabs.publish("Tunnel is open")
    assert await tabs.heard(late, last) == [["snapshot", None, True], *published(last)]
    assert len(tabs.sockets) == 1


async def test_a_new_leader_that_is_behind_does_not_revert_followers(tabs: Tabs) -> None:
    """It resumes from its own cursor. A follower that is ahead ignores the repeated events, or a
    retracted item would appear again."""
    leader = await tabs.open()
    follower = await tabs.open()
    first = tabs.publish("Weir is closed")
    for page in (leader, follower):
        await tabs.heard(page, first)
    behind = await leader.evaluate("({ ...ticker.state, gone: [] })")
    second = tabs.publish("Weir is damaged, says a caller")
    await tabs.heard(follower, second)
    tabs.newsroom.retract(second)
    await follower.wait_for_function("heard.at(-1)[0] === 'retract'")
    # Another tab, which has slept since the first item, becomes the leader.
    late = await tabs.context.new_page()
    late.on("websocket", lambda _: tabs.sockets.append(late))
    await late.goto(f"{tabs.newsroom.url}/healthz")
    await late.evaluate(
        """() => {
          const request = navigator.locks.request.bind(navigator.locks);
          navigator.locks.request = (name, _, hold) => request(name, { steal: true }, hold);
        }"""
    )
    state = {"cursor": behind["cursor"], "items": behind["items"]}
    await late.evaluate(SETUP, {"tag": tabs.tag, "state": state})
    third = tabs.publish("Weir is open")
    told = await tabs.heard(follower, third)
    assert told == [
        *START,
        *published(first, second),
        ["retract", second["id"], False],
        *published(third),
    ]
    assert tabs.sockets == [leader, late]


async def test_a_tab_with_an_unknown_cursor_gets_a_reset(tabs: Tabs) -> None:
    await tabs.open()
    item = tabs.publish("Harbour museum opens its cellar")
    await tabs.heard(tabs.pages[0], item)
    late = await tabs.open(state={"cursor": "1.1-0", "items": []})
    assert await tabs.heard(late, item) == [["snapshot", None, True]]
    assert len(tabs.sockets) == 1


async def test_a_bad_filter_stops_every_tab(tabs: Tabs) -> None:
    pages = []
    for _ in range(2):
        page = await tabs.context.new_page()
        await page.goto(f"{tabs.newsroom.url}/healthz")
        pages.append(page)
    for page in pages:
        await page.evaluate(SETUP, {"edition": "xx"})
    for page in pages:
        await page.wait_for_function("ticker.status.phase === 'stopped'")
        assert "xx" in await page.evaluate("ticker.status.error")


async def test_a_frozen_leader_is_replaced_and_becomes_a_follower(tabs: Tabs) -> None:
    leader, follower = await tabs.open(), await tabs.open()
    # Playwright's clock applies to the whole context. Here only one tab is fast, and only as a
    # follower.
    await follower.evaluate(
        """() => {
          const later = window.setTimeout;
          window.setTimeout = (act, wait) =>
            later(act, wait > 20_000 ? wait / 100 : wait > 4_000 ? wait / 20 : wait);
          const request = navigator.locks.request.bind(navigator.locks);
          navigator.locks.request = (...all) => {
            window.setTimeout = later;
            return request(...all);
          };
        }"""
    )
    first = tabs.publish("Snow plough sets off for the pass")
    await tabs.heard(follower, first)
    await leader.evaluate(
        """() => void setTimeout(() => {
          const end = Date.now() + 2_500;
          while (Date.now() < end);
        })"""
    )
    second = tabs.publish("Snow plough stuck on the pass")
    # It takes over after two heartbeats and five seconds without a message.
    assert await tabs.heard(follower, second) == START + published(first, second)
    # On a busy machine the leader may have woken up before that.
    await wait_until(lambda: tabs.sockets == [leader, follower])

    third = tabs.publish("Snow plough is free again")
    for page in (leader, follower):
        assert await tabs.heard(page, third) == START + published(first, second, third)
    assert tabs.sockets == [leader, follower]
    # The former leader queues again, and its old connection is closed.
    await follower.evaluate("ticker.stop()")
    fourth = tabs.publish("Snow plough is back in its garage")
    assert await tabs.heard(leader, fourth) == START + published(first, second, third, fourth)
    assert tabs.sockets == [leader, follower, leader]


FROZEN = """() => {
  // A connection that the test can cut, in a page without timers.
  window.setTimeout = () => 0;
  const { WebSocket } = window;
  window.WebSocket = class extends WebSocket {
    constructor(...all) { super(...all); window.cut = () => this.close(); }
  };
}"""


NOTE_PHASES = """() => {
  window.phases = [];
  ticker.addEventListener("status", () => phases.push(ticker.status.phase));
}"""
"""A phase may be over before a test asks for it."""


async def test_a_visible_tab_replaces_a_throttled_leader(tabs: Tabs) -> None:
    """Browsers run a hidden page's timers once a minute."""
    leader = await tabs.open(FROZEN)
    follower = await tabs.open()
    for page in (leader, follower):
        await page.evaluate(NOTE_PHASES)
    await leader.evaluate("Math.random = () => 0.3; cut()")
    for page in (leader, follower):
        await page.wait_for_function("phases.includes('waiting')")
    item = tabs.publish("Clock tower strikes again")
    for page in (leader, follower):
        assert await tabs.heard(page, item) == START + published(item)
        await page.wait_for_function("ticker.status.phase === 'live'")
    assert tabs.sockets == [leader, follower]


async def test_the_network_returning_in_any_tab_wakes_the_leader(tabs: Tabs) -> None:
    leader = await tabs.context.new_page()
    sent: asyncio.Queue[str] = asyncio.Queue()
    leader.on("websocket", lambda ws: ws.on("framesent", lambda f: sent.put_nowait(str(f))))
    await leader.goto(f"{tabs.newsroom.url}/healthz")
    await leader.evaluate(SETUP, {"tag": tabs.tag})
    await leader.wait_for_function("ticker.status.phase === 'live'")
    follower = await tabs.open()
    await follower.evaluate("dispatchEvent(new Event('online'))")
    async with asyncio.timeout(30):
        assert await sent.get() == '{"type":"ping"}'
    assert tabs.sockets == []


@pytest.mark.parametrize("who", ["leader", "follower"])
async def test_a_page_restored_from_the_back_forward_cache_catches_up(tabs: Tabs, who: str) -> None:
    """The cache rejects a page with a lock or a connection, and evicts one that gets a message."""
    pages = [await tabs.open(), await tabs.open()]
    away, other = pages if who == "leader" else reversed(pages)
    first = tabs.publish("Signal box goes quiet")
    for page in pages:
        await tabs.heard(page, first)
    await away.evaluate("dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }))")
    held = await other.evaluate("navigator.locks.query()")
    assert (len(held["held"]), len(held["pending"])) == (1, 0)
    missed = [tabs.publish(f"Signal box sends line {n}") for n in range(3)]
    await tabs.heard(other, missed[-1])
    assert await away.evaluate("heard") == START + published(first)
    await away.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
    told = await tabs.heard(away, missed[-1])
    assert told == [*START, *published(first), ["snapshot", None, True]]
    assert len(await away.evaluate("ticker.state.items")) == 4
    await away.wait_for_function("ticker.status.phase === 'live'")
    assert tabs.sockets == (pages if who == "leader" else pages[:1])


@pytest.mark.parametrize("missing", ["navigator.locks", "BroadcastChannel", "permission"])
async def test_without_locks_or_channels_each_tab_connects(tabs: Tabs, missing: str) -> None:
    await tabs.context.add_init_script(
        {
            "navigator.locks": "Object.defineProperty(navigator, 'locks', { value: undefined })",
            "BroadcastChannel": "delete window.BroadcastChannel",
            # As in an opaque origin, which has locks and may not use them.
            "permission": "LockManager.prototype.request = async () => {"
            " throw new DOMException('denied', 'SecurityError'); }",
        }[missing]
    )
    first, second = await tabs.open(), await tabs.open()
    item = tabs.publish("Each on its own")
    for page in (first, second):
        assert await tabs.heard(page, item) == START + published(item)
    assert tabs.sockets == [first, second]


async def test_a_sandboxed_frame_connects_by_itself(tabs: Tabs) -> None:
    """In an opaque origin, locks, channels and storage throw or reject."""
    await tabs.newsroom.have_connections(0)
    page = await tabs.context.new_page()
    page.set_default_timeout(WAIT_MS)
    await page.goto(f"{tabs.newsroom.url}/healthz")
    await page.evaluate(
        """(tag) => {
          const frame = document.createElement("iframe");
          frame.sandbox = "allow-scripts";
          frame.srcdoc = `<script type="module">
            import { Ticker } from "${location.origin}/client.js";
            const ticker = new Ticker({ tag: "${tag}", cache: true });
            const say = () => parent.postMessage([ticker.status.phase,
              ...ticker.state.items.map(({ id }) => id)], "*");
            ticker.addEventListener("change", say);
            ticker.addEventListener("status", say);
            ticker.start();
          </script>`;
          addEventListener("message", ({ data }) => window.said = data);
          document.body.append(frame);
        }""",
        tabs.tag,
    )
    await page.wait_for_function("window.said?.[0] === 'live'")
    item = tabs.publish("A line in a frame that may do nothing")
    await page.wait_for_function("said.length === 2")
    assert await page.evaluate("said") == ["live", item["id"]]
    await tabs.newsroom.have_connections(1)

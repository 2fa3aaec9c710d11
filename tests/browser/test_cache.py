"""The state is cached for the next visit, without retracted items."""

from __future__ import annotations

from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

START = 1_800_000_000
"""Seconds."""
NAME = "news-ticker:http://modules.test/?edition=en&backlog=3"

# `hear` delivers a message of the server. A second `open` is the next visit.
SETUP = """async () => {
  const { Ticker } = await import("/client.js");
  window.open = (options) => {
    window.queries = [];
    window.ticker = new Ticker({
      edition: "en", backlog: 3, cache: true, ...options,
      transports: [(base, query, receiver) => {
        queries.push(String(query));
        window.hear = receiver.message;
        return { close() {}, send: null };
      }],
    });
    window.shown = ticker.state.items.map(({ id }) => id);
    ticker.start();
  };
  window.snapshot = (cursor, ...items) => {
    hear({ type: "welcome", mode: "snapshot", reset: false, reason: null, cursor, heartbeat: 25 });
    hear({ type: "snapshot", cursor, items });
  };
  window.item = (id, more) => ({ id, version: 1, published_at: "2026-11-23T19:00:00.000Z",
    pinned: false, headline: `Text of ${id}`, expires_at: null, ...more });
  window.event = (cursor, action, item) => hear({ type: "item", cursor, action, item });
}"""


@pytest_asyncio.fixture(loop_scope="session")
async def page(modules: Page) -> Page:
    await modules.clock.pause_at(START)
    await modules.evaluate(SETUP)
    return modules


async def entry(page: Page, name: str = NAME) -> dict[str, Any] | None:
    found: dict[str, Any] | None = await page.evaluate(
        "(name) => JSON.parse(localStorage.getItem(name))", name
    )
    return found


async def test_the_next_visit_starts_with_the_cached_state_and_resumes(page: Page) -> None:
    await page.evaluate("open(); snapshot('c1', item('a'), item('b'))")
    await page.evaluate("event('c2', 'publish', item('c')); event('c3', 'publish', item('d'))")
    await page.evaluate("hear({ type: 'heartbeat', cursor: 'c4' })")
    await page.evaluate("dispatchEvent(new PageTransitionEvent('pagehide'))")
    await page.evaluate("open()")
    assert await page.evaluate("shown") == ["d", "c", "b"]  # limited to the size of a snapshot
    assert await page.evaluate("queries") == ["sub.1=edition%3Den%26backlog%3D3&after=c4"]


async def test_nothing_is_cached_by_default(page: Page) -> None:
    await page.evaluate("open({ cache: undefined }); snapshot('c1', item('a'))")
    await page.evaluate("ticker.stop()")
    assert await page.evaluate("localStorage.length") == 0


async def test_writes_are_at_most_one_a_second(page: Page) -> None:
    await page.evaluate("open(); snapshot('c0')")
    await page.evaluate(
        """() => {
          window.writes = 0;
          const { setItem } = Storage.prototype;
          Storage.prototype.setItem = function (...all) { writes++; setItem.apply(this, all); };
        }"""
    )
    for n in range(1, 21):
        await page.evaluate("(n) => event(`c${n}`, 'publish', item(`i${n}`))", n)
        await page.clock.run_for(100)
    assert await page.evaluate("writes") == 2
    found = await entry(page)
    assert found is not None
    assert found["items"][0]["id"] == "i9"  # display order: equal times, by id


async def test_a_retracted_item_is_deleted_from_the_storage_at_once(page: Page) -> None:
    """Also from the entries of other subscriptions."""
    await page.evaluate("open({ edition: 'es' }); snapshot('c1', item('a')); ticker.stop()")
    await page.evaluate("open({ edition: 'ar' }); snapshot('c1', item('z')); ticker.stop()")
    await page.evaluate("open(); snapshot('c1', item('a'), item('b'))")
    stored = "JSON.stringify(Object.values(localStorage))"
    assert (await page.evaluate(stored)).count("Text of a") == 2
    await page.evaluate("event('c2', 'retract', { id: 'a', version: 2 })")
    assert "Text of a" not in await page.evaluate(stored)
    assert (
        await page.evaluate("localStorage.length") == 2
    )  # the entry of `es` contained it, that of `ar` did not
    found = await entry(page)
    assert found is not None
    assert ([item["id"] for item in found["items"]], found["cursor"]) == (["b"], "c2")


async def test_a_full_storage_keeps_no_older_state(page: Page) -> None:
    await page.evaluate("open(); snapshot('c1', item('a'), item('b'))")
    await page.evaluate(
        """() => {
          Storage.prototype.setItem = () => { throw new DOMException("", "QuotaExceededError"); };
        }"""
    )
    await page.evaluate("event('c2', 'retract', { id: 'a', version: 2 })")
    assert await entry(page) is None
    assert await page.evaluate("ticker.state.items.length") == 1


@pytest.mark.parametrize(("hours", "shown"), [(11.9, ["a"]), (12, [])])
async def test_an_old_state_is_ignored(page: Page, hours: float, shown: list[str]) -> None:
    await page.evaluate("open(); snapshot('c1', item('a')); ticker.stop()")
    await page.clock.run_for(int(hours * 3_600_000))
    await page.evaluate("open()")
    assert await page.evaluate("shown") == shown
    assert ("after=c1" in (await page.evaluate("queries"))[0]) == bool(shown)


async def test_expired_items_are_not_shown(page: Page) -> None:
    await page.evaluate(
        """() => {
          const at = (ms) => new Date(Date.now() + ms).toISOString();
          open();
          snapshot("c1", item("a", { expires_at: at(60_000) }),
            item("b", { expires_at: at(120_000) }), item("c"));
          ticker.stop();
        }"""
    )
    await page.clock.run_for(90_000)
    await page.evaluate("open()")
    assert await page.evaluate("shown") == ["c", "b"]


async def test_the_number_of_entries_is_limited(page: Page) -> None:
    """A site with a page for every story has a subscription for every story."""
    await page.evaluate("localStorage.setItem('theirs', 'not JSON')")
    for n in range(12):
        await page.evaluate(
            "(story) => { open({ story }); snapshot('c1', item('a')); ticker.stop(); }", f"s{n:02}"
        )
        await page.clock.run_for(1_000)
    names = sorted(await page.evaluate("Object.keys(localStorage)"))
    assert [name[-13:-10] for name in names if name != "theirs"] == [
        f"s{n:02}" for n in range(4, 12)
    ]
    assert await page.evaluate("localStorage.theirs") == "not JSON"


@pytest.mark.parametrize("junk", ["", "null", "[]", "{", '{"at":1800000000000,"items":7}'])
async def test_invalid_entries_are_ignored(page: Page, junk: str) -> None:
    await page.evaluate("([name, junk]) => localStorage.setItem(name, junk)", [NAME, junk])
    await page.evaluate("open()")
    assert await page.evaluate("[shown, queries]") == [[], ["sub.1=edition%3Den%26backlog%3D3"]]


async def test_works_with_a_blocked_storage(page: Page) -> None:
    await page.evaluate(
        """Object.defineProperty(window, "localStorage", {
          get() { throw new DOMException("denied", "SecurityError"); } })"""
    )
    await page.evaluate("open(); snapshot('c1', item('a')); ticker.stop()")
    assert await page.evaluate("ticker.state.items.length") == 1

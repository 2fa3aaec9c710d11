"""``<news-ticker>`` in Firefox, on a page of another site."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from itertools import count
from typing import Any

import pytest
import pytest_asyncio

from tests.browser.firefox import Firefox, Tab, launched
from tests.browser.newsroom import Newsroom
from tests.browser.sites import STRICT, embedding, page_of, site
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

AWAY = re.compile(
    "^Firefox can’t establish a connection|^The connection to ws:|CORS request did not succeed"
)
"""Firefox's own messages about network errors."""

BAR = '<news-ticker edition="en" layout="bar"></news-ticker>'
LIST = '<news-ticker edition="en" layout="list" count="8"></news-ticker>'
ROOT = "document.querySelector('news-ticker').shadowRoot"
LIVE = f"Boolean({ROOT}?.querySelector('[data-state=live]'))"

HEAR = """void (window.heard = [],
  addEventListener("ticker-item", ({ detail }) => heard.push(detail.item.id)))"""
LOCKS = """await navigator.locks.query()
  .then(({ held, pending }) => [held.length, pending.length])"""

Embed = Callable[..., Awaitable[Tab]]
_number = count(1)


@pytest_asyncio.fixture(loop_scope="session", scope="session")
async def firefox(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Firefox]:
    async with launched(tmp_path_factory.mktemp("firefox")) as firefox:
        yield firefox


@pytest_asyncio.fixture(loop_scope="session")
async def embed(firefox: Firefox) -> AsyncIterator[Embed]:
    """Open a page with the widget and wait until it is live.

    A script error, a warning or a violation of the policy fails the test; a network that is away
    is none.
    """
    async with AsyncExitStack() as stack:

        async def embed(newsroom: Newsroom, tags: str, lang: str = "en", dir: str = "ltr") -> Tab:
            page = embedding(newsroom.url, tags, lang=lang, dir=dir)
            address = await stack.enter_async_context(page)
            tab = await firefox.open(address)
            await tab.until(LIVE)
            return tab

        yield embed
        for tab in list(firefox.tabs):
            await tab.close()  # receives the log entries sent so far
    logged, firefox.logged = firefox.logged, []
    assert [text for text in logged if not AWAY.search(text)] == []


def unique(words: str) -> str:
    """Return a unique headline."""
    return f"{words}, says radio {next(_number)}"


def find(item: dict[str, Any], rest: str = "") -> str:
    return f"{ROOT}.querySelector('[data-id=\"{item['id']}\"] {rest}')"


def style(selector: str, name: str) -> str:
    return f"getComputedStyle({ROOT}.querySelector('{selector}')).{name}"


async def test_errors_and_violations_are_recorded(firefox: Firefox) -> None:
    """The other tests rely on it to fail."""
    policy = {"Content-Security-Policy": STRICT.format(newsroom="'self'", newsroom_ws="'self'")}
    async with site(page_of("<script>0</script>"), policy) as address:
        tab = await firefox.open(address)
        await tab.evaluate("void Promise.reject(new Error('nobody hears me'))")
        await tab.evaluate("console.warn('mind the gap')")
        # An entry comes with a later command.
        await wait_until(lambda: tab.evaluate("0"), lambda _: len(firefox.logged) >= 3)
        await tab.close()
    logged, firefox.logged = firefox.logged, []
    blocked, *others = logged
    assert blocked.startswith("Content-Security-Policy: ")
    assert sorted(others) == [
        "Error: nobody hears me",
        "mind the gap",
    ]  # their order is not defined


async def test_an_item_is_corrected_and_retracted(newsroom: Newsroom, embed: Embed) -> None:
    tab = await embed(newsroom, LIST)
    assert await tab.evaluate("document.querySelector('news-ticker').matches(':defined')")
    item = newsroom.publish(unique("Cable car stands still"), level="urgent")
    await tab.until(f"{find(item, '.headline')}?.textContent", item["headline"])
    await tab.until(f"{ROOT}.querySelector('[role=status]').textContent.includes('Cable car')")
    newsroom.change(item, headline=unique("Cable car runs again"), correction="It never stopped.")
    await tab.until(f"{find(item, '.corrected')}?.textContent", "Corrected")
    assert await tab.evaluate(f"{find(item, '.correction')}.textContent") == "It never stopped."
    newsroom.retract(item)
    await tab.until(f"{ROOT}.innerHTML.includes('Cable car')", False)


async def test_arabic_runs_from_right_to_left(newsroom: Newsroom, embed: Embed) -> None:
    words = "عودة القطارات إلى العمل"
    item = newsroom.publish(f"{words} {next(_number)}", edition="ar")
    tab = await embed(newsroom, LIST.replace('"en"', '"ar"'), lang="ar", dir="rtl")
    await tab.until(f"{find(item)} !== null")
    assert await tab.evaluate(style(".frame", "direction")) == "rtl"
    assert await tab.evaluate(f"{ROOT}.querySelector('.label').textContent") == "آخر الأخبار"
    # The start of a row is on the right, its end on the left.
    assert await tab.evaluate(
        f"""(({{ left, right }}, controls, headline) => [
          controls.left === left, controls.right < right, getComputedStyle(headline).textAlign,
        ])({ROOT}.querySelector(".head").getBoundingClientRect(),
           {ROOT}.querySelector(".controls").getBoundingClientRect(), {find(item, ".headline")})"""
    ) == [True, True, "right"]


async def test_pause_holds_new_items(newsroom: Newsroom, embed: Embed) -> None:
    tab = await embed(newsroom, LIST)
    await tab.click(f"{ROOT}.querySelector('.pause')")
    await tab.until(f"{ROOT}.querySelector('.pause').ariaLabel", "Resume")
    item = newsroom.publish(unique("Observatory opens at night"))
    held = f"{ROOT}.querySelector('.updates')"
    await tab.until(f"{held}.textContent", "1 new update")
    assert await tab.evaluate(find(item)) is None
    await tab.click(held)
    await tab.until(f"{find(item)} !== null")
    assert await tab.evaluate(f"{held}.checkVisibility()") is False


async def test_the_bar_works_with_the_keyboard(newsroom: Newsroom, embed: Embed) -> None:
    items = [newsroom.publish(unique("Leg of the race"), tags=["legs"]) for _ in range(3)]
    tab = await embed(newsroom, BAR.replace("layout", 'tag="legs" layout'))
    shown = f"{ROOT}.querySelector('.current .headline > a')?.textContent"
    await tab.until(shown, items[2]["headline"])
    # A command that presses keys may end before the page has them.
    await tab.press("Tab")
    await tab.until(f"{ROOT}.activeElement?.ariaLabel", "Previous headline")
    await tab.press("ArrowRight")
    await tab.until(shown, items[1]["headline"])
    await tab.press("ArrowRight", "ArrowLeft", "Tab", "Enter")
    await tab.until(f"{ROOT}.activeElement?.ariaLabel", "Next headline")
    await tab.until(shown, items[0]["headline"])


async def test_tabs_share_a_connection_and_take_over(own_newsroom: Newsroom, embed: Embed) -> None:
    """Unlike in headless Chromium, background tabs are hidden: no frames, slow timers."""
    leader = await embed(own_newsroom, LIST)
    follower = await leader.firefox.open(await leader.evaluate("location.href"))
    await follower.until(LIVE)
    await leader.until("document.hidden")
    await own_newsroom.have_connections(1)
    await follower.until(LOCKS, [1, 1])
    await follower.evaluate(HEAR)
    item = own_newsroom.publish(unique("Lighthouse keeper retires"))
    await follower.until(f"{find(item)} !== null")
    await leader.close()
    await follower.until(LOCKS, [1, 0])
    later = own_newsroom.publish(unique("Lighthouse has a new keeper"))
    await follower.until(f"{find(later)} !== null")
    assert await follower.evaluate("heard") == [item["id"], later["id"]]
    await follower.until(LIVE)
    await own_newsroom.have_connections(1)


async def test_reconnects_to_a_newsroom_that_was_killed(
    own_newsroom: Newsroom, embed: Embed
) -> None:
    before = own_newsroom.publish(unique("Rowers reach the island"))
    tab = await embed(own_newsroom, LIST)
    await tab.until(f"{find(before)} !== null")
    await tab.evaluate(HEAR)
    await tab.evaluate("void (Math.random = () => 0.1)")  # for short delays
    own_newsroom.kill()
    await tab.until(f"{ROOT}.querySelector('[data-state=live]')", None)
    own_newsroom.start()
    missed = own_newsroom.publish(unique("Rowers set out for the shore"))
    await tab.until(f"{find(missed)} !== null")
    await tab.until(LIVE)
    assert await tab.evaluate("heard") == [missed["id"]]
    assert await tab.evaluate(f"{ROOT}.querySelectorAll('.item').length") == 2


async def test_the_style_sheet_takes_effect(newsroom: Newsroom, embed: Embed) -> None:
    items = [newsroom.publish(unique("Painter finds blue"), tags=["blue"]) for _ in range(2)]
    tab = await embed(newsroom, BAR.replace("layout", 'theme="dark" tag="blue" layout'))
    await tab.until(f"{find(items[1], '.headline')} !== null")
    element = "document.querySelector('news-ticker')"
    ink = style(".frame", "color")
    assert await tab.evaluate(ink) == "rgb(236, 238, 241)"
    await tab.evaluate(f"{element}.setAttribute('theme', 'light')")
    assert await tab.evaluate(ink) == "rgb(21, 23, 27)"  # light-dark()
    for width, more, columns in ((400, "none", 1), (1000, "inline", 3)):
        await tab.evaluate(f"{element}.style.width = '{width}px'")
        assert await tab.evaluate(style(".more span", "display")) == more  # @container, nested
        grid = await tab.evaluate(style(".bar", "gridTemplateColumns"))
        assert len(grid.split()) == columns
        lines = await tab.evaluate(style(".items", "minBlockSize"))
        assert float(lines.removesuffix("px")) == pytest.approx(46.8, abs=0.5)  # lh

"""The layouts that the widget loads on demand, in Chromium: toast, crawl and screen."""

from __future__ import annotations

import pytest
from playwright.async_api import FloatRect, expect

from tests.browser.conftest import OpenSite
from tests.browser.newsroom import Newsroom
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


def ticker(layout: str, tag: str, more: str = "", edition: str = "en") -> str:
    attributes = f'edition="{edition}" layout="{layout}" tag="{tag}" {more}'
    return f"<news-ticker {attributes}></news-ticker>"


async def test_a_toast_shows_no_older_alert_in_place_of_one_that_is_gone(
    newsroom: Newsroom, open_site: OpenSite
) -> None:
    """Neither after it is dismissed, nor after it is retracted; a newer one appears."""
    page = await open_site(newsroom, ticker("toast", "gone"))
    toast, headline = page.locator(".toast"), page.locator(".toast .headline")
    newsroom.publish("Storm warning, first", tags=["gone"], level="urgent")
    await expect(headline).to_have_text("Storm warning, first")
    second = newsroom.publish("Storm warning, second", tags=["gone"], level="urgent")
    await expect(headline).to_have_text("Storm warning, second")
    newsroom.retract(second)
    await expect(toast).to_be_hidden()
    newsroom.publish("Storm warning, third", tags=["gone"], level="flash")
    await expect(headline).to_have_text("Storm warning, third")
    await page.get_by_role("button", name="Dismiss").click()
    await expect(toast).to_be_hidden()
    await page.reload()
    await page.wait_for_selector(".toast", state="attached")
    fourth = newsroom.publish("Storm warning, fourth", tags=["gone"], level="urgent")
    await expect(page.locator(".toast li")).to_have_attribute("data-id", fourth["id"])


async def test_a_toast_does_not_repeat_what_the_reader_sees(
    newsroom: Newsroom, open_site: OpenSite
) -> None:
    """It shows what a list below the fold has, until the reader scrolls to it."""
    tall = '<svg width="1" height="3000"></svg>'
    page = await open_site(newsroom, tall + ticker("list", "seen") + ticker("toast", "seen"))
    toast = page.locator(".toast")
    newsroom.publish("Quay closed for all", tags=["seen"], level="urgent")
    await expect(toast).to_be_visible()
    await page.evaluate("document.querySelector('news-ticker').scrollIntoView()")
    await expect(toast).to_be_hidden()
    newsroom.publish("Quay open for all", tags=["seen"], level="urgent")
    await expect(page.locator(".list .item")).to_have_count(2)
    await expect(toast).to_be_hidden()


async def test_a_crawl_moves_unless_it_is_paused(newsroom: Newsroom, open_site: OpenSite) -> None:
    """A new item waits for the next pass; a flash and a retraction take effect at once."""
    kept = newsroom.publish("Tram line one", tags=["crawl"])
    page = await open_site(newsroom, ticker("crawl", "crawl"))
    line = page.locator(".crawl .items:not([inert]) .headline")
    await expect(line).to_have_text(["Tram line one"])
    playing = "document.querySelector('news-ticker').shadowRoot.querySelector('.window')"
    state = f"{playing}.getAnimations()[0]?.playState"
    await wait_until(lambda: page.evaluate(state), lambda found: found == "running")
    await page.get_by_role("button", name="Pause").press("Enter")
    await wait_until(lambda: page.evaluate(state), lambda found: found == "paused")
    await page.get_by_role("button", name="Resume").press("Enter")
    await page.evaluate("document.activeElement.blur()")
    newsroom.publish("Tram line two", tags=["crawl"])
    flash = newsroom.publish("Tram lines stop", tags=["crawl"], level="flash")
    await expect(line).to_have_text(["Tram lines stop", "Tram line two", "Tram line one"])
    newsroom.retract(kept)
    newsroom.retract(flash)
    await expect(line).to_have_text(["Tram line two"])
    assert "Tram lines stop" not in await page.evaluate(f"{playing}.textContent")


@pytest.mark.parametrize(("edition", "sign"), [("en", -1), ("ar", 1)])
async def test_a_crawl_follows_the_direction_and_the_readers_setting(
    newsroom: Newsroom, open_site: OpenSite, edition: str, sign: int
) -> None:
    newsroom.publish(f"Direction {edition}", edition, tags=["direction"])
    tags = ticker("crawl", "direction", edition=edition)
    moving = await open_site(newsroom, tags)
    await expect(moving.locator(".crawl .items:not([inert]) li")).to_have_count(1)
    ends = await wait_until(
        lambda: moving.evaluate(
            """() => {
              const box = document.querySelector("news-ticker").shadowRoot.querySelector(".window");
              const [moves] = box.getAnimations();
              return moves && parseFloat(moves.effect.getKeyframes()[1].translate);
            }"""
        )
    )
    assert ends * sign > 0
    still = await open_site(newsroom, tags, reduced_motion="reduce")
    await expect(still.locator(".crawl.still li")).to_have_count(1)
    assert await still.evaluate("document.getAnimations().length") == 0


CLOCK_IS_RIGHT = """() => {
  const { shadowRoot } = document.querySelector("news-ticker");
  return shadowRoot.querySelector(".clock").textContent === new Intl.DateTimeFormat("en-GB", {
    hour: "2-digit", minute: "2-digit", timeZone: "Asia/Qatar", timeZoneName: "short",
  }).format(Date.now());
}"""
"""Whether the screen prints the time of the page's clock in Doha, read at one moment."""


async def test_a_screen_shows_one_headline_and_the_next(
    newsroom: Newsroom, open_site: OpenSite
) -> None:
    for n in range(6):
        newsroom.publish(f"Line {n} of the wall", tags=["wall"])
    tags = ticker("screen", "wall", 'time-zone="Asia/Qatar"')
    page = await open_site(newsroom, tags, clock=True)
    large = page.locator(".screen .current .headline")
    await expect(large).to_have_text("Line 5 of the wall")
    await expect(page.locator(".screen .item:visible")).to_have_count(4)
    await page.wait_for_function(CLOCK_IS_RIGHT)
    await expect(page.locator(".screen")).to_have_css("cursor", "none")
    await page.clock.run_for(12_100)
    await expect(large).to_have_text("Line 4 of the wall")
    await page.keyboard.press("Tab")
    newsroom.publish("Flash on the wall", tags=["wall"], level="flash")
    await expect(large).to_have_text("Flash on the wall")
    await expect(page.locator(".screen .label")).to_have_text("Breaking")
    await page.clock.run_for(16_000)  # the times of the items are refreshed, the clock stays one
    await page.wait_for_function(CLOCK_IS_RIGHT)


async def test_a_screen_in_arabic_has_the_sites_name_for_utc(
    newsroom: Newsroom, open_site: OpenSite
) -> None:
    page = await open_site(newsroom, ticker("screen", "wall", 'time-zone="UTC"', "ar"))
    await expect(page.locator(".clock")).to_contain_text("غرينتش")
    empty = await page.locator(".empty").bounding_box()  # in the middle, to be read from a distance
    assert empty
    assert 300 < empty["y"] < 600
    assert empty["height"] > 40


async def test_a_screen_does_not_grow(newsroom: Newsroom, open_site: OpenSite) -> None:
    """After many items and rotations it has as many nodes as before, and long headlines fit."""
    page = await open_site(newsroom, ticker("screen", "grow"), clock=True)
    nodes = "document.querySelector('news-ticker').shadowRoot.querySelectorAll('*').length"
    sizes = []
    for turn in range(2):
        items = [newsroom.publish(f"Growing {turn} {n}", tags=["grow"]) for n in range(25)]
        await page.locator(f'[data-id="{items[-1]["id"]}"]').wait_for(state="attached")
        await page.clock.run_for(15_000)  # less than the limit of a silent connection
        sizes.append(await page.evaluate(nodes))
    assert sizes[0] == sizes[1]
    long = newsroom.publish(
        ("Delegates of all eleven districts agreed on a plan " * 6)[:280].strip(),
        tags=["grow"],
        level="flash",
    )
    row = page.locator(f'.current[data-id="{long["id"]}"]')
    await row.wait_for()
    assert await row.evaluate("(e) => e.scrollHeight <= e.clientHeight")


@pytest.mark.parametrize("edition", ["en", "ar"])
async def test_a_crawl_shows_nothing_beside_its_label_and_button(
    newsroom: Newsroom, open_site: OpenSite, edition: str
) -> None:
    """The line passes behind them, and neither through gaps nor at the edges."""
    for number in range(3):
        newsroom.publish(f"Ferry {number} " + "W" * 90, edition, tags=["edges"])
    tag = ticker("crawl", "edges", edition=edition)
    page = await open_site(
        newsroom, f'<div dir="{"rtl" if edition == "ar" else "ltr"}">{tag}</div>'
    )
    await expect(page.locator(".crawl .items:not([inert]) li")).to_have_count(3)
    bar = await page.locator(".crawl").bounding_box()
    label = await page.locator(".crawl .label").bounding_box()
    button = await page.locator(".crawl .controls").bounding_box()
    assert bar is not None
    assert label is not None
    assert button is not None
    strips = [
        (min(label["x"], button["x"]), bar["x"]),
        (bar["x"] + bar["width"], max(one["x"] + one["width"] for one in (label, button))),
    ]
    await page.locator(".crawl .window").evaluate(
        "(node) => node.getAnimations().forEach((one) => (one.pause(), (one.currentTime = 2500)))"
    )
    clips = [
        FloatRect(x=min(ends), width=max(ends) - min(ends), y=bar["y"], height=bar["height"])
        for ends in strips
    ]
    for clip in [*clips, button]:
        moving = await page.screenshot(clip=clip)
        await page.locator(".crawl .window").evaluate("(node) => (node.style.opacity = 0)")
        assert await page.screenshot(clip=clip) == moving
        await page.locator(".crawl .window").evaluate("(node) => (node.style.opacity = 1)")

"""The layout ``bar`` in Chromium: height, label, order, and the rest of a long headline."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import expect

from tests.browser.conftest import OpenSite
from tests.browser.newsroom import Newsroom

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

STILL: dict[str, Any] = {"reduced_motion": "reduce"}
"""Options of a page whose bar does not advance by itself, however long a step of a test takes."""
LONG = "Delegates of all eleven riverside districts agreed late on Monday to a joint plan " * 3


def bar(tag: str, more: str = "", edition: str = "en") -> str:
    return f'<news-ticker edition="{edition}" layout="bar" tag="{tag}" {more}></news-ticker>'


@pytest.mark.parametrize("width", [390, 768, 1280])
async def test_its_height_does_not_depend_on_the_headline(
    newsroom: Newsroom, open_site: OpenSite, width: int
) -> None:
    """A long headline is cut to two lines; a button shows the rest, and hides it again."""
    tag = f"height-{width}"
    newsroom.publish(f"Short {width}", tags=[tag])
    newsroom.publish(f"{width} {LONG}"[:280].strip(), tags=[tag], summary="And a summary.")
    page = await open_site(newsroom, bar(tag), width=width, **STILL)
    root, more = page.locator("section.bar"), page.get_by_role("button", name="More")
    await expect(page.locator(".count")).to_have_text("1 / 2")
    await expect(more).to_have_attribute("aria-expanded", "false")
    tall = await root.evaluate("(e) => e.clientHeight")
    assert tall < (120 if width < 736 else 80)
    await more.press("Enter")
    less = page.get_by_role("button", name="Less")
    await expect(less).to_be_focused()
    await expect(less).to_have_attribute("aria-expanded", "true")
    await expect(page.locator(".current .summary")).to_be_visible()
    assert await root.evaluate("(e) => e.clientHeight") > tall
    await less.press("Enter")
    await page.keyboard.press("ArrowRight")
    await expect(page.locator(".count")).to_have_text("2 / 2")
    await expect(page.get_by_role("button", name="More")).to_be_hidden()
    assert await root.evaluate("(e) => e.clientHeight") == tall


async def test_it_says_breaking_only_of_breaking_news(
    newsroom: Newsroom, open_site: OpenSite
) -> None:
    """By level and age; the attribute changes both. Each item has one badge."""
    newsroom.publish("Plain as bread", tags=["label"])
    newsroom.publish("Urgent as rain", tags=["label"], level="urgent")
    page = await open_site(newsroom, bar("label"), clock=True, **STILL)
    label, shown = page.locator(".bar .label"), page.locator(".bar .current .headline > a")
    await expect(label).to_have_text("Breaking")
    await expect(page.locator(".bar .level")).to_be_hidden()
    await page.keyboard.press("Tab")
    await page.keyboard.press("ArrowRight")
    await expect(shown).to_have_text("Plain as bread")
    await expect(label).to_have_text("Latest")
    await page.keyboard.press("ArrowRight")
    await expect(label).to_have_text("Breaking")
    await page.clock.fast_forward(21 * 60_000)
    await expect(label).to_have_text("Latest")
    set_breaking = (
        "(value) => document.querySelector('news-ticker').setAttribute('breaking', value)"
    )
    for value, text in (("urgent 60m", "Breaking"), ("flash 60m", "Latest"), ("none", "Latest")):
        await page.evaluate(set_breaking, value)
        await expect(label).to_have_text(text)


@pytest.mark.parametrize(
    ("edition", "breaking", "latest"),
    [("ar", "عاجل", "آخر الأخبار"), ("es", "Última hora", "Lo último")],
)
async def test_its_labels_are_the_editions(
    newsroom: Newsroom, open_site: OpenSite, edition: str, breaking: str, latest: str
) -> None:
    newsroom.publish(f"Plain {edition}", edition, tags=["words"])
    newsroom.publish(f"Flash {edition}", edition, tags=["words"], level="flash")
    page = await open_site(newsroom, bar("words", edition=edition), width=390, **STILL)
    await expect(page.locator(".bar .label")).to_have_text(breaking)
    await page.locator(".next").click()
    await expect(page.locator(".bar .label")).to_have_text(latest)


async def test_breaking_news_comes_before_a_pinned_item(
    newsroom: Newsroom, open_site: OpenSite
) -> None:
    """The server renders the same order. Items that the page shows elsewhere are left out."""
    pinned = newsroom.publish("Pinned and plain", tags=["order"])
    flash = newsroom.publish("Flash of light", tags=["order"], level="flash")
    newsroom.publish("Newer than both", tags=["order"])
    newsroom.pin(pinned)
    path = "/v1/embed?edition=en&layout=bar&tag=order&script=no"
    fragment = newsroom.get(path, "Newer than both")
    assert fragment.index("Flash of light") < fragment.index("Pinned and plain")
    page = await open_site(newsroom, bar("order"))
    rows = page.locator(".bar .headline > a")
    await expect(rows).to_have_text(["Flash of light", "Pinned and plain", "Newer than both"])
    await page.evaluate(
        """(id) => {
          const element = document.querySelector("news-ticker");
          element.setAttribute("skip", id);
          document.dispatchEvent(new Event("visibilitychange"));
        }""",
        flash["id"],
    )
    await expect(rows).to_have_text(["Pinned and plain", "Newer than both"])
    newsroom.retract(pinned)  # other tests expect their own items first

"""The console by keyboard: what has the focus goes away, and keys go on where editors expect.

Browsers leave the focus nowhere then, and the next key does nothing or something else.
"""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from playwright.async_api import Locator, Route, expect

from tests.browser.intercept import intercept
from tests.browser.newsroom import Newsroom
from tests.browser.test_console import Opened, dialog, headline_of, opened, row, said
from tests.browser.test_console_views import DRAFT, go

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

__all__ = ["opened"]

LOOK = "document.dispatchEvent(new Event('visibilitychange'))"
"""Let a page look again at once, as it does every few seconds."""
PIXEL = "data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw=="


async def go_on_at(found: Locator) -> None:
    await expect(found).to_be_focused()


async def test_a_row_that_leaves_the_view_of_the_board_hands_on_to_the_next(
    newsroom: Newsroom, opened: Opened
) -> None:
    newsroom.publish("Kiln of Wern relit", draft=True)
    newsroom.publish("Oven of Wern relit", draft=True)
    page = await opened()
    await page.get_by_role("button", name="Drafts", exact=True).click()
    await page.locator("[data-search]").fill("of Wern")
    await expect(page.locator("#board .row")).to_have_count(2)
    await row(page, "Oven of Wern").locator(".row-open").focus()
    await page.keyboard.press("a")
    await expect(dialog(page)).to_be_visible()
    await page.keyboard.press("Enter")
    await said(page, "Approved and published")
    await go_on_at(row(page, "Kiln of Wern").locator(".row-open"))

    await page.keyboard.press("Enter")
    panel = page.locator("[data-panel]")
    await panel.locator("[data-act=approve]").press("Enter")
    await expect(dialog(page)).to_be_visible()
    await page.keyboard.press("Enter")
    await said(page, "Approved and published")
    await expect(page.locator("#board .row")).to_have_count(0)
    await go_on_at(panel.locator("h2"))
    await page.keyboard.press("Escape")
    await expect(panel).to_be_hidden()
    await go_on_at(page.locator("#board-title"))


async def test_lists_are_read_again_under_the_keyboard_and_under_a_dialog(
    newsroom: Newsroom, opened: Opened
) -> None:
    page = await opened()
    drafts = [DRAFT | {"id": f"01kb{n}", "headline": f"Tide {n}", "level": "ticker"} for n in "ab"]
    feed: dict[str, Any] = {
        "host": "feeds.example",
        "status": "working",
        "sections": [],
        "desk": None,
    }
    feed |= {"read_at": None, "error": None, "error_said": None, "refusal_said": None}
    note = {"did": "withdrawn", "headline": None, "wire": "coast", "version": 1}
    desk: dict[str, list[Any]] = {
        "wires": [feed | {"name": name} for name in ("coast", "hills")],
        "notes": [note | {"item": f"01kb{n}", "item_headline": f"Storm {n}"} for n in "xy"],
    }

    async def remove(route: Route) -> None:
        desk["wires"].pop(0)
        await route.fulfill(status=204)

    async def dismiss(route: Route) -> None:
        [one] = [one for one in drafts if str(one["id"]) in route.request.url]
        drafts.remove(one)
        await route.fulfill(json={"item": one})

    await intercept(page, "**/v1/wire-drafts*", lambda r: r.fulfill(json={"drafts": drafts}))
    await intercept(page, "**/v1/wires", lambda r: r.fulfill(json=desk))
    await intercept(page, "**/v1/wires/*", remove)
    await intercept(page, "**/v1/items/*/retract", dismiss)
    await go(page, newsroom, "wires")
    rows = page.locator("[data-drafts] .row")

    async def look(shown: Locator, count: int) -> None:
        await page.evaluate(LOOK)
        await expect(shown).to_have_count(count)

    approve = rows.nth(1).get_by_role("button", name="Approve")
    await approve.focus()
    before = await approve.element_handle()
    drafts[0] = drafts[0] | {"headline": "Tide turns"}
    await look(rows.filter(has_text="Tide turns"), 1)
    assert await before.evaluate("one => one === document.activeElement"), "it has not changed"
    drafts[1] = drafts[1] | {"headline": "Tide ebbs"}
    await look(rows.filter(has_text="Tide ebbs"), 1)
    await go_on_at(approve)

    # Under the pointer, new drafts wait; what is dismissed meanwhile is not among them.
    await rows.first.hover()
    drafts.append(drafts[0] | {"id": "01kbc", "headline": "Tide gauge fails"})
    await look(page.locator("[data-new]:visible"), 1)
    await rows.nth(1).get_by_role("button", name="Dismiss").press("Enter")
    await expect(rows).to_have_count(1)
    await go_on_at(rows)
    await page.locator("[data-new]").evaluate("one => one.click()")
    assert await rows.locator(".headline").all_inner_texts() == ["Tide turns", "Tide gauge fails"]
    await go_on_at(rows.first)
    drafts.clear()  # colleagues have taken the last one
    await look(rows, 0)
    await go_on_at(page.locator("#title"))

    notes = page.locator("[data-notes-list] li")
    await notes.first.get_by_role("link").focus()
    for left in (1, 0):
        desk["notes"].pop(0)
        await look(notes, left)
        await go_on_at(notes.get_by_role("link") if left else page.locator("#title"))

    feeds = page.locator("[data-feeds] .feed")
    for left in (1, 0):
        await feeds.first.get_by_role("button", name="Remove").press("Enter")
        await expect(dialog(page)).to_be_visible()
        await page.keyboard.press("Enter")
        await expect(feeds).to_have_count(left)
        first = feeds.get_by_role("button", name="Check now")
        await go_on_at(first if left else page.locator("#feeds-title"))

    # A list that comes under an open dialog leads back to the same button.
    person = {"role": "editor", "editions": [], "two_factor": False, "passkeys": []}
    people = [person | {"name": name, "disabled": False} for name in ("Mila Wern", "Tove Wern")]
    await intercept(page, "**/v1/people", lambda r: r.fulfill(json={"people": people}))
    await go(page, newsroom, "people")
    rows = page.locator("[data-people] .row")
    listed = asyncio.Event()

    async def slow_list(route: Route) -> None:
        await listed.wait()
        await route.fulfill(json={"people": people})

    await intercept(page, "**/v1/people", slow_list)
    async with page.expect_request("**/v1/people"):
        await page.evaluate(LOOK)
    await rows.nth(1).get_by_role("button", name="Change").press("Enter")
    await expect(page.locator("#person")).to_be_visible()
    people[:] = [one | {"role": "chief"} for one in people]
    listed.set()
    await expect(rows.nth(1)).to_contain_text("Chief")
    await page.keyboard.press("Escape")
    await go_on_at(rows.nth(1).get_by_role("button", name="Change"))


async def test_a_picture_and_a_message_that_are_gone_lead_on(opened: Opened) -> None:
    page = await opened()
    pictures = [{"id": f"p{n}", "href": PIXEL, "alt": f"Pier {n}"} for n in (1, 2)]
    await intercept(page, "**/v1/media?*", lambda r: r.fulfill(json={"pictures": pictures}))
    browse = page.locator("#write [data-browse]")
    picked = page.locator("#write [data-picked] button")
    for number in (1, 2):
        await browse.press("Enter")
        await expect(page.locator("#library")).to_be_visible()
        await page.locator("#library .thumb").filter(has_text=f"Pier {number}").press("Enter")
        await expect(picked).to_have_count(number)
    await picked.first.press("Enter")
    await go_on_at(page.get_by_label("Remove: Pier 2"))
    await page.keyboard.press("Enter")
    await go_on_at(browse)

    await headline_of(page).fill("Pier of Wern opens")
    await headline_of(page).press("Control+Enter")
    await said(page, "Published")
    await page.get_by_role("button", name="Retract it").press("Enter")
    await expect(dialog(page)).to_be_visible()
    await page.keyboard.press("Escape")
    await go_on_at(headline_of(page))

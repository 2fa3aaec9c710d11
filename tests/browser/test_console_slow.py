"""The console on a slow network: what is typed or clicked meanwhile does nothing else."""

from __future__ import annotations

import asyncio
import re

import pytest
from playwright.async_api import Route, expect

from tests.browser.intercept import answer_late, intercept
from tests.browser.newsroom import Newsroom
from tests.browser.test_console import Opened, dialog, headline_of, opened, posts, row, said
from tests.browser.test_console_drill import template

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

__all__ = ["opened"]


BREAK_OFF_THE_BOARD = """() => {
  const ask = fetch;
  window.fetch = async (path, how) => {
    const answer = await ask(path, how);
    if (!path.startsWith("/console/board")) return answer;
    window.fetch = ask;
    return new Response(new ReadableStream({ pull: (body) => body.error(new TypeError("gone")) }));
  };
  document.dispatchEvent(new Event("ticker-changed"));
}"""
"""The next answer has a status, and then the connection is lost."""


class Held:
    """A route whose requests wait until ``go`` is set; counts those by method."""

    def __init__(self) -> None:
        self.go = asyncio.Event()
        self.methods: list[str] = []

    async def __call__(self, route: Route) -> None:
        self.methods.append(route.request.method)
        await self.go.wait()
        await route.continue_()


async def test_a_template_is_searched_for_while_the_list_loads(
    newsroom: Newsroom,
    opened: Opened,
) -> None:
    """The letters of its name are not taken for commands of the board."""
    template(newsroom, "rarn-weir", title="Rapu of Rarn", level="urgent", headline="Rarn rises")
    newsroom.publish("Weir of Rarn opens")
    page = await opened()
    await row(page, "Weir of Rarn").locator(".row-open").click()
    await expect(page.locator("[data-panel]")).to_be_visible()
    templates = Held()
    await intercept(page, "**/v1/templates", templates)
    await page.keyboard.press("t")
    await page.keyboard.type("rapu")  # retract, approve, pin, undo
    field = page.locator("#palette input")
    await expect(field).to_have_value("rapu")
    await expect(page.locator("#palette-list")).to_have_text("Loading…")
    await page.keyboard.press("Enter")
    await expect(field).to_be_visible()
    await expect(dialog(page)).to_be_hidden()
    templates.go.set()
    await expect(page.locator("#palette [role=option]")).to_have_count(1)
    await page.keyboard.press("Enter")
    await expect(headline_of(page)).to_have_value("Rarn rises")
    await headline_of(page).fill("")


async def test_an_answer_that_comes_late_shows_nothing(
    newsroom: Newsroom,
    opened: Opened,
) -> None:
    """Of two items or two looks into the library, the one that was asked for last is shown."""
    first, _ = (newsroom.publish(f"Lock {n} of Marn opens") for n in (1, 2))
    page = await opened()
    slow = Held()
    await intercept(page, f"**/console/items/{first['id']}", slow)
    panel = page.locator("[data-panel]")
    async with page.expect_request(f"**/console/items/{first['id']}"):
        await row(page, "Lock 1 of Marn").locator(".row-open").click()
    await row(page, "Lock 2 of Marn").locator(".row-open").click()
    await expect(panel.locator("h2")).to_have_text("Lock 2 of Marn opens")
    async with page.expect_response(f"**/console/items/{first['id']}"):
        slow.go.set()
    await page.evaluate("new Promise(requestAnimationFrame)")
    await expect(panel.locator("h2")).to_have_text("Lock 2 of Marn opens")

    answers = [asyncio.Event(), asyncio.Event()]
    held = iter(answers)

    async def library(route: Route) -> None:
        await next(held).wait()
        await route.continue_()

    await intercept(page, "**/v1/media?*", library)
    browse = page.locator("#write [data-browse]")
    for _ in range(2):
        async with page.expect_request("**/v1/media?*"):
            await browse.click()
    async with page.expect_response("**/v1/media?*"):
        answers[1].set()
    shown = page.locator("#library")
    await expect(shown).to_be_visible()
    await page.keyboard.press("Escape")
    async with page.expect_response("**/v1/media?*"):
        answers[0].set()
    await page.evaluate("new Promise(requestAnimationFrame)")
    await expect(shown).to_be_hidden()


async def test_a_question_that_is_on_its_way_is_asked_once_and_takes_the_keys(
    newsroom: Newsroom,
    opened: Opened,
) -> None:
    """A headline that is typed for a correction must not open the retraction."""
    item = newsroom.publish("Weir of Tarn opens")
    page = await opened()
    shown = Held()
    await intercept(page, f"**/v1/items/{item['id']}", shown)
    correct = row(page, "Weir of Tarn").get_by_role("button", name="Correct")
    for _ in range(2):
        await correct.press("Enter")  # wherever the row has moved
    await page.keyboard.press("r")
    await page.keyboard.press("n")
    await expect(headline_of(page)).not_to_be_focused()
    await expect(dialog(page)).to_be_hidden()
    shown.go.set()
    await expect(dialog(page).locator("h2")).to_have_text("Correct")
    await dialog(page).get_by_label("Headline").fill("Weir of Tarn closes")
    await dialog(page).locator("[data-ok]").dblclick()
    await said(page, "Corrected everywhere")
    await expect(row(page, "Weir of Tarn closes")).to_be_visible()
    assert shown.methods == ["GET", "PATCH"]


async def test_a_question_that_comes_late_does_not_change_the_one_that_is_open(
    newsroom: Newsroom,
    opened: Opened,
) -> None:
    late, wrong = newsroom.publish("Weir of Sarn opens"), newsroom.publish("Weir of Varn opens")
    page = await opened()
    shown = Held()
    await intercept(page, f"**/v1/items/{late['id']}", shown)
    await row(page, "Weir of Sarn").get_by_role("button", name="Correct").press("Enter")
    await row(page, "Weir of Varn").get_by_role("button", name="Retract").press("Enter")
    async with page.expect_response(f"**/v1/items/{late['id']}"):
        shown.go.set()
    await expect(dialog(page).locator("[data-quote]")).to_have_text(wrong["headline"])
    await dialog(page).locator("[data-ok]").click()
    await said(page, "Retracted everywhere")
    assert shown.methods == ["GET"]


async def test_the_word_of_an_alert_is_not_typed_into_the_headline(opened: Opened) -> None:
    """The question is open before what it says of readers is there, and is answered after it."""
    page = await opened()
    await page.locator("label.level-flash").click()
    await headline_of(page).fill("Weir of Garn breaks")
    preview, sent = Held(), await posts(page)
    await intercept(page, "**/v1/preview?*", preview)
    await headline_of(page).press("Control+Enter")
    await page.keyboard.type("flash")
    await page.keyboard.press("Enter")
    word = dialog(page).get_by_label("Type FLASH to confirm")
    await expect(word).to_have_value("flash")
    await expect(headline_of(page)).to_have_value("Weir of Garn breaks")
    await expect(dialog(page).locator("[data-ok]")).to_have_attribute("aria-busy", "true")
    refusal = dialog(page).locator(".form-error")
    await expect(refusal).to_have_text(
        "Not sent yet. Read the text when it is here, then press again."
    )
    preview.go.set()
    await expect(dialog(page).locator("[data-text]")).to_contain_text("Readers on screen now")
    await expect(refusal).to_be_hidden()
    await page.keyboard.press("Enter")
    await said(page, "Published")
    assert (preview.methods, sent) == (["POST"], [201])


async def test_a_time_in_the_form_is_on_its_button(opened: Opened) -> None:
    """A time that is left in the closed part of the form does not delay the next item unseen."""
    page = await opened()
    button = page.locator("[data-publish]")
    await expect(button).to_have_text("Publish")
    await page.locator("details.more > summary").click()
    await page.locator("#write [name=at]").fill("2099-03-01T06:00")
    await expect(button).to_have_text("Schedule for Sun, Mar 1, 2099, 06:00")
    await page.get_by_role("button", name="Clear").click()
    await expect(button).to_have_text("Publish")


async def test_a_second_try_after_a_lost_answer_publishes_nothing_twice(opened: Opened) -> None:
    page = await opened()
    keys: list[str | None] = []

    async def lose_the_first_answer(route: Route) -> None:
        keys.append(route.request.headers["idempotency-key"])
        answer = await route.fetch()
        await (route.abort() if len(keys) == 1 else route.fulfill(response=answer))

    await intercept(page, "**/v1/items", lose_the_first_answer)
    await headline_of(page).fill("Weir of Narn opens")
    await headline_of(page).press("Control+Enter")
    error = page.locator("#write > .form-error")
    await expect(error).to_have_text(
        "The newsroom did not answer. Look at the board, or try again."
    )
    await headline_of(page).press("Control+Enter")
    await said(page, "Published")
    await expect(row(page, "Weir of Narn")).to_have_count(1)
    assert keys[0] == keys[1]
    await headline_of(page).fill("Weir of Parn opens")
    await headline_of(page).press("Control+Enter")
    await expect(row(page, "Weir of Parn")).to_have_count(1)
    assert keys[2] != keys[1]
    # Part of the page that breaks off is an answer that was lost too.
    await page.evaluate(BREAK_OFF_THE_BOARD)
    await said(page, "The newsroom did not answer")


async def test_the_next_item_goes_out_while_the_board_is_on_its_way(opened: Opened) -> None:
    page = await opened()
    board = Held()
    await intercept(page, "**/console/board?*", board)
    for number in (1, 2):
        await headline_of(page).fill(f"Quay {number} of Larn opens")
        await headline_of(page).press("Control+Enter")
        await said(page, "Published")
        await expect(headline_of(page)).to_have_value("")
    board.go.set()
    await expect(row(page, "Quay 2 of Larn")).to_be_visible()


async def test_keys_go_on_where_they_were_after_the_row_changes_under_its_question(
    newsroom: Newsroom,
    opened: Opened,
) -> None:
    """Readers, and the board, may have a change before the editor's own request is answered."""
    newsroom.publish("Bridge of Larn opens")
    item = newsroom.publish("Weir of Larn opens")
    page = await opened()
    answered = await answer_late(page, f"**/v1/items/{item['id']}/*")
    changed = row(page, "Weir of Larn")
    await changed.locator(".row-open").focus()
    await page.keyboard.press("r")
    await expect(dialog(page).get_by_label("Reason")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(changed.locator(".state")).to_have_text("Retracted")
    answered.set()
    await said(page, "Retracted everywhere")
    await expect(changed.locator(".row-open")).to_be_focused()
    await page.keyboard.press("Enter")
    panel = page.locator("[data-panel]")
    await expect(panel.locator("h2")).to_have_text(item["headline"])

    await row(page, "Bridge of Larn").locator(".row-open").press("Enter")
    button = panel.locator("[data-act=retract]")
    await button.focus()
    before = await button.element_handle()
    await page.evaluate("document.dispatchEvent(new Event('ticker-changed'))")
    await page.wait_for_function("one => !one.isConnected", arg=before)
    await expect(button).to_be_focused()
    await changed.locator(".row-open").focus()  # beside the panel of the other item
    before = await button.element_handle()
    await page.evaluate("document.dispatchEvent(new Event('ticker-changed'))")
    await page.wait_for_function("one => !one.isConnected", arg=before)
    await expect(changed).to_have_class(re.compile("current"))


async def test_keys_go_on_in_the_panel_when_its_row_leaves_under_its_question(
    newsroom: Newsroom,
    opened: Opened,
) -> None:
    item = newsroom.publish("Draft of Larn waits", draft=True)
    page = await opened()
    await page.get_by_role("button", name="Drafts", exact=True).click()
    await page.locator("[data-search]").fill("of Larn waits")
    await row(page, item["headline"]).locator(".row-open").press("Enter")
    panel = page.locator("[data-panel]")
    answered = await answer_late(page, f"**/v1/items/{item['id']}/approve")
    await panel.locator("[data-act=approve]").press("Enter")
    await expect(dialog(page)).to_be_visible()
    await page.keyboard.press("Enter")
    await expect(page.locator("#board .row")).to_have_count(0)
    await expect(panel.locator("[data-act=approve]")).to_have_count(0)
    answered.set()
    await said(page, "Approved and published")
    await expect(panel.locator("h2")).to_be_focused()

"""Templates, drills and cancellations in the console, in Chromium."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from playwright.async_api import Page, expect

from tests.browser.newsroom import Newsroom
from tests.browser.test_console import (
    PASSWORD,
    Opened,
    dialog,
    headline_of,
    opened,
    posts,
    ready,
    row,
    said,
)
from tests.browser.test_console_views import WIDE, axe, live_items

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

__all__ = ["opened"]


@pytest.fixture(scope="module")
def reporter(newsroom: Newsroom) -> str:
    """Return the name of a reporter with an account."""
    made = httpx.post(
        f"{newsroom.url}/v1/people",
        json={"name": "Rona Kell", "role": "reporter", "password": PASSWORD},
        headers={"authorization": f"Bearer {newsroom.key}"},
    )
    assert made.status_code == 201, made.text
    return "Rona Kell"


def template(newsroom: Newsroom, name: str, **fields: Any) -> None:
    made = httpx.put(
        f"{newsroom.url}/v1/templates/{name}",
        json={"edition": "en", "push": True} | fields,
        headers={"authorization": f"Bearer {newsroom.key}"},
    )
    assert made.status_code == 200, made.text


async def fill(page: Page, title: str, *values: str) -> None:
    """Fill in a template by keyboard."""
    await page.keyboard.press("t")
    await expect(page.locator("#palette [role=option]").filter(has_text=title)).to_be_visible()
    await page.keyboard.type(title)
    await page.keyboard.press("Enter")
    for value in values:
        await expect(dialog(page).locator("input:focus")).to_have_value("")
        await page.keyboard.type(value)
        await page.keyboard.press("Tab" if value != values[-1] else "Enter")
    await expect(headline_of(page)).to_be_focused()


async def test_an_alert_from_a_template_and_its_cancellation(
    newsroom: Newsroom, opened: Opened
) -> None:
    template(
        newsroom,
        "kell-quake",
        title="Quake of Kell",
        level="urgent",
        headline="Quake of magnitude {magnitude} near {place}",
        tags=["quake", "kell"],
        cancellation="There was no quake near {place}",
    )
    page = await opened()
    await headline_of(page).fill("Half a headline")
    await page.keyboard.press("Escape")
    await page.keyboard.press("t")
    await page.keyboard.type("Quake of Kell")
    await expect(page.locator("#palette [role=option]")).to_have_count(1)
    await page.keyboard.press("Enter")
    await page.keyboard.type("6.1")
    await expect(dialog(page).locator("[data-quote]")).to_have_text(
        "Quake of magnitude 6.1 near {place}"
    )
    await page.keyboard.press("Enter")
    await expect(dialog(page).locator(".form-error")).to_have_text("Fill in every field")
    await page.keyboard.type("Kell <b>Head")
    await page.keyboard.press("Enter")
    await expect(headline_of(page)).to_have_value("Quake of magnitude 6.1 near Kell <b>Head")
    await page.get_by_role("button", name="Bring back my text").click()
    await expect(headline_of(page)).to_have_value("Half a headline")
    await headline_of(page).fill("")
    await page.keyboard.press("Escape")
    await fill(page, "Quake of Kell", "6.1", "Kell <b>Head")
    await page.keyboard.press("Control+Enter")
    await said(page, "Published")
    [item] = [one for one in live_items(newsroom) if "Quake of mag" in one["headline"]]
    assert (item["level"], item["tags"]) == ("urgent", ["quake", "kell"])
    await row(page, "Quake of magnitude").locator(".row-open").click()
    await page.get_by_role("button", name="Cancel the alert").click()
    text = dialog(page).get_by_label("Cancellation")
    await expect(text).to_have_value("There was no quake near Kell <b>Head")
    await dialog(page).get_by_role("button", name="Retract and publish this").click()
    await said(page, "Retracted, and the cancellation is published")
    found = [one["headline"] for one in live_items(newsroom) if "uake" in one["headline"]]
    assert found == ["There was no quake near Kell <b>Head"]


async def test_a_drill_looks_like_nothing_else_and_goes_nowhere(
    newsroom: Newsroom, opened: Opened
) -> None:
    template(newsroom, "kell-dam", title="Dam of Kell", level="flash", headline="Dam {state}")
    page = await opened()
    await headline_of(page).fill("In earnest")
    await page.keyboard.press("Escape")
    await page.keyboard.press("Control+K")
    await page.keyboard.type("Start a drill")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/console/drill")
    await ready(page)
    await expect(headline_of(page)).to_have_value("")  # the text of the real thing is not here
    sent = await posts(page)
    await fill(page, "Dam of Kell", "of Kell breaks")
    await page.locator("[data-channels] summary").first.click()
    await expect(page.locator("[data-channels] .drill-note")).to_contain_text("DRILL")
    await headline_of(page).press("Control+Enter")
    word = dialog(page).get_by_label("Type DRILL to confirm")
    await word.fill("flash")
    await page.keyboard.press("Enter")
    await expect(dialog(page).locator(".form-error")).to_have_text("Type DRILL")
    await expect(dialog(page).locator("h2")).to_have_text("DRILL · Send this drill: Flash")
    await axe(page, "question")
    await word.fill("drill")
    await page.keyboard.press("Enter")
    await said(page, "DRILL · Sent. No reader has it")
    assert sent == [201]
    await row(page, "Dam of Kell breaks").locator(".row-open").click()
    await page.get_by_role("button", name="Cancel the alert").click()
    await dialog(page).get_by_role("button", name="Retract and send drill").click()
    await said(page, "DRILL · Sent. No reader has it")
    await headline_of(page).fill("Left over from the drill")
    await page.get_by_role("link", name="End the drill").click()
    await ready(page)
    await expect(headline_of(page)).to_have_value("In earnest")
    one = row(page, "Dam of Kell breaks")
    await expect(one.locator(".chip").first).to_have_text("DRILL")
    assert [one for one in live_items(newsroom) if "Dam" in one["headline"]] == []


async def test_a_reporter_drafts_a_drill_that_somebody_else_sends(
    newsroom: Newsroom, opened: Opened, reporter: str
) -> None:
    own = await opened(reporter)
    await own.goto(f"{newsroom.url}/console/drill")
    await ready(own)
    await headline_of(own).fill("Mast of Kell falls")
    await headline_of(own).press("Control+Enter")
    await said(own, "DRILL · Saved as a draft")
    await expect(row(own, "Mast of Kell falls").locator(".mark-test")).to_have_text("DRILL")
    chief = await opened()
    await row(chief, "Mast of Kell falls").locator("[data-act=approve]").click()
    await expect(dialog(chief).locator("h2")).to_have_text("DRILL · Send this drill?")
    await expect(dialog(chief).locator("[data-text]")).to_have_text(
        "No reader, phone or feed gets it."
    )
    await dialog(chief).get_by_role("button", name="Send drill").click()
    await said(chief, "DRILL · Sent. No reader has it")
    assert [one for one in live_items(newsroom) if "Mast" in one["headline"]] == []


async def test_axe_finds_nothing_in_a_drill_on_a_phone(newsroom: Newsroom, opened: Opened) -> None:
    item = newsroom.publish("سد كيل", "ar", level="flash", test=True)
    page = await opened(locale="ar", width=390)
    await page.goto(f"{newsroom.url}/console/drill")
    await ready(page)
    assert await page.evaluate(WIDE) == 0
    await page.locator("nav.tabs button").first.click()
    await page.locator("details.more summary").click()
    await headline_of(page).fill("سد كيل")
    assert await page.evaluate(WIDE) == 0
    await axe(page, "form")
    await page.locator("nav.tabs button").last.click()
    await page.locator(f"#row-{item['id']} .row-open").click()
    await expect(page.locator("[data-panel] .drill-note")).to_be_visible()
    await axe(page, "panel")

"""The console in Chromium: an editor's work by keyboard, by mouse and on a phone."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import Browser, Locator, Page, Route, ViewportSize, expect

from tests.browser.intercept import intercept
from tests.browser.newsroom import Newsroom
from tests.browser.watching import watch_page
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
RUN_AXE = """(rules) => axe.run({
  resultTypes: ["violations"], ...(rules.length && { runOnly: rules })
})"""
ZONE = ZoneInfo("Asia/Kathmandu")
PASSWORD = "seven grey herons"
TAP = 44
"""Least height of a button on a phone, in pixels (WCAG 2.5.5)."""

ACTS_ARE_BELOW = """(row) => {
  const { bottom } = row.getBoundingClientRect();
  const line = row.querySelector(".headline").getBoundingClientRect();
  const acts = [...row.querySelectorAll(".act")].map((act) => act.getBoundingClientRect());
  return acts.length > 0
    && acts.every((act) => act.height && act.top >= line.bottom && act.bottom <= bottom);
}"""
"""Whether all buttons of a row are below its headline and within it, at one moment."""

Opened = Callable[..., Awaitable[Page]]


@pytest.fixture(scope="module")
def people(newsroom: Newsroom) -> None:
    """Accounts of a reporter and an editor."""
    for name, role in (("Ana Kell", "reporter"), ("Eva Kell", "editor")):
        made = httpx.post(
            f"{newsroom.url}/v1/people",
            json={"name": name, "role": role, "password": PASSWORD},
            headers={"authorization": f"Bearer {newsroom.key}"},
        )
        assert made.status_code == 201, made.text


@pytest_asyncio.fixture(loop_scope="session")
async def opened(browser: Browser, newsroom: Newsroom) -> AsyncIterator[Opened]:
    """Open the console, signed in with the newsroom's key or as ``person``; None: not at all.

    A script error or a violation of the page's policy fails the test.
    """
    contexts = []
    wrong: list[str] = []

    async def opened(person: str | None = "", width: int = 1280, **options: Any) -> Page:
        size = ViewportSize(width=width, height=900)
        context = await browser.new_context(**({"viewport": size, "locale": "en-GB"} | options))
        contexts.append(context)
        if person is not None:
            named = {"name": person, "password": PASSWORD}
            entry = named if person else {"key": newsroom.key}
            done = await context.request.post(f"{newsroom.url}/v1/session", data=entry)
            assert done.ok, await done.text()
        page = await context.new_page()
        watch_page(page, wrong)
        await page.goto(f"{newsroom.url}/console")
        if person is not None:
            await ready(page)
        return page

    yield opened
    for context in contexts:
        await context.close()
    assert wrong == []


async def ready(page: Page) -> None:
    """Wait until the page's scripts have started, and the board follows the lane."""
    await expect(page.locator(".status[data-phase=live]")).to_be_visible()


def row(page: Page, headline: str) -> Locator:
    return page.locator("#board .row").filter(has_text=headline)


def headline_of(page: Page) -> Locator:
    return page.locator("#write [name=headline]")


def dialog(page: Page) -> Locator:
    return page.locator("#act")


async def said(page: Page, text: str) -> None:
    """Wait for a toast with ``text``, the newest. It is not taken for that of a later action."""
    toast = page.locator(".toast:not([data-heard])").last
    await expect(toast).to_contain_text(text)
    await page.evaluate(
        "for (const one of document.querySelectorAll('.toast')) one.dataset.heard = ''"
    )


async def posts(page: Page, before: Callable[[int], object] = lambda _: None) -> list[int]:
    """Return a list that grows with the status of each item sent; ``before`` is called first."""
    found: list[int] = []

    async def send(route: Route) -> None:
        if route.request.method == "POST":
            before(len(found))
            answer = await route.fetch()
            found.append(answer.status)
            await route.fulfill(response=answer)
        else:
            await route.continue_()

    await intercept(page, "**/v1/items", send)
    return found


async def test_a_day_by_keyboard_alone(newsroom: Newsroom, opened: Opened) -> None:
    """Sign in with a key, publish, correct, retract, and read the history."""
    page = await opened(None)
    # A newsroom without accounts asks for the key first; other tests may have made some.
    if await page.locator("form > label [name=key]").count():
        await expect(page.locator("[name=key]")).to_be_focused()
    else:
        await expect(page.locator("[name=name]")).to_be_focused()
        for _ in range(3):
            await page.keyboard.press("Tab")  # the password, the button, the other way
        await page.keyboard.press("Enter")
        await page.keyboard.press("Tab")
    await page.keyboard.type("tk_" + "x" * 32)
    await page.keyboard.press("Enter")
    await expect(page.locator(".form-error")).to_contain_text("editor key")
    await expect(page.locator("[name=key]")).to_be_focused()
    await page.keyboard.press("Control+A")
    await page.keyboard.type(newsroom.key)
    await page.keyboard.press("Enter")
    await ready(page)
    await expect(page).to_have_url(f"{newsroom.url}/console")

    await page.keyboard.press("n")
    await page.keyboard.type("Lighthouse of Kell shines agian")
    await page.keyboard.press("Control+Enter")
    await said(page, "Published")
    await expect(headline_of(page)).to_have_value("")
    await expect(page.locator("#board .row").first).to_contain_text("shines agian")

    await page.keyboard.press("Escape")
    await page.keyboard.press("j")
    await page.keyboard.press("c")
    await expect(dialog(page).locator("textarea").first).to_be_focused()
    await page.keyboard.press("Control+A")
    await page.keyboard.type("Lighthouse of Kell shines again")
    await page.keyboard.press("Tab")
    await page.keyboard.type("A word was misspelt.")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await said(page, "Corrected everywhere")
    await expect(row(page, "shines again")).to_contain_text("Corrected")

    await page.keyboard.press("r")
    await page.keyboard.type("The keeper denies it")
    await page.keyboard.press("Enter")
    await said(page, "Retracted everywhere")
    await expect(page.locator(".toast").filter(has_text="Published")).to_have_count(0)
    await expect(row(page, "shines again").locator(".state")).to_have_text("Retracted")
    await page.keyboard.press("Enter")
    history = page.locator(".history > li")
    await expect(history.locator("p:first-child b")).to_have_text(
        ["Retracted", "Corrected", "Published"]
    )
    await expect(history.nth(0)).to_contain_text("The keeper denies it")
    await expect(history.nth(1).locator("del").first).to_contain_text("agian")
    await page.keyboard.press("Escape")
    await expect(page.locator("[data-panel]")).to_be_hidden()


async def test_a_flash_needs_its_word_and_can_be_taken_back(opened: Opened) -> None:
    page = await opened()
    sent = await posts(page)
    await page.locator("label.level-flash").click()
    await headline_of(page).fill("Dyke of Kell breaks")
    await page.get_by_role("button", name="Publish", exact=True).click()
    word = dialog(page).get_by_label("Type FLASH to confirm")
    await word.fill("ticker")
    await page.keyboard.press("Enter")
    await expect(dialog(page).locator(".form-error")).to_have_text("Type FLASH")
    await page.keyboard.press("Escape")
    await expect(dialog(page)).to_be_hidden()
    assert sent == []
    await expect(headline_of(page)).to_have_value("Dyke of Kell breaks")
    await page.get_by_role("button", name="Publish", exact=True).click()
    await word.fill("flash")
    # Before that nobody has read what it says, and Enter does nothing.
    await expect(dialog(page).locator("[data-text]")).to_contain_text("Readers on screen now")
    await page.keyboard.press("Enter")
    await said(page, "Published")
    assert sent == [201]
    await expect(row(page, "Dyke of Kell").locator(".chip.level")).to_have_text("Flash")
    await page.get_by_role("button", name="Retract it").click()
    await dialog(page).get_by_role("button", name="Retract").click()
    await said(page, "Retracted everywhere")
    await expect(row(page, "Dyke of Kell").locator(".state")).to_have_text("Retracted")


async def test_a_flash_for_a_second_person_says_so_and_asks_for_its_word_first(
    opened: Opened,
) -> None:
    """The word, typed from habit, is not the reason to publish without the second person."""
    page = await opened()

    async def with_rule(route: Route) -> None:
        answer = await route.fetch()
        rule = '"twoPerson": ["flash"]'
        await route.fulfill(
            response=answer, body=re.sub(r'"twoPerson": ?\[\]', rule, await answer.text())
        )

    await intercept(page, "**/console", with_rule)
    await page.reload()
    await ready(page)
    await page.locator("label.level-flash").click()
    await headline_of(page).fill("Lock of Kell fails")
    await headline_of(page).press("Control+Enter")
    word = dialog(page).get_by_label("Type FLASH to confirm")
    await expect(word).to_be_focused()
    ok = dialog(page).locator("[data-ok]")
    await expect(ok).to_have_text("Send for approval")
    reason = dialog(page).get_by_label("Publish without a second person: reason")
    await reason.fill("Nobody else is here")
    await expect(ok).to_have_text("Publish a Flash")
    await reason.fill("")
    await expect(ok).to_have_text("Send for approval")


@pytest.mark.parametrize(
    ("language", "texts"),
    [
        (
            "en",
            ("Enter your name and password", "The name or the password is wrong", "at most 280"),
        ),
        ("ar", ("أدخل الاسم وكلمة المرور", "الاسم أو كلمة المرور غير صحيحة", "الحد الأقصى 280")),
    ],
)
@pytest.mark.usefixtures("people")
async def test_refusals_speak_the_language_of_the_page(
    opened: Opened, language: str, texts: tuple[str, str, str]
) -> None:
    empty, wrong, long = texts
    page = await opened(None, locale=language)

    async def asks_for_a_name() -> bool:
        """Whether the page knows that there are accounts; it looks for them every few seconds."""
        await page.reload()
        return await page.locator("form > label [name=key]").count() == 0

    await wait_until(asks_for_a_name, seconds=30)
    error = page.locator(".form-error")
    await page.keyboard.press("Enter")
    await expect(error).to_have_text(empty)
    await page.locator("[name=name]").fill("Nobody of Kell")
    await page.locator("[name=password]").fill("eleven grey herons")
    await page.keyboard.press("Enter")
    await expect(error).to_have_text(wrong)
    page = await opened(locale=language)
    await headline_of(page).fill("ا" * 281)
    await expect(page.locator("[data-hint]")).to_contain_text(long)
    await headline_of(page).press("Control+Enter")
    await expect(page.locator(".field-error")).to_contain_text(long)


@pytest.mark.usefixtures("people")
async def test_a_reporter_writes_and_an_editor_approves(newsroom: Newsroom, opened: Opened) -> None:
    ana = await opened("Ana Kell")
    await expect(ana.get_by_role("button", name="Publish", exact=True)).to_have_count(0)
    await headline_of(ana).fill("Council of Kell meets at noon")
    await ana.keyboard.press("Control+Enter")
    await said(ana, "Saved as a draft")
    await expect(row(ana, "Council of Kell").locator(".state")).to_have_text("Draft")
    await expect(row(ana, "Council of Kell").locator("[data-act=approve]")).to_have_count(0)

    eva = await opened("Eva Kell")
    await eva.get_by_role("button", name="Drafts", exact=True).click()
    draft = row(eva, "Council of Kell")
    await expect(draft).to_contain_text("Ana Kell")
    await draft.get_by_role("button", name="Approve").click()
    await dialog(eva).get_by_role("button", name="Publish").click()
    await said(eva, "Approved and published")
    await expect(draft).to_have_count(0)
    # The reporter's page follows by itself.
    await expect(row(ana, "Council of Kell").locator(".state")).to_have_count(0)

    # Two at once: the second reads what the first has written, and decides.
    council = row(eva, "Council of Kell")
    await eva.get_by_role("button", name="Live", exact=True).click()
    await council.get_by_role("button", name="Correct").press("Enter")
    await dialog(eva).get_by_label("Headline").fill("Council of Kell meets again")
    path = f"/v1/items/{await council.get_attribute('data-id')}"
    change = {"headline": "Council of Kell meets tonight"}
    async with httpx.AsyncClient(headers={"authorization": f"Bearer {newsroom.key}"}) as first:
        assert (await first.patch(newsroom.url + path, json=change)).status_code == 200
    save = dialog(eva).get_by_role("button", name="Save")
    await save.click()
    await expect(dialog(eva).locator(".form-error")).to_contain_text("meets tonight")
    await expect(dialog(eva).get_by_label("Headline")).to_have_value("Council of Kell meets again")
    await save.click()
    await said(eva, "Corrected everywhere")
    await expect(row(eva, "Council of Kell meets again")).to_have_count(1)

    # An approval of what has a time says when it goes out, and is for the text in the dialog.
    await headline_of(ana).fill("Bridge of Kell opens tomorrow")
    await ana.get_by_text("More fields").click()
    at = datetime.now() + timedelta(days=1)
    await ana.get_by_label("Publish at").fill(at.strftime("%Y-%m-%dT%H:%M"))
    await ana.keyboard.press("Control+Enter")
    drafts = eva.get_by_role("button", name="Drafts", exact=True)
    await said(ana, "Saved as a draft")
    await drafts.click()  # sooner than by itself
    draft = row(eva, "Bridge of Kell")
    await draft.get_by_role("button", name="Approve").press("Enter")  # wherever the row has moved
    await expect(dialog(eva).locator("[data-quote]")).to_have_text("Bridge of Kell opens tomorrow")
    mine = row(ana, "Bridge of Kell")
    await mine.get_by_role("button", name="Correct").press("Enter")  # wherever the row has moved
    await expect(dialog(ana).locator("[data-text]")).to_have_text("Eva Kell is editing this.")
    await dialog(ana).get_by_label("Headline").fill("Bridge of Kell opens on Friday")
    await dialog(ana).get_by_role("button", name="Save").click()
    await said(ana, "Saved")
    await dialog(eva).get_by_role("button", name="Approve").click()
    await expect(dialog(eva).locator(".form-error")).to_contain_text("changed it meanwhile")
    await dialog(eva).get_by_role("button", name="Cancel").click()
    await drafts.click()
    draft = row(eva, "opens on Friday")
    await draft.get_by_role("button", name="Approve").press("Enter")  # wherever the row has moved
    await expect(dialog(eva).locator("[data-text]")).to_contain_text(
        "It goes to all readers of its"
    )
    await dialog(eva).get_by_role("button", name="Approve").click()
    await said(eva, "Approved. It is published on ")


async def test_what_has_just_been_sent_is_taken_back(opened: Opened) -> None:
    """The text is in the form again; without the button the item goes out, and the page says so."""
    page = await opened()
    seconds = 10.0

    async def send(route: Route) -> None:
        body = route.request.post_data_json
        assert isinstance(body, dict)
        await route.continue_(post_data=json.dumps(body | {"undo_window": seconds}))

    await intercept(page, "**/v1/items", send)
    await headline_of(page).fill("Lock of Kell is open")
    await page.keyboard.press("Control+Enter")
    await said(page, "Goes out in ")
    await expect(row(page, "Lock of Kell").locator(".state")).to_have_text("Scheduled")
    await page.get_by_role("button", name="Undo").click()
    await said(page, "Taken back; no reader had it")
    await expect(headline_of(page)).to_have_value("Lock of Kell is open")
    await expect(row(page, "Lock of Kell").locator(".state")).to_have_text("Withdrawn")

    seconds = 0.3
    await page.keyboard.press("Control+Enter")
    await said(page, "Published")
    await expect(page.get_by_role("button", name="Undo")).to_have_count(0)


async def test_schedule_in_the_time_of_the_place(opened: Opened) -> None:
    page = await opened(timezone_id=ZONE.key)
    at = (datetime.now(UTC) + timedelta(days=1)).replace(second=0, microsecond=0)
    await headline_of(page).fill("Budget of Kell is presented")
    await page.get_by_text("More fields").click()
    await page.get_by_label("Publish at").fill(at.astimezone(ZONE).strftime("%Y-%m-%dT%H:%M"))
    await page.get_by_role("button", name="Schedule for").click()
    await said(page, "Scheduled for")
    await page.get_by_role("button", name="Scheduled", exact=True).click()
    one = row(page, "Budget of Kell")
    written = await one.locator("time").get_attribute("datetime")
    assert datetime.fromisoformat(str(written)) == at
    await one.get_by_role("button", name="Reschedule").press("Enter")  # wherever the row has moved
    await dialog(page).get_by_role("button", name="Save").click()
    await expect(dialog(page).locator(".form-error")).to_have_text("Choose a time")
    await dialog(page).get_by_role("button", name="Cancel").click()
    await one.get_by_role("button", name="Publish now").press("Enter")
    await dialog(page).get_by_role("button", name="Publish now").click()
    await said(page, "Published now")
    await expect(one).to_have_count(0)


@pytest.mark.usefixtures("people")
async def test_a_session_that_has_ended_loses_no_text(newsroom: Newsroom, opened: Opened) -> None:
    """The request waits for the editor, and goes out once; never in another person's name."""
    page = await opened()
    text = "Tram line of Kell reopens"

    cookies = await page.context.cookies()

    def end(sent: int) -> None:
        if sent == 0:
            secret = {one["name"]: one["value"] for one in cookies if "name" in one}
            done = httpx.delete(f"{newsroom.url}/v1/session", cookies=secret)
            assert done.status_code == 204

    sent = await posts(page, end)
    await headline_of(page).fill(text)
    await page.keyboard.press("Control+Enter")
    ended = page.get_by_role("dialog", name="Your session has ended")
    await expect(ended).to_be_visible()
    for _ in range(2):  # the second closes a dialog in Chromium
        await page.keyboard.press("Escape")
    await expect(ended).to_be_visible()
    await expect(headline_of(page)).to_have_value(text)
    await expect(ended.get_by_label("Editor key")).to_be_focused()  # as before
    await ended.get_by_label("Editor key").fill(newsroom.key)
    await page.keyboard.press("Enter")
    await said(page, "Published")
    await expect(ended).to_be_hidden()
    assert sent == [401, 201]
    await expect(headline_of(page)).to_have_value("")
    await expect(row(page, text)).to_have_count(1)

    sent.clear()
    cookies = await page.context.cookies()
    await headline_of(page).fill("Bus line of Kell reopens")
    await page.keyboard.press("Control+Enter")
    await ended.get_by_text("Sign in with a name and password").click()
    await ended.get_by_label("Name").fill("Eva Kell")
    await ended.get_by_label("Password").fill(PASSWORD)
    await page.keyboard.press("Enter")
    await expect(page.locator(".menu summary")).to_contain_text("Eva Kell")
    await expect(headline_of(page)).to_have_value("Bus line of Kell reopens")
    assert sent == [401]

    sent.clear()
    cookies = await page.context.cookies()
    await headline_of(page).press("Control+Enter")
    await expect(ended).to_be_visible()
    entry = {"name": "Eva Kell", "password": PASSWORD}
    assert (await page.context.request.post(f"{newsroom.url}/v1/session", data=entry)).ok
    other = await page.context.new_page()  # where somebody has signed in, at a provider too
    await other.goto(f"{newsroom.url}/console")
    await said(page, "Published")
    assert sent == [401, 201]


@pytest.mark.usefixtures("people")
async def test_a_second_editor_sees_an_arabic_item_at_once(opened: Opened) -> None:
    """Two presses of the keys publish it once, and buttons cover no headline."""
    eva = await opened("Eva Kell", locale="ar")
    page = await opened()
    sent = await posts(page)
    text = "استئناف خدمة العبارات بين ضفتي نهر كيل"
    await page.locator("#write [name=edition]").select_option("ar")
    await expect(headline_of(page)).to_have_attribute("dir", "rtl")
    await headline_of(page).fill(text)
    await page.keyboard.press("Control+Enter")
    await page.keyboard.press("Control+Enter")
    await said(page, "Published")
    assert sent == [201]
    for one in (eva, page):
        headline = row(one, text).locator(".headline")
        await expect(headline).to_be_visible()
        await expect(headline).to_have_attribute("lang", "ar")
        await expect(headline).to_have_attribute("dir", "rtl")
        assert await row(one, text).evaluate(ACTS_ARE_BELOW)


async def test_on_a_phone(opened: Opened) -> None:
    page = await opened(width=390, has_touch=True, is_mobile=True)
    tabs = page.locator("nav.tabs")
    await tabs.get_by_role("button", name="Write").tap()
    await page.locator("details.more > summary").first.tap()
    time = await page.locator("#write [name=at]").bounding_box()
    assert time is not None
    assert time["width"] > 220, "the hour is seen beside the date"
    await headline_of(page).fill("Market of Kell opens early")
    await page.get_by_role("button", name="Publish", exact=True).tap()
    await said(page, "Published")
    wide = "document.documentElement.scrollWidth - innerWidth"
    assert await page.evaluate(wide) == 0
    await tabs.get_by_role("button", name="Board").tap()
    one = row(page, "Market of Kell")
    await expect(one).to_be_visible()
    assert await page.evaluate(wide) == 0
    for button in [*await one.locator(".act").all(), *await tabs.locator("button").all()]:
        box = await button.bounding_box()
        assert box is not None
        assert box["height"] >= TAP
    await one.locator(".headline").tap()
    await expect(page.locator("[data-panel] h3")).to_have_text("History")
    await page.locator("[data-close]").tap()
    await one.get_by_role("button", name="Retract").tap()
    await dialog(page).get_by_role("button", name="Retract").tap()
    await said(page, "Retracted everywhere")


async def _axe(page: Page, where: str) -> None:
    await page.evaluate(AXE.read_text())
    for scheme, rules in (("light", []), ("dark", ["color-contrast", "link-in-text-block"])):
        await page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
        found = await page.evaluate(RUN_AXE, rules)
        violations = [
            (one["id"], [node["html"][:160] for node in one["nodes"]])
            for one in found["violations"]
        ]
        assert violations == [], (where, scheme)


@pytest.mark.parametrize("language", ["en", "ar"])
async def test_axe_finds_nothing(newsroom: Newsroom, opened: Opened, language: str) -> None:
    item = newsroom.publish(f"Tower of Kell lit {language}", language, level="urgent")
    newsroom.change(item, headline=f"Tower of Kell unlit {language}", correction="It is dark.")
    newsroom.publish(f"Tower of Kell closes {language}", language, draft=True)
    await _axe(await opened(None, locale=language), "sign-in")
    page = await opened(locale=language)
    await page.locator("[data-search]").fill("Tower of Kell")
    await row(page, f"unlit {language}").locator(".row-open").click()
    await expect(page.locator(".history > li")).to_have_count(2)
    await headline_of(page).fill("x" * 100)
    await page.locator("label.level-flash").click()
    await _axe(page, "board, form and panel")
    await page.locator("[data-publish]").click()
    await expect(dialog(page)).to_be_visible()
    await dialog(page).locator("[data-ok]").click()
    await expect(dialog(page).locator(".form-error")).to_be_visible()
    await _axe(page, "flash")


async def test_an_item_shows_on_how_many_screens_it_is(opened: Opened) -> None:
    """The console's own connection is one of them."""
    page = await opened()
    await page.keyboard.press("n")
    await page.keyboard.type("Lighthouse keeper counts gannets")
    await page.keyboard.press("Control+Enter")
    await expect(page.locator(".toast").last).to_contain_text("On screens: ")
    await page.get_by_role("button", name="Lighthouse keeper counts gannets").click()
    receipts = page.locator("[data-receipts]")
    await expect(receipts).to_contain_text("Published")
    await expect(receipts).to_contain_text("On screens: ")


@pytest.mark.parametrize(
    ("language", "link", "story", "gone", "warning"),
    [
        (
            "es",
            "debe ser una dirección http o https",
            "debe tener de 1 a 128 letras (A a Z), cifras, «.», «_» o «-»",
            "El estado de la noticia es «retirada»; publique una nueva",
            "el titular no está en escritura árabe, y su idioma es ar",
        ),
        (
            "ar",
            "يجب أن يكون عنوان http أو https",
            "يجب أن يكون من 1 إلى 128 من الحروف (A إلى Z) والأرقام و«.» و«_» و«-»",
            "حالة الخبر «مسحوب»؛ انشر خبرًا جديدًا",
            "العنوان ليس بالكتابة العربية، ولغته ar",
        ),
    ],
)
async def test_what_the_server_refuses_is_said_in_the_language_of_the_page(
    newsroom: Newsroom,
    opened: Opened,
    language: str,
    link: str,
    story: str,
    gone: str,
    warning: str,
) -> None:
    page = await opened(locale=language)
    await headline_of(page).fill(f"Mill of Kell {language}")
    await page.evaluate("document.querySelector('#write details').open = true")
    await page.locator("#write [name=link]").fill("ftp://mill.example")
    await page.locator("#write [name=story]").fill("two words")
    await headline_of(page).press("Control+Enter")
    await expect(page.locator(".field-error")).to_have_count(2)
    assert sorted(await page.locator(".field-error").all_inner_texts()) == sorted([link, story])
    item = newsroom.publish(f"Bridge of Kell {language}", "en")
    newsroom.retract(item)
    told = await page.evaluate(
        """async (id) => {
          const { src } = document.querySelector("script[type=module]");
          const { call } = await import(new URL("api.js", src));
          const address = `/v1/items/${id}`;
          const change = call("PATCH", address, { headline: "Back" }, { "if-match": "*" });
          return change.then(() => "", (problem) => problem.message);
        }""",
        item["id"],
    )
    assert told == gone
    await headline_of(page).fill(f"The harbour of {language} opens again")
    await page.locator("#write [name=edition]").select_option("ar")
    await page.locator("#write [name=link]").fill("")
    await page.locator("#write [name=story]").fill("")
    await headline_of(page).press("Control+Enter")
    await expect(page.locator(".toast").filter(has_text=warning)).to_be_visible()

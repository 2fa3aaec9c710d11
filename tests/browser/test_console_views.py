"""The console's pages beside the board in Chromium: wire desk, pictures, audit and people."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any

import httpx
import orjson
import pyotp
import pytest
from playwright.async_api import Page, Route, expect

from tests.browser.intercept import intercept
from tests.browser.newsroom import Newsroom
from tests.browser.test_console import (
    AXE,
    PASSWORD,
    RUN_AXE,
    Opened,
    headline_of,
    opened,
    row,
    said,
)
from tests.support.http_server import Answer, Asked, ScriptedServer, listening
from tests.support.pictures import CAPTION, exif, saved, striped

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

__all__ = ["opened"]

WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
SECRET = re.compile(r"\w{4}( \w{4})+")
"""A secret of one-time codes as it is shown: in groups."""


@pytest.fixture(scope="module")
def account(newsroom: Newsroom) -> str:
    """Return the name of an editor with an account."""
    made = httpx.post(
        f"{newsroom.url}/v1/people",
        json={"name": "Iva Moor", "role": "editor", "password": PASSWORD},
        headers={"authorization": f"Bearer {newsroom.key}"},
    )
    assert made.status_code == 201, made.text
    return "Iva Moor"


class Agency(ScriptedServer):
    """A JSON feed of an agency, with a flash among its entries."""

    def __init__(self) -> None:
        super().__init__([])
        self.entries: list[tuple[str, str, str | None]] = [
            ("q1", "Quarry of Kell reopens", None),
            ("q2", "Quarry of Kell: road closed", None),
            ("q3", "Quarry of Kell collapses", "flash"),
            ("q4", "Quarry of Kell: of no level", "loud"),
        ]

    def answer(self, asked: Asked) -> Answer:
        items = [
            {
                "id": id,
                "title": title,
                **({"_ticker": {"edition": "en", "level": level}} if level else {}),
            }
            for id, title, level in reversed(self.entries)
        ]
        feed = {"version": "https://jsonfeed.org/version/1.1", "title": "Agency", "items": items}
        return Answer(200, orjson.dumps(feed))


async def go(page: Page, newsroom: Newsroom, name: str) -> None:
    await page.goto(f"{newsroom.url}/console/{name}")
    await expect(page.locator("body[data-ready]")).to_be_attached()


def live_items(newsroom: Newsroom) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = httpx.get(f"{newsroom.url}/v1/items?edition=en").json()["items"]
    return found


def lines_of(file: Path) -> list[str]:
    return file.read_text().splitlines()


async def axe(page: Page, where: str) -> None:
    await page.evaluate(AXE.read_text())
    for scheme, rules in (("light", []), ("dark", ["color-contrast", "link-in-text-block"])):
        await page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
        found = await page.evaluate(RUN_AXE, rules)
        wrong = [
            (one["id"], [node["html"][:160] for node in one["nodes"]])
            for one in found["violations"]
        ]
        assert wrong == [], (where, scheme)


async def test_drafts_of_an_agency_are_approved_with_one_key(
    newsroom: Newsroom, opened: Opened
) -> None:
    page = await opened()
    async with listening(Agency()) as agency:
        await go(page, newsroom, "wires")
        await page.locator("[data-add-feed]").click()
        form = page.locator("#feed")
        await form.locator("[name=name]").fill("quarry")
        await form.locator("[name=url]").fill("https://10.0.0.1/feed")
        await form.locator("[name=edition]").select_option("en")
        await page.keyboard.press("Enter")
        await expect(form.locator(".form-error")).to_contain_text("not a public address")
        await form.locator("[name=url]").fill(f"{agency.url}/feed")
        await page.keyboard.press("Enter")
        rows = page.locator("[data-drafts] .row")
        await expect(rows).to_have_count(3)
        await expect(page.locator(".feed.working")).to_contain_text("quarry")
        await expect(page.locator(".feed-refused")).to_contain_text("Entries refused: 1.")
        await page.keyboard.press("j")
        await expect(rows.first).to_be_focused()
        await expect(rows.first).to_contain_text("collapses")
        await page.keyboard.press("a")  # a flash asks for its word
        await expect(page.locator("#act")).to_be_visible()
        await page.locator("#act [data-ok]").click()
        await expect(page.locator("#act .form-error")).to_contain_text("FLASH")
        await page.keyboard.press("Escape")
        await page.keyboard.press("j")
        async with page.expect_request("**/retract") as dismissing:
            await page.keyboard.press("x")
        # A colleague may have published it since: then nothing is retracted.
        assert (await dismissing.value).headers["if-match"] == '"1"'
        await said(page, "Dismissed: Quarry of Kell: road closed")
        await expect(rows).to_have_count(2)
        await expect(rows.nth(1)).to_be_focused()
        await page.keyboard.press("a")
        await said(page, "Published: Quarry of Kell reopens")
        await expect(rows).to_have_count(1)
    live = live_items(newsroom)
    headlines = [item["headline"] for item in live if "Quarry" in item["headline"]]
    assert headlines == ["Quarry of Kell reopens"]
    await page.locator(".feed").get_by_role("button", name="Change").click()
    await expect(form.locator("[name=url]")).to_have_value(f"{agency.url}/feed")
    await form.locator("[name=desk]").fill("hills")
    await form.locator("[name=section]").select_option("politics")
    async with page.expect_request("**/v1/wires/quarry") as changing:
        await form.locator("[type=submit]").click()
    assert (await changing.value).post_data_json == {"desk": "hills", "sections": ["politics"]}
    await expect(page.locator(".feed")).to_contain_text("hills")
    await page.locator(".feed .danger").click()
    await page.locator("#act [data-ok]").click()
    await expect(page.locator(".feed")).to_have_count(0)


DRAFT = {
    "id": "01kb7q",
    "version": 3,
    "edition": "en",
    "language": "en",
    "dir": "ltr",
    "created_by": "wire:coast",
    "published_at": "2026-11-29T10:00:00Z",
    "state": "draft",
}


async def test_an_approval_says_when_it_goes_out_and_asks_who_is_alone(
    newsroom: Newsroom, opened: Opened
) -> None:
    page = await opened(timezone_id="Asia/Kathmandu")
    drafts = [
        DRAFT | {"id": "01kb7a", "headline": "Tide table", "level": "ticker"},
        DRAFT | {"id": "01kb7b", "headline": "Tide comes", "level": "flash"},
    ]
    reasons: list[str | None] = []

    async def approve(route: Route) -> None:
        body = route.request.post_data_json or {}
        reasons.append(body.get("break_glass"))
        if "01kb7a" in route.request.url:
            at = "2091-02-01T10:00:00Z"
            item = drafts[0] | {"state": "scheduled", "embargo_until": at}
            await route.fulfill(json={"item": item})
        elif reasons[-1] is None:
            problem = {"type": "/problems/conflict", "detail": "Eva, an author, made your key"}
            await route.fulfill(status=409, json=problem)
        else:
            await route.fulfill(json={"item": drafts[1] | {"state": "live"}})

    await intercept(page, "**/v1/wire-drafts*", lambda r: r.fulfill(json={"drafts": drafts}))
    await intercept(page, "**/v1/items/*/approve", approve)

    async def with_the_rule(route: Route) -> None:
        answer = await route.fetch()
        text = (await answer.text()).replace('"twoPerson":[]', '"twoPerson":["flash"]')
        await route.fulfill(response=answer, body=text)

    await intercept(page, "**/console/wires", with_the_rule)
    await go(page, newsroom, "wires")
    rows = page.locator("[data-drafts] .row")
    await rows.filter(has_text="Tide comes").get_by_role("button", name="Approve").click()
    box = page.locator("#act")
    await box.locator("[data-fields] input").fill("flash")
    await box.locator("[data-ok]").click()
    await expect(box.locator("[data-text]")).to_contain_text("Eva, an author, made your key")
    await box.locator("[data-ok]").click()
    await expect(box.locator(".form-error")).to_contain_text("Give a reason")
    await box.locator("[data-fields] input").fill("Alone at night")
    await box.locator("[data-ok]").click()
    await said(page, "Published: Tide comes")
    await rows.filter(has_text="Tide table").get_by_role("button", name="Approve").click()
    await said(page, "It is published on Thu, Feb 1, 2091, 15:45:00 GMT+5:45")
    assert reasons == [None, "Alone at night", None]


async def test_the_audit_says_who_did_what(newsroom: Newsroom, opened: Opened) -> None:
    item = newsroom.publish("Lighthouse of Kell lit")
    newsroom.retract(item, "it is dark")
    page = await opened()
    await go(page, newsroom, "audit")
    await page.locator("[name=item]").fill(item["id"])
    rows = page.locator("[data-entries] .row")
    await expect(rows).to_have_count(2)
    await expect(rows.first).to_contain_text("it is dark")
    await page.locator("[name=action]").select_option("publish")
    await expect(rows).to_have_count(1)
    await expect(rows.first).to_contain_text("Published")
    async with page.expect_download() as downloading:
        await page.locator("[data-download]").click()
    saved_as = await (await downloading.value).path()
    [line] = lines_of(saved_as)
    assert orjson.loads(line)["item"] == item["id"]
    await rows.first.locator("a").click()
    await expect(page.locator("[data-panel] h2")).to_contain_text("Lighthouse of Kell lit")
    later = newsroom.publish("Lighthouse of Kell opens", at="2099-01-01T10:00:00Z", force=True)
    newsroom.retract(later, "no date yet")
    await go(page, newsroom, "audit")
    await page.locator("[name=item]").fill(later["id"])
    await page.locator("[name=action]").select_option("publish")
    await expect(rows).to_have_count(1)
    await expect(rows.first.locator("b")).to_have_text("Scheduled")
    await expect(rows.first).not_to_contain_text("2099-01-01T")
    await expect(rows.first.locator(".changes")).to_contain_text("LevelTicker")


async def test_an_older_page_that_comes_after_new_filters_is_dropped(
    newsroom: Newsroom, opened: Opened
) -> None:
    page = await opened()
    asked: list[str] = []
    slow = asyncio.Event()

    async def answer(route: Route) -> None:
        [query] = [httpx.URL(route.request.url).params]
        asked.append(f"{query.get('by', '')} {query.get('before', '')}".strip())
        if query.get("before") == "n1" and not slow.is_set():
            await slow.wait()
        name = query.get("by") or "all"
        entry = {"id": f"{name}{query.get('before', '')}", "by": name, "at": None}
        await route.fulfill(json={"entries": [entry], "next": f"n{len(asked)}"})

    await intercept(page, "**/v1/audit*", answer)
    await go(page, newsroom, "audit")
    rows = page.locator("[data-entries] .row")
    await expect(rows).to_have_count(1)
    await page.locator("[data-more]").click()
    await expect(page.locator("[data-more]")).to_be_disabled()
    await page.locator("[name=by]").fill("Ana")
    await expect(rows.first).to_contain_text("Ana")
    slow.set()  # the page of the old filters comes now
    await page.locator("[data-more]").click()
    await expect(rows).to_have_count(2)
    await expect(page.locator("[data-more]")).to_be_focused()  # it was disabled meanwhile
    assert asked == ["", "n1", "Ana", "Ana n3"]
    assert [await one.get_attribute("data-id") for one in await rows.all()] == ["Ana", "Anan3"]


DIFFERENCES = (
    ("four dead", "four dead", "four dead"),
    ("", "four dead", "+four dead+"),
    ("Four dead in Kell", "Five dead in Kell", "-Four-+Five+ dead in Kell"),
    ("Four dead in Kell", "Five hurt in Kell", "-Four dead-+Five hurt+ in Kell"),
    ("Fire in Kell", "Fire put out in Kell", "Fire +put out +in Kell"),
    ("Ferry of Kell resumes", "Minister resigns", "-Ferry of Kell resumes-+Minister resigns+"),
    ("مقتل أربعة في كيل", "مقتل خمسة في كيل", "مقتل -أربعة-+خمسة+ في كيل"),
    ("ارتفاع 12% في كيل", "ارتفاع 15% في كيل", "ارتفاع -12-+15+% في كيل"),
    ("<b>Four</b> dead", "<b>Five</b> dead", "<b>-Four-+Five+</b> dead"),
)


async def test_utc_has_one_name_in_arabic(opened: Opened) -> None:
    page = await opened(locale="ar", timezone_id="UTC")
    text = await page.evaluate(
        """async () => {
          const { timeText } = await import("/console/assets/dialogs.js");
          return timeText("2026-11-29T10:00:00Z", true);
        }"""
    )
    assert "غرينتش" in text
    assert "UTC" not in text


async def test_two_versions_differ_by_words(newsroom: Newsroom, opened: Opened) -> None:
    page = await opened(None)
    found = await page.evaluate(
        """async (pairs) => {
          const { changed, differences } = await import("/console/assets/differences.js");
          const mark = { same: "", gone: "-", new: "+" };
          return pairs.map(([before, after]) => {
            const parts = differences(before, after);
            const without = (kind) =>
              parts.filter(([one]) => one !== kind).map(([, text]) => text).join("");
            if (without("new") !== before || without("gone") !== after) return "not the texts";
            const box = changed(before, after);
            if (box.querySelector(":not(ins, del)")) return "markup of a text";
            const marked = parts.map(([kind, text]) => mark[kind] + text + mark[kind]).join("");
            return [marked, box.dir];
          });
        }""",
        [pair[:2] for pair in DIFFERENCES],
    )
    expected = [[marked, "rtl" if "كيل" in marked else "ltr"] for _, _, marked in DIFFERENCES]
    assert found == expected
    shown = await page.evaluate(
        """async () => {
          const { changed } = await import("/console/assets/differences.js");
          const field = (name) => name.toUpperCase();
          const say = { time: (at) => `at ${at.slice(11, 16)}`, field };
          const first = "2026-11-29T10:00:00.000Z";
          const quay = { href: "https://x.example/a/quay.webp?w=1", alt: null };
          const long = (word) => Array(1500).fill(0).map((_, at) => word + at).join(" ");
          return [
            changed(["politics", "health"], ["politics", "economy"]).innerHTML,
            changed("2026-11-29T10:00:00Z", "2026-11-29T11:00:00Z").innerHTML,
            changed(null, "A note").innerHTML,
            changed(null, first, say).innerHTML,
            changed(null, [quay, { alt: "A quay" }], say).innerHTML,
            changed(null, { given_at: first, given_by: null, push: true }, say).innerHTML,
            changed(long("a"), long("b")).querySelectorAll("del, ins").length,
          ];
        }"""
    )
    assert shown == [
        "politics, <del>health</del>, <ins>economy</ins>",
        "<del>2026-11-29T10:00:00Z</del> <ins>2026-11-29T11:00:00Z</ins>",
        "<ins>A note</ins>",
        "<ins>at 10:00</ins>",
        "<ins>quay.webp, A quay</ins>",
        "<ins>GIVEN_AT: at 10:00; PUSH: ✓</ins>",
        2,
    ]


async def test_a_chief_manages_accounts(newsroom: Newsroom, opened: Opened, account: str) -> None:
    page = await opened()
    await go(page, newsroom, "people")
    await page.keyboard.press("n")
    form = page.locator("#person")
    await form.locator("[name=name]").fill("Noor Kell")
    await form.locator("[name=role]").select_option("reporter")
    await form.locator("[value=ar]").check()
    await page.keyboard.press("Enter")
    await expect(page.locator("#secret [data-secret]")).to_contain_text("-")
    person = page.locator("[data-people] .row").filter(has_text="Noor Kell")
    await page.keyboard.press("Escape")
    await expect(person).to_contain_text("Reporter")
    await expect(person).to_contain_text("ar")
    await person.get_by_role("button", name="Disable").click()
    await page.locator("#act [data-ok]").click()
    await expect(person).to_contain_text("Disabled")
    await person.get_by_role("button", name="Enable").click()
    await expect(person).not_to_contain_text("Disabled")
    own = await opened(account)
    await go(own, newsroom, "account")
    await own.locator("[data-own-codes]").click()
    await own.locator("#proof [name=password]").fill(PASSWORD)
    await own.keyboard.press("Enter")
    await expect(own.locator("#codes [data-secret]")).to_have_text(SECRET)
    await own.locator("#codes [name=code]").fill("000000")
    await own.keyboard.press("Enter")
    await expect(own.locator("#codes .form-error")).to_be_visible()
    await own.keyboard.press("Escape")
    elsewhere = await opened(account)
    await own.reload()
    sessions = own.locator("[data-sessions] .row")
    await expect(sessions).to_have_count(2)
    await expect(sessions.filter(has_text="this browser")).to_have_count(1)
    await sessions.get_by_role("button", name="End").click()
    await said(own, "ends within seconds")
    await expect(sessions).to_have_count(1)
    await elsewhere.reload()
    await expect(elsewhere.locator("[data-sign-in]")).to_be_visible()
    await own.locator("[data-own-codes]").click()
    await own.locator("#proof [name=password]").fill(PASSWORD)
    await own.keyboard.press("Enter")
    await expect(own.locator("#codes [data-secret]")).to_have_text(SECRET)
    secret = await own.locator("#codes [data-secret]").inner_text()
    await own.locator("#codes [name=code]").fill(pyotp.TOTP(secret.replace(" ", "")).now())
    await own.keyboard.press("Enter")
    await expect(own.locator("[data-codes-on]")).to_be_visible()
    await expect(own.locator("[data-own-codes]")).to_be_hidden()


async def test_an_answer_that_breaks_off_is_a_failure(newsroom: Newsroom, opened: Opened) -> None:
    """And too many requests are none: the console waits for as long as the server says."""
    page = await opened()
    await go(page, newsroom, "keys")
    asked: list[str] = []

    async def broken_off(route: Route) -> None:
        asked.append(route.request.headers["idempotency-key"])
        if len(asked) == 1:
            await route.fulfill(status=429, headers={"retry-after": "0"}, json={"detail": "wait"})
        else:
            await route.fulfill(status=201, content_type="application/json", body='{"name": "Bri')

    await intercept(page, "**/v1/keys", broken_off)
    await page.keyboard.press("n")
    form = page.locator("#key")
    await form.locator("[name=name]").fill("Bridge of Kerr")
    await page.keyboard.press("Enter")
    await expect(form.locator(".form-error")).to_contain_text("The newsroom did not answer")
    assert len(asked) == 2
    assert len(set(asked)) == 1, "the same request"
    await expect(page.locator("#secret")).to_be_hidden()
    await page.keyboard.press("Escape")


async def test_a_key_is_made_shown_once_and_revoked(newsroom: Newsroom, opened: Opened) -> None:
    page = await opened()
    await go(page, newsroom, "keys")
    await page.keyboard.press("n")
    form = page.locator("#key")
    await form.locator("[name=name]").fill("Bridge of Kell")
    await form.locator("[value=ar]").check()
    await form.locator("[name=expires_at]").fill("2020-01-01T10:00")
    await page.keyboard.press("Enter")
    await expect(form.locator(".form-error")).to_contain_text("future")
    await form.locator("[name=expires_at]").fill("2091-02-01T10:00")
    secret = page.locator("#secret [data-secret]")
    listed = asyncio.Event()

    async def slow_list(route: Route) -> None:
        if route.request.method == "GET":
            await listed.wait()
        await route.continue_()

    await intercept(page, "**/v1/keys", slow_list)
    await page.keyboard.press("Enter")
    await expect(secret).to_contain_text("tk_")  # which nobody can ask for again
    listed.set()
    token = await secret.text_content()
    key = {"authorization": f"Bearer {token}"}
    await page.keyboard.press("Escape")
    await expect(secret).to_have_text("")
    made = page.locator("[data-keys] .row").filter(has_text="Bridge of Kell")
    for told in ("Editor", "ar", "Never used", "2091", "by ticker up"):
        await expect(made).to_contain_text(told)
    asked = await page.request.get(f"{newsroom.url}/v1/key", headers=key)
    assert (await asked.json())["editions"] == ["ar"]
    await page.reload()
    await expect(made).to_contain_text("Last used")
    await made.get_by_role("button", name="Revoke").click()
    await page.locator("#act [data-ok]").click()
    await said(page, "Bridge of Kell is revoked")
    await expect(made).to_have_count(0)


async def test_a_picture_is_uploaded_and_goes_out_with_an_item(
    newsroom: Newsroom, opened: Opened
) -> None:
    page = await opened()
    await go(page, newsroom, "media")
    picture = saved(striped(900, 600), exif=exif())
    file = {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": picture}
    await page.locator("[data-drop] input").set_input_files(file)  # type: ignore[arg-type]
    texts = page.locator("#texts")
    await texts.locator("[type=submit]").click()
    await expect(texts.locator(".form-error")).to_contain_text("texts are from the file")
    await expect(texts.locator("[name=alt]")).to_have_value(CAPTION)
    await texts.locator("[name=alt]").fill("Stripes over Kell")
    await texts.locator("[name=credit]").fill("Ana Kell")
    await texts.locator("[type=submit]").click()
    await said(page, "The picture is in the library")
    card = page.locator("[data-pictures] .row").filter(has_text="Stripes over Kell")
    await expect(card).to_contain_text("640 × 427")
    await card.get_by_role("button", name="Use").click()
    await expect(page.locator("[data-picked] img")).to_have_attribute("alt", "Stripes over Kell")
    await headline_of(page).fill("Stripes seen over Kell")
    await page.keyboard.press("Control+Enter")
    await said(page, "Published")
    await expect(page.locator("[data-picked] li")).to_have_count(0)
    await expect(row(page, "Stripes seen over Kell")).to_be_visible()
    live = live_items(newsroom)
    [item] = [item for item in live if item["headline"] == "Stripes seen over Kell"]
    assert item["media"][0]["alt"] == "Stripes over Kell"
    await page.locator("[data-browse]").click()
    await page.locator("#library .thumb").filter(has_text="Stripes over Kell").click()
    await expect(page.locator("#write [data-picked] img")).to_have_count(1)
    other = {"name": "b.jpg", "mimeType": "image/jpeg", "buffer": saved(striped(640, 480))}
    box = page.locator("#act")
    for act, alts in (
        ("change", ["Three stripes over Kell"]),
        ("add", ["Three stripes over Kell", "More stripes"]),
        ("remove", ["More stripes"]),
    ):
        await row(page, "Stripes seen over Kell").hover()
        await row(page, "Stripes seen over Kell").locator("[data-act=correct]").click()
        await expect(box).to_be_visible()
        shown = box.locator("[data-picked] li")
        if act == "change":
            await shown.locator("input").fill("Three stripes over Kell")
        elif act == "add":
            await box.locator("input[type=file]").set_input_files(other)  # type: ignore[arg-type]
            await texts.locator("[name=alt]").fill("More stripes")
            await texts.locator("[type=submit]").click()
            await expect(shown).to_have_count(2)
        else:
            await shown.first.get_by_role("button").click()
        await box.locator("[data-ok]").click()
        await said(page, "Corrected everywhere")
        [item] = [one for one in live_items(newsroom) if one["id"] == item["id"]]
        assert [one["alt"] for one in item["media"]] == alts
        assert all(one["renditions"] and one["credit"] != "" for one in item["media"])
    await expect(page.locator("#write [data-picked] img")).to_have_count(1)


@pytest.mark.parametrize("language", ["ar"])
async def test_axe_finds_nothing_and_a_phone_scrolls_one_way(
    newsroom: Newsroom, opened: Opened, account: str, language: str
) -> None:
    page = await opened(locale=language, width=390)
    for name in ("wires", "media", "audit", "account", "keys", "people"):
        await go(page, newsroom, name)
        assert await page.evaluate(WIDE) == 0, name
        await axe(page, name)
    await page.locator("[data-new-person]").click()
    await axe(page, "dialog")

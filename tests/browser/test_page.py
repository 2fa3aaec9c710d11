"""The page at ``/`` as readers have it: three editions, live, in a real browser."""

from __future__ import annotations

import json
import re
from itertools import count
from typing import Any

import pytest
from playwright.async_api import Locator, Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.newsroom import Newsroom

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

_number = count(1)

EN_280 = (
    "Delegates of all eleven riverside districts agreed late on Monday to a joint plan against "
    "floods that commits each of them to publish the level of the water every hour, to send boats "
    "across any border without being asked, and to meet again in the old northern port in ninety "
    "days."
)
AR_LONG = (
    "اتفق ممثلو المقاطعات النهرية الإحدى عشرة في ساعة متأخرة من مساء الاثنين على خطة مشتركة "
    "للحماية من الفيضانات تُلزم الأعضاء جميعاً بنشر قراءات مناسيب المياه كل ساعة وتبادل زوارق "
    "الإنقاذ عبر الحدود من دون إشعار مسبق"
)


def fresh(words: str) -> str:
    """A headline that no other test has published: the desk refuses a line that is out already."""
    return f"{words} ({next(_number)})"


def column(page: Page, edition: str) -> Locator:
    return page.locator(f"#edition-{edition}")


def row(page: Page, item: dict[str, Any]) -> Locator:
    return page.locator(f'.line[data-id="{item["id"]}"]')


def bar(page: Page) -> Locator:
    return page.locator("#bar .bar-line.is-current")


async def until(page: Page, condition: str) -> None:
    """Wait for ``condition``. ``page.wait_for_function`` needs an eval that the policy forbids."""
    await page.evaluate(
        f"""async () => {{
          for (let turn = 0; turn < 500; turn++) {{
            if ({condition}) return;
            await new Promise((done) => setTimeout(done, 20));
          }}
          throw new Error("it never happened");
        }}"""
    )


async def test_a_line_appears_live_in_its_own_edition(room: Newsroom, open_page: OpenPage) -> None:
    page = await open_page(room)
    lines = {
        "en": fresh("Ferries sail again between the two harbours"),
        "es": fresh("Los transbordadores vuelven a unir los dos puertos"),
        "ar": fresh("العبّارات تعود إلى الإبحار بين المرفأين"),
    }
    for edition, headline in lines.items():
        room.publish(headline, edition, sections=["economy"], regions=["europe"])
    topics = {"en": "Economy", "es": "Economía", "ar": "اقتصاد"}
    for edition, headline in lines.items():
        line = column(page, edition).locator(".line", has_text=headline)
        await expect(line).to_have_count(1)
        await expect(line.locator(".topic").first).to_have_text(topics[edition])
        await expect(page.locator(".line", has_text=headline)).to_have_count(1)


async def test_the_arabic_column_runs_from_the_right(room: Newsroom, open_page: OpenPage) -> None:
    item = room.publish(fresh("افتتاح المكتبة القديمة بعد ترميمها"), "ar")
    page = await open_page(room)
    line = row(page, item).locator(".headline")
    for found in (column(page, "ar"), line):
        await expect(found).to_have_css("direction", "rtl")
        await expect(found).to_have_attribute("lang", "ar")
    await expect(column(page, "en")).to_have_css("direction", "ltr")
    await expect(page.locator("html")).to_have_attribute("dir", "ltr")
    await page.get_by_role("link", name="العربية").click()
    await expect(page.locator("html")).to_have_attribute("dir", "rtl")
    await expect(page.locator("html")).to_have_attribute("lang", "ar")
    box, inner = await column(page, "ar").bounding_box(), await line.locator("span").bounding_box()
    assert box is not None
    assert inner is not None
    left = inner["x"] - box["x"]
    right = box["x"] + box["width"] - inner["x"] - inner["width"]
    assert right < left / 2  # a short headline stands at the right, beside its time


async def test_a_correction_is_labelled(room: Newsroom, open_page: OpenPage) -> None:
    item = room.publish(fresh("The bank holds its rate at 4.5%"), level="urgent")
    page = await open_page(room, "en")
    await expect(row(page, item).locator(".mark-corrected")).to_have_count(0)
    corrected = fresh("The bank holds its rate at 4.25%")
    room.change(item, headline=corrected, correction="The rate is 4.25%, not 4.5%.")
    line = row(page, item)
    await expect(line.locator(".mark-corrected")).to_have_text("Corrected")
    await expect(line.locator(".headline")).to_have_text(corrected)
    await expect(line.locator(".correction")).to_contain_text("The rate is 4.25%, not 4.5%.")


async def test_a_retracted_line_is_nowhere_on_the_page(room: Newsroom, open_page: OpenPage) -> None:
    page = await open_page(room, "en")
    headline = fresh("Airport closes after a false alarm")
    item = room.publish(headline, level="flash")
    await expect(row(page, item)).to_have_count(1)
    await expect(bar(page)).to_contain_text(headline)
    await expect(page.get_by_role("alert")).to_contain_text(headline)
    room.retract(item)
    await expect(row(page, item)).to_have_count(0)
    assert headline not in str(await page.evaluate("document.documentElement.outerHTML"))


async def test_pinned_lines_come_first(room: Newsroom, open_page: OpenPage) -> None:
    item = room.publish(fresh("Polling stations are open until eight"))
    room.publish(fresh("Turnout at noon is higher than four years ago"))
    page = await open_page(room, "en")
    room.pin(item)
    first = column(page, "en").locator(".line").first
    await expect(first).to_have_attribute("data-id", item["id"])
    await expect(first.locator(".mark")).to_have_text("Pinned")


async def test_the_bar_is_turned_by_keyboard(room: Newsroom, open_page: OpenPage) -> None:
    items = [room.publish(fresh("Stage of the mountain race")) for _ in range(3)]
    page = await open_page(room, "en")
    await page.get_by_role("button", name="Previous line").focus()
    newest, second = items[2]["headline"], items[1]["headline"]
    await expect(bar(page)).to_contain_text(newest)
    for key, headline in (
        ("ArrowRight", second),
        ("ArrowRight", items[0]["headline"]),
        ("ArrowLeft", second),
        ("Home", newest),
    ):
        await page.keyboard.press(key)
        await expect(bar(page)).to_contain_text(headline)
    await page.get_by_role("button", name="Next line").press("Enter")
    await expect(bar(page)).to_contain_text(second)
    await page.get_by_role("button", name="Previous line").press("Space")
    await expect(bar(page)).to_contain_text(newest)


async def test_arrow_keys_follow_the_reading_direction(room: Newsroom, open_page: OpenPage) -> None:
    items = [room.publish(fresh("نتائج المرحلة الجبلية"), "ar") for _ in range(2)]
    page = await open_page(room, "ar")
    await page.get_by_role("button", name="الخبر التالي").focus()
    await expect(bar(page)).to_contain_text(items[1]["headline"])
    await page.keyboard.press("ArrowLeft")
    await expect(bar(page)).to_contain_text(items[0]["headline"])
    await page.keyboard.press("ArrowRight")
    await expect(bar(page)).to_contain_text(items[1]["headline"])


async def test_pause_stops_the_updates_but_not_a_retraction(
    room: Newsroom, open_page: OpenPage
) -> None:
    shown = room.publish(fresh("Tram line five is open again"))
    page = await open_page(room, "en")
    await expect(row(page, shown)).to_have_count(1)
    await page.get_by_role("button", name="Pause").press("Enter")
    later = room.publish(fresh("Tram line six follows in spring"), level="urgent")
    new_lines = page.get_by_role("button", name="New lines: 1")
    await expect(new_lines).to_be_visible()
    await expect(row(page, later)).to_have_count(0)
    await expect(page.get_by_role("status")).to_have_text("")
    room.retract(shown)
    await expect(row(page, shown)).to_have_count(0)
    await page.get_by_role("button", name="Resume").press("Enter")
    await expect(row(page, later)).to_have_count(1)
    await expect(new_lines).to_be_hidden()


async def test_the_bar_turns_by_itself_until_paused(room: Newsroom, open_page: OpenPage) -> None:
    for _ in range(2):
        room.publish(fresh("Heat of the regatta"))
    page = await open_page(room, "en", clock=True)
    place = page.locator(".bar-count")
    await expect(place).to_have_text(re.compile("^1 /"))
    await page.clock.run_for(7_100)
    await expect(place).to_have_text(re.compile("^2 /"))
    await page.get_by_role("button", name="Pause").click()
    await page.mouse.move(5, 5)
    await page.evaluate("document.activeElement.blur()")
    at = await place.inner_text()
    await page.clock.run_for(30_000)
    await expect(place).to_have_text(at)


async def test_reduced_motion_keeps_the_bar_still(room: Newsroom, open_page: OpenPage) -> None:
    items = [room.publish(fresh("Final of the regatta")) for _ in range(2)]
    page = await open_page(room, "en", clock=True, reduced_motion="reduce")
    await page.clock.run_for(30_000)
    await expect(bar(page)).to_contain_text(items[1]["headline"])
    animations = await page.evaluate("document.getAnimations().length")
    assert animations == 0


async def test_urgent_is_said_politely_flash_at_once_and_a_plain_line_not_at_all(
    room: Newsroom, open_page: OpenPage
) -> None:
    page = await open_page(room, "en")
    status, alert = page.get_by_role("status"), page.get_by_role("alert")
    plain = room.publish(fresh("Museum extends its opening hours"))
    await expect(row(page, plain)).to_have_count(1)
    await expect(status).to_have_text("")
    urgent = room.publish(fresh("Bridge closed to all traffic"), level="urgent")
    await expect(status).to_have_text(f"Urgent: {urgent['headline']}")
    await expect(alert).to_have_text("")
    flash = room.publish(fresh("Bridge collapses, nobody was on it"), level="flash")
    await expect(alert).to_have_text(f"Flash: {flash['headline']}")


async def test_text_stays_text_and_links_lead_to_the_web(
    room: Newsroom, open_page: OpenPage
) -> None:
    markup = fresh("<img src=x onerror=alert(1)> & <b>bold</b>")
    item = room.publish(markup, link="https://news.example/story?a=1&b=2")
    page = await open_page(room, "en")
    await expect(row(page, item).locator(".headline")).to_have_text(markup)
    await expect(row(page, item).locator("img, b")).to_have_count(0)
    link = row(page, item).locator("a")
    await expect(link).to_have_attribute("href", "https://news.example/story?a=1&b=2")
    addresses = ["javascript:alert(1)", "data:text/html,x", "ftp://a.example/", "//x", "", None]
    refused = await page.evaluate(
        "async (all) => { const { webAddress } = await import('/lines.js');"
        " return all.map(webAddress); }",
        addresses,
    )
    assert refused == [None] * len(addresses)


async def test_a_speaker_is_named_once(room: Newsroom, open_page: OpenPage) -> None:
    page = await open_page(room, "en")
    said = fresh("The dam holds")
    apart = room.publish(said, speaker="Chief engineer")
    inside = room.publish(f"Chief engineer: {said} for now", speaker="Chief engineer")
    for item, text in ((apart, f"Chief engineer: {said}"), (inside, inside["headline"])):
        await expect(row(page, item).locator(".headline")).to_have_text(text)
        await expect(row(page, item).locator(".speaker")).to_have_text("Chief engineer")


async def test_the_page_needs_nothing_inline(room: Newsroom, open_page: OpenPage) -> None:
    """The fixture fails on any violation; here: that the policy is there to be violated."""
    page = await open_page(room)
    answer = await page.request.get(room.url)
    policy = answer.headers["content-security-policy"]
    assert "script-src 'self'" in policy
    assert "style-src 'self'" in policy
    assert "unsafe" not in policy
    inline = "script:not([src]), style, [style], [onclick], [onload]"
    assert await page.locator(inline).count() == 0


async def test_where_no_websocket_passes_events_do(room: Newsroom, open_page: OpenPage) -> None:
    """A proxy that refuses upgrades: two attempts, then server-sent events, with resume."""
    page = await open_page(room, "en")
    await page.evaluate(
        """async () => {
          globalThis.WebSocket = class extends EventTarget {
            constructor() {
              super();
              setTimeout(() => this.dispatchEvent(new CloseEvent("close", { code: 1006 })));
            }
            close() {}
          };
          const { Ticker } = await import("/client.js");
          globalThis.other = new Ticker({ edition: "es", level: "bulletin" });
          globalThis.seen = [];
          other.addEventListener("board", ({ detail: { message } }) =>
            seen.push([message.type, message.action, message.item?.id]));
          other.start();
        }"""
    )
    await until(page, "other.status.phase === 'live'")
    first = room.publish(fresh("Cortada la línea costera por un temporal"), "es", level="bulletin")
    room.publish(fresh("Abre la feria del libro"), "es")
    await until(page, f"seen.some(([, , id]) => id === '{first['id']}')")
    await page.evaluate("other.stop()")
    second = room.publish(fresh("Reabierta la línea costera"), "es", level="bulletin")
    room.retract(first)
    await page.evaluate("other.start()")
    await until(page, "seen.some(([, action]) => action === 'retract')")
    seen = await page.evaluate("seen.filter(([type]) => type === 'item')")
    assert seen == [
        ["item", "publish", first["id"]],
        ["item", "publish", second["id"]],
        ["item", "retract", first["id"]],
    ]
    await page.evaluate("other.stop()")


@pytest.fixture(scope="module")
def awkward(room: Newsroom) -> Newsroom:
    """The shared newsroom with lines of every awkward shape."""
    assert len(EN_280) == 280
    for edition, headline in (("en", EN_280), ("es", EN_280), ("ar", AR_LONG)):
        for level in ("ticker", "urgent", "bulletin", "flash"):
            room.publish(
                headline,
                edition,
                level=level,
                speaker="Spokesperson of the joint secretariat of the riverside districts",
                source="Joint secretariat, citing a statement approved by all delegations",
                sections=["environment", "politics", "arts-culture"],
                regions=["latin-america", "us-canada", "mena", "asia-pacific"],
                verification="developing",
            )
        room.publish("W" * 120 + " https://news.example/" + "x" * 130, edition)
    return room


@pytest.mark.parametrize("view", ["en", "es", "ar"])
@pytest.mark.parametrize("width", [320, 390, 800, 1024, 1280])
async def test_nothing_sticks_out(
    awkward: Newsroom, open_page: OpenPage, view: str, width: int
) -> None:
    page = await open_page(awkward, view, width=width)
    await expect(column(page, view).locator(".line").first).to_be_visible()
    outside = await page.evaluate(
        """() => [document.documentElement, ...document.querySelectorAll("body *")]
          .filter((element) => !element.closest(".unseen, .skip, svg, [inert], .column-name"))
          .filter((element) => {
            const { left, right } = element.getBoundingClientRect();
            return left < -0.5 || right > innerWidth + 0.5;
          })
          .map((element) => element.outerHTML.slice(0, 120))"""
    )
    wide = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert (outside, wide) == ([], 0)


async def test_an_empty_newsroom_says_so(own_room: Newsroom, open_page: OpenPage) -> None:
    page = await open_page(own_room)
    for edition, words in (("en", "All quiet"), ("es", "Sin novedades"), ("ar", "لا جديد الآن")):
        await expect(column(page, edition).locator(".empty")).to_contain_text(words)
    own_room.publish(fresh("First line of the day"))
    await expect(column(page, "en").locator(".line")).to_have_count(1)
    await expect(column(page, "en").locator(".empty")).to_be_hidden()


async def test_after_a_crash_a_reader_gets_what_it_missed_once(
    own_room: Newsroom, open_page: OpenPage
) -> None:
    taken_back = own_room.publish(fresh("Stadium to be sold to a foreign fund"))
    kept = own_room.publish(fresh("Orchestra announces its winter tour"))
    page = await open_page(own_room, "en")
    frames: list[str] = []
    page.on("websocket", lambda ws: ws.on("framereceived", lambda f: frames.append(str(f))))
    await expect(column(page, "en").locator(".line")).to_have_count(2)

    own_room.kill()
    state = page.locator("#link-state")
    await expect(state).to_have_attribute("data-state", "reconnecting")
    await page.context.set_offline(True)  # so that the reader stays away for what comes now
    await expect(page.locator("#link-text")).to_have_text(re.compile(r"Offline since \d\d:\d\d"))
    own_room.start()
    own_room.retract(taken_back)
    missed = [own_room.publish(fresh("Relay runner passes the torch")) for _ in range(3)]
    corrected = fresh("Orchestra announces its spring tour")
    own_room.change(kept, headline=corrected, correction="The tour is in spring.")

    await page.context.set_offline(False)
    await expect(state).to_have_attribute("data-state", "live")
    order = [item["id"] for item in reversed(missed)] + [kept["id"]]
    lines = column(page, "en").locator(".line")
    await expect(lines).to_have_count(len(order))
    assert await lines.evaluate_all("(rows) => rows.map((row) => row.dataset.id)") == order
    await expect(row(page, kept).locator(".mark-corrected")).to_be_visible()
    await expect(row(page, kept).locator(".headline")).to_have_text(corrected)
    heard = [json.loads(frame) for frame in frames]
    assert [frame["mode"] for frame in heard if frame["type"] == "welcome"] == ["replay"]
    acts = [(frame["action"], frame["item"]["id"]) for frame in heard if frame["type"] == "item"]
    assert acts == [
        ("retract", taken_back["id"]),
        *(("publish", item["id"]) for item in missed),
        ("correct", kept["id"]),
    ]
    assert taken_back["headline"] not in "".join(frames)

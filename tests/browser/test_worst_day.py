"""The worst day: three editors at once, readers, phones and feeds; everything is right at the end.

Fifty reports in three languages, twelve corrections, two retractions, one drill, and a flash
without a second person. The editors work in the console, with commands and over the API, at the
same time; readers lose their connections now and then. ``day_plan`` says what is to be true.
"""

from __future__ import annotations

import asyncio
import getpass
import json
import xml.etree.ElementTree as ET
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.async_api import Browser, Page, expect

from tests.browser.day_editors import DRILL, ApiEditor, CommandEditor, ConsoleEditor, Progress
from tests.browser.day_plan import API, CLI, CONSOLE, EDITIONS, HOURS, RACED, Report, day, steps_of
from tests.browser.day_readers import Devices, Reader, devices, reading
from tests.browser.test_live_page import PARTS, follows
from tests.browser.watching import watch_page
from tests.cli.conftest import Newsroom as Commands
from tests.support.ticker_up import TickerUp, running
from tests.support.waiting import wait_until
from ticker.feeds.formats.channel import urn
from ticker.site.content import LATEST_ITEMS

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

PASSWORD = "seven grey herons"
RULES = {
    "TICKER_TWO_PERSON_LEVELS": '["bulletin", "flash"]',
    "TICKER_SECOND_PERSON_AFTER": "0",  # the accounts of this newsroom are a minute old
}
SHOWN = """() => [...document.querySelectorAll("main [data-part]:not(#digests *, #most-read *)")]
  .map((part) => [
    part.dataset.id, Number(part.dataset.version),
    part.querySelector(".headline").innerText,
    part.querySelector(":scope > .correction, :scope > * > .correction")?.innerText ?? ""])"""
BOARD = """() => [...document.querySelectorAll("#board .row")].map((row) => [
  row.dataset.id, Number(row.dataset.version), row.dataset.state,
  row.querySelector(".headline").innerText, Boolean(row.querySelector(".mark-breakGlass"))])"""
OTHERS = {
    ("create_key", "ticker up"): 1,
    ("create_key", getpass.getuser()): 2,  # with `ticker keys`, for two editors
    ("create_person", "ticker up"): 1,
    ("sign_in", CONSOLE): 1,
    ("put_template", CLI): 1,
}
"""Entries of the audit that are about no item, with their number."""
PROVIDERS = ("fcm", "apns", "webpush")
PLACES = {"lane", "gateway", "readers", "web", "proxies", "archive", "push"}
"""Where the text of a retracted report could be, in a newsroom without webhooks and hubs."""
WITHDRAWN = {
    "en": "We have withdrawn an earlier alert because it was wrong.",
    "ar": "سحبنا تنبيهاً سابقاً لأنه غير صحيح.",
    "es": "Hemos retirado una alerta anterior porque era errónea.",
}
ATOM = {"a": "http://www.w3.org/2005/Atom", "at": "http://purl.org/atompub/tombstones/1.0"}


class Newsroom:
    """The running newsroom, and what the end of the day is compared with."""

    def __init__(self, up: TickerUp, http: httpx.AsyncClient, reports: list[Report]) -> None:
        self.up = up
        self.http = http
        self.reports = reports
        self.key = {"authorization": f"Bearer {(up.data / 'key').read_text().strip()}"}

    async def hire(self) -> dict[str, str]:
        """Make the editors; return the keys of those that work with one."""
        keys = {}
        person = {"name": CONSOLE, "role": "chief", "password": PASSWORD}
        made = await self.http.post("/v1/people", json=person, headers=self.key)
        assert made.status_code == 201, made.text
        operator = Commands(self.up.data, self.up.url)
        for name in (CLI, API):  # whose key an author has made is nobody's second person
            command = ("keys", "create", name, "--role", "chief", "--json")
            made_key = await asyncio.to_thread(operator.ticker, *command)
            assert made_key.code == 0, made_key.err
            keys[name] = made_key.json["key"]
        return keys

    async def pages_are_made_of(self, cursor: str) -> None:
        """Wait until the web process has read the lane up to ``cursor``.

        It reads a moment after the gateway; without ``all`` the gateway would answer.
        """

        async def read() -> bool:
            answer = await self.http.get(f"/v1/items?after={cursor}&all=false")
            return answer.is_success and answer.json()["reason"] != "ahead"

        await wait_until(read)

    def of(self, edition: str) -> list[Report]:
        return [one for one in self.reports if one.edition == edition]


async def pages(browser: Browser, url: str, wrong: list[str]) -> tuple[Page, dict[str, Page]]:
    """Open the console, signed in, and the front page of each edition."""
    context = await browser.new_context(locale="en-GB", viewport={"width": 1280, "height": 900})
    named = {"name": CONSOLE, "password": PASSWORD}
    done = await context.request.post(f"{url}/v1/session", data=named)
    assert done.ok, await done.text()

    async def opened(path: str, live: str) -> Page:
        page = await context.new_page()
        watch_page(page, wrong)
        await page.goto(f"{url}/{path}")
        await expect(page.locator(live)).to_be_visible()
        return page

    console, *fronts = await asyncio.gather(
        opened("console", ".status[data-phase=live]"),
        *(opened(edition, "#status[data-state=live]") for edition in EDITIONS),
    )
    return console, dict(zip(EDITIONS, fronts, strict=True))


async def test_everything_is_right_at_the_end(browser: Browser, tmp_path: Path) -> None:
    reports = day()
    wrong: list[str] = []
    async with (
        devices(tmp_path) as phones,
        running(tmp_path / "data", **RULES, **phones.settings) as up,
        httpx.AsyncClient(base_url=up.url, timeout=30) as http,
    ):
        newsroom = Newsroom(up, http, reports)
        keys = await newsroom.hire()
        await phones.register(http)
        console_page, fronts = await pages(browser, up.url, wrong)
        async with reading(up.url) as readers:
            await wait_until(lambda: all(reader.cursor for reader in readers))
            console = ConsoleEditor(console_page)
            commands = CommandEditor(tmp_path / "data", up.url, keys[CLI])
            program = ApiEditor(http, keys[API])
            progress = Progress(phones)
            await console.begin()
            drill = await commands.drill()
            for hour in range(HOURS):
                async with asyncio.TaskGroup() as group:
                    for name, editor in ((CONSOLE, console), (CLI, commands), (API, program)):
                        group.create_task(progress.work(editor, steps_of(name, reports, hour)))
            items = await screens_are_right(newsroom, readers)
            await newsroom.pages_are_made_of(str(readers[0].cursor))
        await phones_are_right(newsroom, phones)
        await asyncio.gather(
            *(front_is_right(page, items[edition]) for edition, page in fronts.items())
        )
        await feeds_are_right(newsroom, items)
        await editors_see_all(newsroom, console, commands, drill)
        await audit_is_right(newsroom, console_page, commands, drill)
        for report in reports:
            if not report.live:
                await retraction_is_complete(report, commands)
        await nothing_leaks(newsroom, phones, readers, fronts, drill)
        await console_page.context.close()
    assert wrong == []


async def screens_are_right(
    newsroom: Newsroom, readers: list[Reader]
) -> dict[str, list[dict[str, Any]]]:
    """Check every reader; return the items of each edition in display order."""
    found = {}
    for edition in EDITIONS:
        mine = [reader for reader in readers if reader.edition == edition]
        for reader in mine:
            await reader_is_right(reader, newsroom.of(edition))
            assert reader.events == mine[0].events, f"{reader.name} has another order"
        found[edition] = mine[0].shown()
    return found


async def reader_is_right(reader: Reader, reports: list[Report]) -> None:
    """The reader has had each event once, and has on the screen what is true now."""
    count = sum(len(one.public()) for one in reports)
    await wait_until(lambda: len(reader.events) >= count)
    events = defaultdict(list)
    for action, id, version in reader.events:
        events[id].append((action, version))
    assert events == {one.id: one.public() for one in reports}, reader.name
    shown = {
        id: (one["version"], one["level"], one["headline"], one["pinned"], one["correction"])
        for id, one in reader.board.items()
    }
    for id, (*fields, correction) in shown.items():
        shown[id] = (*fields, correction and correction["text"])
    assert shown == {
        one.id: (one.versions, one.level, one.later_headline, bool(one.pinned_by), one.correction)
        for one in reports
        if one.live
    }, reader.name
    out = [
        reader.board[id] for action, id, _ in reader.events if action == "publish" and id in shown
    ]
    times = [one["published_at"] for one in out]
    assert times == sorted(times), "the lane has another order than the times"


async def phones_are_right(newsroom: Newsroom, phones: Devices) -> None:
    """Each device has rung once for each alert, and shows what is true now."""
    for edition in EDITIONS:
        await devices_are_right(phones, edition, [one for one in newsroom.of(edition) if one.push])


async def devices_are_right(phones: Devices, edition: str, alerts: list[Report]) -> None:
    wanted = {one.id: one.later_headline if one.live else WITHDRAWN[edition] for one in alerts}

    def shown() -> list[dict[str, str]]:
        return [
            {id: told.body for id, told in last.items()} for last in phones.last(edition).values()
        ]

    await wait_until(shown, lambda now: now == [wanted] * len(PROVIDERS))
    for provider, rang in phones.alerts(edition).items():
        assert rang == Counter(one.id for one in alerts), (edition, provider)
    for provider, last in phones.last(edition).items():
        gone = {id for id, told in last.items() if told.kind == "withdraw"}
        assert gone == {one.id for one in alerts if not one.live}, (edition, provider)


async def front_is_right(page: Page, ordered: list[dict[str, Any]]) -> None:
    """A front page that was open all day looks as one that is opened now."""
    important = [one for one in ordered if one["level"] in ("flash", "bulletin")]
    lead = ordered[0] if ordered[0]["pinned"] else important[0]
    newest = {one["id"]: one for one in ordered[:LATEST_ITEMS]}
    wanted = sorted([one["id"], one["version"], one["headline"]] for one in newest.values())
    shown = await wait_until(
        lambda: page.evaluate(SHOWN),
        lambda now: sorted(part[:3] for part in now if part[0] in newest) == wanted,
    )
    for id, _, _, note in shown:
        if one := newest.get(id):
            assert (one["correction"] or {"text": ""})["text"] in note
            assert bool(note) == bool(one["correction"])
    assert await page.locator("[data-part=lead]").get_attribute("data-id") == lead["id"]
    followed = await page.evaluate(PARTS)
    await page.reload()
    await follows(page)
    assert followed == await page.evaluate(PARTS)


async def feeds_are_right(newsroom: Newsroom, items: dict[str, list[dict[str, Any]]]) -> None:
    """Each feed of each edition has the live items in order, and names the withdrawn ones."""
    for edition, ordered in items.items():
        headlines = [one["headline"] for one in ordered]
        gone = {urn(one.id) for one in newsroom.of(edition) if not one.live}

        async def feed(format: str, edition: str = edition) -> str:
            address = f"/v1/feed.{format}?edition={edition}&limit=200"
            answer = await newsroom.http.get(address)
            assert answer.is_success, answer.text
            return answer.text

        found = json.loads(await feed("json"))
        assert [one["_ticker"]["id"] for one in found["items"]] == [one["id"] for one in ordered]
        assert [one["title"] for one in found["items"]] == headlines
        assert {one["id"] for one in found["_ticker"]["retracted"]} == gone
        rss = ET.fromstring(await feed("rss"))
        assert [one.findtext("title") for one in rss.iter("item")] == headlines
        atom = ET.fromstring(await feed("atom"))
        entries = atom.findall("a:entry", ATOM)
        assert [one.findtext("a:title", namespaces=ATOM) for one in entries] == headlines
        assert {one.get("ref") for one in atom.findall("at:deleted-entry", ATOM)} == gone
        ninjs = json.loads(await feed("ninjs"))
        parts = ninjs["associations"]
        usable = [one for one in parts if one["pubStatus"] == "usable"]
        assert [one["headlines"][0]["value"] for one in usable] == headlines
        assert {one["uri"] for one in parts if one["pubStatus"] == "canceled"} == gone


async def editors_see_all(
    newsroom: Newsroom, console: ConsoleEditor, commands: CommandEditor, drill: str
) -> None:
    """The console, the command and the API list the same items, in the states that they have."""
    asked = "/v1/items?all=true&limit=200"
    answer = (await newsroom.http.get(asked, headers=newsroom.key)).json()["items"]
    listed = json.loads(await commands.run("list", "--all", "-n", "200"))["items"]
    assert {one["id"]: one["version"] for one in listed} == {
        one["id"]: one["version"] for one in answer
    }
    states = {
        one["id"]: (one["version"], one["state"], one["headline"], one["break_glass"])
        for one in answer
    }
    [test] = [one for one in answer if one["id"] == drill]
    assert (test["state"], test["level"], test["created_by"]) == ("test", "flash", CLI)
    assert DRILL in states.pop(drill)[2]
    assert states == {
        one.id: (
            one.versions,
            "live" if one.live else "retracted",
            one.later_headline,
            one.break_glass,
        )
        for one in newsroom.reports
    }
    by_id = {one["id"]: one for one in answer}
    for one in newsroom.reports:
        assert by_id[one.id]["created_by"] in one.by.split(" or ")
        assert by_id[one.id]["approved_by"] == (one.accepted_by or one.approved_by)
    await console.page.locator("[data-view=all]").click()

    wanted = {
        (one["id"], one["version"], one["state"], one["headline"], bool(one["break_glass"]))
        for one in answer
    }
    await wait_until(
        lambda: console.page.evaluate(BOARD), lambda rows: set(map(tuple, rows)) == wanted
    )


async def audit_is_right(
    newsroom: Newsroom, page: Page, commands: CommandEditor, drill: str
) -> None:
    """The audit has one entry for each thing that was done, and no other."""
    lines = (await commands.run("audit", "-n", "0")).splitlines()
    entries = [json.loads(line) for line in reversed(lines)]
    by_item = defaultdict(list)
    others = Counter[tuple[str, str]]()
    for one in entries:
        if one["item"] is None:
            others[one["action"], one["by"]] += 1
        else:
            names = ("action", "by", "version", "state", "reason")
            by_item[one["item"]].append(tuple(one[name] for name in names))
    assert [entry[:4] for entry in by_item.pop(drill)] == [("publish", CLI, 1, "test")]
    wanted = {}
    for report in newsroom.reports:
        wanted[report.id] = report.audited()
        if report.by == RACED:
            [(action, winner, *rest)] = by_item[report.id]
            assert winner in (CLI, API)
            by_item[report.id] = [(action, RACED, *rest)]
    assert by_item == wanted
    assert others == OTHERS
    verbs = Counter(entry[0] for item in by_item.values() for entry in item)
    glass = [one for one in entries if one["action"] == "publish" and one["reason"]]
    assert (verbs["publish"] + verbs["draft"], verbs["retract"], len(glass)) == (50, 2, 1)
    assert verbs["correct"] + verbs["propose"] == 12
    await page.goto(f"{newsroom.up.url}/console/audit")
    await expect(page.locator("body[data-ready]")).to_be_attached()
    await page.locator("[name=action]").select_option("retract")
    rows = page.locator("[data-entries] .row")
    await expect(rows).to_have_count(2)
    for report in newsroom.reports:
        if not report.live:
            row = rows.filter(has_text=report.reason)
            await expect(row).to_contain_text(str(report.retracted_by))


async def retraction_is_complete(report: Report, commands: CommandEditor) -> None:
    """`ticker status` names every place that had the withdrawn text, and each is clean.

    Proxies may keep a feed for twenty seconds. The newsroom cannot look into them, and says so.
    """

    async def unclean() -> set[str]:
        places = json.loads(await commands.run("status", report.id))["retraction"]["places"]
        assert {one["place"] for one in places} == PLACES
        return {one["place"] for one in places if one["state"] != "clean"}

    await wait_until(unclean, lambda found: found <= {"proxies"})


async def nothing_leaks(
    newsroom: Newsroom,
    phones: Devices,
    readers: list[Reader],
    fronts: dict[str, Page],
    drill: str,
) -> None:
    """No reader gets a byte of the drill, or from now on of what was withdrawn."""
    gone = [one for one in newsroom.reports if not one.live]
    http = newsroom.http
    for name in ("/v1/items/", "/item/"):
        assert (await http.get(f"{name}{drill}")).status_code == 404
        for report in gone:
            assert (await http.get(f"{name}{report.id}")).status_code == 410
    addresses = [f"{name}{report.id}" for name in ("/v1/items/", "/item/") for report in gone]
    addresses += [f"/v1/feed.{one}?limit=200" for one in ("json", "atom", "rss", "ninjs")]
    addresses += [f"/{edition}{more}" for edition in EDITIONS for more in ("", "/corrections")]
    addresses += ["/sitemap-news.xml", "/v1/items?limit=200"]
    now = [(await http.get(address)).text for address in addresses]
    for words in ("earthquake", *(report.headline for report in gone)):
        assert await searched(http, words) == []
    kept = next(one for one in newsroom.reports if one.live)
    assert await searched(http, kept.headline) == [kept.id]
    now += [await page.content() for page in fronts.values()]
    before = [frame for reader in readers for frame in reader.frames] + phones.texts()
    for text in now + before:
        assert DRILL not in text
        assert drill not in text
    for text in now:
        for report in gone:
            assert report.headline not in text


async def searched(http: httpx.AsyncClient, words: str) -> list[str]:
    """Return the ids that a reader's search finds."""
    answer = await http.get("/v1/search", params={"q": words})
    assert answer.is_success, answer.text
    return [one["item"]["id"] for one in answer.json()["results"]]

"""Three editors at work: one in the console, one with commands, one with a program of the API."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx
from playwright.async_api import Locator, Page, expect

from tests.browser.day_plan import RACED, Report, Step
from tests.browser.day_readers import Devices
from tests.cli.conftest import Newsroom as Commands
from tests.support.waiting import wait_until

DRILL = "Xylophonquartz"
"""A word of the drill, and of nothing else."""
TEMPLATE = {
    "title": "Earthquake",
    "edition": "en",
    "level": "flash",
    "push": True,
    "headline": "Earthquake of magnitude {magnitude} near {place}",
    "cancellation": "There was no earthquake near {place}",
}


class Progress:
    """The steps that have been taken. Each editor takes the first that can be taken."""

    def __init__(self, devices: Devices) -> None:
        self._devices = devices
        self._done: dict[str, int] = {}
        self._changed = asyncio.Condition()
        self._race = asyncio.Barrier(2)

    def _ready(self, step: Step) -> bool:
        return self._done.get(step.report.name, 0) == step.version - 1

    async def work(self, editor: Editor, steps: list[Step]) -> None:
        """Take all ``steps``, each when the ones before it have been taken."""
        left = list(steps)
        while left:
            async with self._changed:
                await self._changed.wait_for(lambda: any(map(self._ready, left)))
            step = next(filter(self._ready, left))
            left.remove(step)
            if step.report.by == RACED:
                await self._race.wait()
            if step.verb == "retract" and step.report.push:
                # It is known to be false because people have read it.
                await wait_until(lambda: self._devices.alerted(step.report))
            await getattr(editor, step.verb)(step.report, step.version - 1)
            async with self._changed:
                self._done[step.report.name] = step.version
                self._changed.notify_all()


class Editor:
    """An editor. Each method changes a report that is at ``version`` before."""

    async def publish(self, report: Report, version: int) -> None:
        raise NotImplementedError

    async def draft(self, report: Report, version: int) -> None:
        raise NotImplementedError

    async def approve(self, report: Report, version: int) -> None:
        raise NotImplementedError

    async def accept(self, report: Report, version: int) -> None:
        """Approve the change that a colleague has proposed."""
        await self.approve(report, version)

    async def correct(self, report: Report, version: int) -> None:
        raise NotImplementedError

    async def retract(self, report: Report, version: int) -> None:
        raise NotImplementedError

    async def pin(self, report: Report, version: int) -> None:
        raise NotImplementedError


class ApiEditor(Editor):
    """An editor's program."""

    def __init__(self, http: httpx.AsyncClient, key: str) -> None:
        self._http = http
        self._key = {"authorization": f"Bearer {key}"}

    async def _send(self, method: str, path: str, body: Any, version: int = 0) -> Any:
        match = {"if-match": f'"{version}"'} if version else {}
        answer = await self._http.request(
            method, f"/v1/items{path}", json=body, headers=self._key | match
        )
        if answer.status_code == 409 and answer.json()["type"] == "/problems/duplicate":
            return None
        assert answer.is_success, answer.text
        return answer.json()

    async def publish(self, report: Report, version: int) -> None:
        answer = await self._send("POST", "", _body(report))
        if answer is not None:  # else a colleague was first
            assert answer["item"]["state"] == "live"
            report.id = answer["item"]["id"]

    async def draft(self, report: Report, version: int) -> None:
        """Send a flash as if it could go out: the newsroom keeps it for a second person."""
        answer = await self._send("POST", "", _body(report))
        assert answer["item"]["state"] == "draft"
        report.id = answer["item"]["id"]

    async def approve(self, report: Report, version: int) -> None:
        await self._send("POST", f"/{report.id}/approve", {}, version)

    async def correct(self, report: Report, version: int) -> None:
        change = {"headline": report.later_headline, "correction": report.correction}
        await self._send("PATCH", f"/{report.id}", change, version)

    async def retract(self, report: Report, version: int) -> None:
        await self._send("POST", f"/{report.id}/retract", {"reason": report.reason})

    async def pin(self, report: Report, version: int) -> None:
        await self._send("POST", f"/{report.id}/pin", {})


def _body(report: Report) -> dict[str, Any]:
    body = {"headline": report.headline, "edition": report.edition, "level": report.level}
    return body | ({"push": True} if report.push else {})


class CommandEditor(Editor):
    """An editor at a terminal. The commands run one after the other in a thread."""

    def __init__(self, data: Path, url: str, key: str) -> None:
        self._commands = Commands(data, url)
        self._key = key
        self._data = data

    async def run(self, *arguments: str, code: int = 0) -> str:
        """Run a command; return what it prints with --json."""
        done = await asyncio.to_thread(
            self._commands.ticker, *arguments, "--json", TICKER_KEY=self._key
        )
        assert done.code == code, (arguments, done.out, done.err)
        return done.out

    def _options(self, report: Report) -> list[str]:
        push = ["--push"] if report.push else []
        return [report.headline, "--edition", report.edition, "--level", report.level, *push]

    async def publish(self, report: Report, version: int) -> None:
        if report.by == RACED:
            done = await asyncio.to_thread(
                self._commands.ticker,
                *("publish", *self._options(report), "--json"),
                TICKER_KEY=self._key,
            )
            if done.code == 0:
                report.id = done.json["item"]["id"]
            else:  # a colleague was first
                assert (done.code, done.json["type"]) == (1, "/problems/duplicate"), done.out
            return
        report.id = json.loads(await self.run("publish", *self._options(report)))["item"]["id"]

    async def draft(self, report: Report, version: int) -> None:
        report.id = json.loads(await self.run("draft", *self._options(report)))["item"]["id"]

    async def approve(self, report: Report, version: int) -> None:
        await self.run("approve", report.id, "--if-version", str(version))

    async def correct(self, report: Report, version: int) -> None:
        said = str(report.correction)
        await self.run("correct", report.id, report.later_headline, "--correction", said)

    async def retract(self, report: Report, version: int) -> None:
        await self.run("retract", report.id, "--reason", report.reason)

    async def pin(self, report: Report, version: int) -> None:
        await self.run("pin", report.id)

    async def drill(self) -> str:
        """Hold a drill from a template; return the id of its item."""
        file = self._data / "earthquake.json"
        file.write_text(json.dumps(TEMPLATE))
        await self.run("templates", "set", "earthquake", str(file))
        told = ("earthquake", "magnitude=9.5", f"place={DRILL}", "--test")
        answer = json.loads(await self.run("templates", "publish", *told))
        assert answer["state"] == "test"
        return str(answer["item"]["id"])


class ConsoleEditor(Editor):
    """An editor at the console, by keyboard."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self._form = page.locator("#write")
        self._dialog = page.locator("#act")

    def row(self, report: Report) -> Locator:
        return self.page.locator(f"#board .row[data-id='{report.id}']")

    async def begin(self) -> None:
        await self._form.locator(".more summary").click()

    async def _fill(self, report: Report) -> None:
        await self._form.locator("[name=edition]").select_option(report.edition)
        await self._form.locator(f"[name=level][value={report.level}]").check(force=True)
        if report.push:
            await self._form.locator("[name=push]").check()
        await self._form.locator("[name=headline]").fill(report.headline)

    async def _sent(self, report: Report, state: str) -> None:
        """Wait until the board has it, and read its id there."""
        row = self.page.locator(f"#board .row[data-state={state}]").filter(has_text=report.headline)
        await expect(row).to_have_count(1)
        report.id = str(await row.get_attribute("data-id"))
        await expect(self._form.locator("[name=headline]")).to_have_value("")

    async def publish(self, report: Report, version: int) -> None:
        await self._fill(report)
        await self._form.locator("[name=headline]").press("Control+Enter")
        if report.break_glass is not None:
            word, reason = (self._dialog.locator("input").nth(n) for n in range(2))
            await reason.fill(report.break_glass)
            await word.fill(report.level)
            # Before it says whom the alert reaches, Enter does nothing.
            ok = self._dialog.locator("[data-ok]")
            await expect(ok).not_to_have_attribute("aria-busy", "true")
            await word.press("Enter")
        await self._sent(report, "live")

    async def draft(self, report: Report, version: int) -> None:
        await self._fill(report)
        await self._form.locator("[data-draft]").click()
        await self._sent(report, "draft")

    async def _act(self, report: Report, key: str, version: int) -> None:
        """Press a key on the row once it has this version."""
        row = self.page.locator(
            f"#board .row[data-id='{report.id}'][data-version='{version}'] .row-open"
        )
        await expect(row).to_be_visible()  # drafts of others: within ten seconds
        await row.press(key)
        await expect(self._dialog).to_be_visible()

    async def _confirm(self) -> None:
        await self._dialog.locator("[data-ok]").click()
        await expect(self._dialog).to_be_hidden()

    async def approve(self, report: Report, version: int) -> None:
        await self.page.locator("[data-view=all]").click()  # sooner than by itself
        await self._act(report, "a", version)
        await expect(self._dialog.locator("[data-quote]")).to_contain_text(report.headline)
        await self._confirm()

    async def correct(self, report: Report, version: int) -> None:
        await self._act(report, "c", version)
        headline, correction = (self._dialog.locator("textarea").nth(n) for n in range(2))
        await headline.fill(report.later_headline)
        await correction.fill(str(report.correction))
        await self._confirm()

    async def retract(self, report: Report, version: int) -> None:
        await self._act(report, "r", version)
        await self._dialog.locator("input").first.fill(report.reason)
        await self._confirm()

    async def pin(self, report: Report, version: int) -> None:
        raise AssertionError("nothing is pinned in the console")

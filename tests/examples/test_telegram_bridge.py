"""The example as a real process with a real newsroom and a fake Bot API, and kill -9."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from examples.telegram_bridge.ledger import Ledger
from tests.examples.bot_api import CHAT, TOKEN, BotApi, bot_api
from tests.support.http_server import Answer
from tests.support.newsroom_process import NewsroomProcess, running
from tests.support.redis_servers import RedisServer
from tests.support.waiting import wait_until

pytestmark = pytest.mark.processes

ROOT = Path(__file__).parents[2]


class Process:
    """The bridge: start it, kill it, start it again on the same database."""

    def __init__(self, folder: Path, newsroom: NewsroomProcess, bot: BotApi) -> None:
        self.database = folder / "telegram.db"
        self._log = folder / "telegram.log"
        self._newsroom = newsroom
        self._bot = bot
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, **environment: str) -> subprocess.Popen[bytes]:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "examples.telegram_bridge"),
                    *("--url", self._newsroom.url, "--api", self._bot.url),
                    *("--database", str(self.database), "--edition", "en", "--edition", "ar"),
                ],
                cwd=ROOT,
                env={**os.environ, "TELEGRAM_TOKEN": TOKEN, "TELEGRAM_CHAT": CHAT, **environment},
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        return self._process

    def kill(self) -> None:
        """As from within an answer of the API: nothing of the process runs after this."""
        assert self._process is not None
        self._process.kill()
        self._process.wait(30)

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    async def end(self, number: signal.Signals | None = None) -> int:
        """Return the exit code, after a signal if one is given."""
        assert self._process is not None
        if number is not None:
            self._process.send_signal(number)
        return await asyncio.to_thread(self._process.wait, 30)

    @property
    def said(self) -> str:
        return self._log.read_text()


@asynccontextmanager
async def bridging(
    valkey: RedisServer, folder: Path, **environment: str
) -> AsyncIterator[tuple[NewsroomProcess, BotApi, Process]]:
    """A newsroom, an API, and a bridge that has its place in the lane but is not started."""
    async with running(valkey.url, folder, **environment) as newsroom, bot_api() as bot:
        process = Process(folder, newsroom, bot)
        await newsroom.publish("From before the bridge began")
        ledger = Ledger(str(process.database))
        await ledger.save((await newsroom.http.get("/v1/items")).json()["cursor"])
        ledger.close()
        try:
            yield newsroom, bot, process
        finally:
            if process.running:
                process.kill()


async def test_a_day_in_the_chat(valkey: RedisServer, tmp_path: Path) -> None:
    async with bridging(valkey, tmp_path) as (newsroom, bot, process):
        process.start()
        bot.faults.append(lambda: bot.throttle(0.3))
        dam = (await newsroom.publish("The dam holds", level="urgent"))["item"]
        quay = (await newsroom.publish("Quay four <closed> & flooded", source="Port office"))[
            "item"
        ]
        await newsroom.publish("ACME توقف الإنتاج", edition="ar")
        await newsroom.publish("Nada para este chat", edition="es")
        await wait_until(lambda: len(bot.messages) == 3)
        assert bot.texts == [
            "\u200e❗ The dam holds",
            "\u200eQuay four <closed> & flooded\n\n\u200e— \u2068Port office\u2069",
            "\u200fACME توقف الإنتاج",
        ]
        assert (bot.calls, bot.early) == (["sendMessage"] * 4, 0)

        better = {"headline": "The dam leaks", "correction": "It leaks a little."}
        await newsroom.act(dam["id"], "change", **better)
        await newsroom.act(dam["id"], "pin")
        await newsroom.act(quay["id"], "retract", reason="Quay four is open.")
        await wait_until(lambda: len(bot.messages) == 2)
        assert bot.texts[0] == "\u200e❗ The dam leaks\n\n\u200e✎ It leaks a little."
        assert bot.calls[4:] == ["editMessageText", "editMessageText", "deleteMessage"]

        second = process.database.with_name("second.log")
        with second.open("wb") as log:
            twin = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "examples.telegram_bridge"),
                *("--database", str(process.database)),
                cwd=ROOT,
                env={**os.environ, "TELEGRAM_TOKEN": TOKEN, "TELEGRAM_CHAT": CHAT},
                stderr=log,
            )
            assert await twin.wait() == 1
        assert "database is locked" in second.read_text()

        assert await process.end(signal.SIGTERM) == 0
        process.start(TELEGRAM_TOKEN="1:wrong")
        await newsroom.publish("The chat does not get this")
        assert await process.end() == 1
        assert "stopped: Unauthorized" in process.said
        assert TOKEN not in process.said
        assert "1:wrong" not in process.said


async def test_killed_at_any_moment_each_line_is_there_once(
    valkey: RedisServer, tmp_path: Path
) -> None:
    """kill -9 while requests are on their way: what the API has not taken is sent again."""
    chance, count, deaths = random.Random(5), 40, 0
    async with bridging(valkey, tmp_path) as (newsroom, bot, process):

        def die() -> Answer:
            nonlocal deaths
            deaths += 1
            process.kill()
            return Answer(0)

        def arm() -> None:
            bot.faults.extend([lambda: None] * chance.randrange(2, 9))
            bot.faults.append(die)

        process.start()
        arm()
        lines, ids = [], []
        for number in range(count):
            answer = await newsroom.publish(f"Item number {number}")
            ids.append(answer["item"]["id"])
            lines.append(f"\u200eItem number {number}")
            if not process.running:
                arm()
                process.start()
        for id in ids[:5]:
            await newsroom.act(id, "retract", reason="wrong")
        for number in range(5, 10):
            lines[number] = f"\u200eBetter {number}\n\n\u200e✎ Was worse."
            better = {"headline": f"Better {number}", "correction": "Was worse."}
            await newsroom.act(ids[number], "change", **better)

        def corrected() -> bool:
            if not process.running:
                arm()
                process.start()
            return bot.texts == lines[5:]

        await wait_until(corrected, seconds=90)
        bot.faults.clear()
        assert await process.end(signal.SIGTERM) in (0, -signal.SIGKILL)
        assert bot.texts == lines[5:]
        assert deaths >= 4


async def test_what_can_double_is_the_request_whose_answer_was_lost(
    valkey: RedisServer, tmp_path: Path
) -> None:
    """README: the API took the message, and the bridge died before it heard of it."""
    async with bridging(valkey, tmp_path) as (newsroom, bot, process):

        def die() -> Answer:
            process.kill()
            return Answer(0)

        process.start()
        bot.after.append(die)
        first = (await newsroom.publish("One"))["item"]
        await newsroom.publish("Two")
        await wait_until(lambda: not process.running)
        assert bot.texts == ["\u200eOne"]
        process.start()
        await wait_until(lambda: len(bot.messages) == 3)
        assert bot.texts == ["\u200eOne", "\u200eOne", "\u200eTwo"]

        # An edit or a deletion is done again without a trace.
        bot.after.append(die)
        await newsroom.act(first["id"], "change", headline="One and a half")
        await wait_until(lambda: not process.running)
        await newsroom.act(first["id"], "retract", reason="wrong")
        bot.after.append(die)
        process.start()  # it gets the retraction alone, the text is nowhere any more
        await wait_until(lambda: not process.running)
        process.start()
        await newsroom.publish("Three")
        await wait_until(lambda: "\u200eThree" in bot.texts)
        assert bot.texts == ["\u200eOne", "\u200eTwo", "\u200eThree"]


async def test_a_reset_brings_the_chat_up_to_date(valkey: RedisServer, tmp_path: Path) -> None:
    """The bridge was away for longer than the window: it compares, and asks about the rest."""
    async with bridging(valkey, tmp_path, replay_window="10", lane_events_max="10") as (
        newsroom,
        bot,
        process,
    ):
        process.start()
        ids = [(await newsroom.publish(f"Item {n}"))["item"]["id"] for n in range(3)]
        await wait_until(lambda: len(bot.messages) == 3)
        assert await process.end(signal.SIGTERM) == 0

        await newsroom.act(ids[0], "retract", reason="wrong")
        await newsroom.act(ids[1], "change", headline="Better item 1")
        for number in range(25):
            await newsroom.publish(f"Missed {number}")
        process.start()
        await wait_until(lambda: len(bot.messages) == 27)
        missed = [f"\u200eMissed {number}" for number in range(25)]
        await wait_until(lambda: bot.texts == ["\u200eBetter item 1", "\u200eItem 2", *missed])
        await newsroom.publish("And on it goes")
        await wait_until(lambda: len(bot.messages) == 28)
        assert "reset (expired)" in process.said
        assert "\u200eFrom before the bridge began" not in bot.texts

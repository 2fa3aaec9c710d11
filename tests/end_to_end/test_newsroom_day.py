"""A day in a newsroom, at the editor's keyboard: ten lines, one of them wrong, one of them false.

Every line is published with the command itself. Readers follow over WebSocket, server-sent events
and polling; while they are away one line is corrected, another is retracted and the server is
killed. They come back with their cursors and get exactly those two events, and the retracted text
is in no byte that anybody can still ask for.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest

from tests.support.newsroom_process import NewsroomProcess, running
from tests.support.redis_servers import RedisServer
from tests.support.transports import TRANSPORTS

pytestmark = pytest.mark.processes

SECONDS = 10.0  # until something that must come has come

LINES: list[tuple[str, str]] = [
    ("The harbour of Port Isolde is open again after the storm", "-s economy -r europe"),
    ("Nobody was hurt", "--speaker|Harbour master|-s economy -r europe --verification attributed"),
    ("Parliament of Talmyria votes on the water act tonight", "-s politics -r asia"),
    ("Turnout at noon is higher than four years ago", "-s politics -r asia --story talmyria-vote"),
    (
        "Strong earthquake felt across the Kessara valley",
        "-l flash -s environment -r asia",
    ),
    (
        "Two bridges in the Kessara valley are closed",
        "-l bulletin -s environment -r asia --source|Radio Kessara, citing firefighters",
    ),
    ("Observatory finds water on the ninth moon of Ode", "-s technology -r africa,asia-pacific"),
    ("The national library lends instruments from today", "-s arts-culture -r europe -t music"),
    ("Night ferry “Gudrun” is stopped: engine failure", "-l urgent -s economy -r europe"),
    ("Central bank of Maresca keeps its rate at 4.5%", "-l urgent -s economy -r latin-america"),
]
FALSE, WRONG = 6, 9
CORRECTED = "Central bank of Maresca keeps its rate at 4.25%"


@pytest.fixture
def valkey() -> Iterator[RedisServer]:
    server = RedisServer("valkey")
    server.start()
    yield server
    server.stop()


def options(text: str) -> list[str]:
    """Return ``text`` as arguments; ``--name|a value with spaces|`` keeps its spaces."""
    words: list[str] = []
    for number, part in enumerate(text.split("|")):
        words += [part] if number % 2 else part.split()
    return words


async def ticker(newsroom: NewsroomProcess, *arguments: str) -> dict[str, Any]:
    """Run the command as an editor does; return what it says with --json."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "ticker", *arguments, "--json"),
        env={**os.environ, "TICKER_URL": newsroom.url, "TICKER_KEY": newsroom.key},
        stdout=asyncio.subprocess.PIPE,
    )
    said, _ = await process.communicate()
    assert process.returncode == 0, said
    answer: dict[str, Any] = json.loads(said)
    return answer


class Reader:
    """One reader: every frame as it came, and the cursor, which outlives the connection."""

    def __init__(self, url: str, transport: str) -> None:
        self.transport = transport
        self.cursor: str | None = None
        self.frames: list[str] = []
        self._url = url
        self._heard = asyncio.Condition()
        self._task: asyncio.Task[None] | None = None

    def come(self) -> None:
        """Connect, or come back with the cursor; ``frames`` begins anew."""
        self.frames = []
        self._task = asyncio.create_task(self._listen())

    async def leave(self) -> None:
        assert self._task is not None
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def until(self, done: Callable[[Reader], bool]) -> None:
        """Wait until ``done`` is true of this reader; fail, and show what it got, if it is not."""
        try:
            async with asyncio.timeout(SECONDS), self._heard:
                await self._heard.wait_for(lambda: done(self))
        except TimeoutError:
            pytest.fail(f"{self.transport} got only {self.frames}")

    @property
    def messages(self) -> list[dict[str, Any]]:
        return [json.loads(frame) for frame in self.frames]

    @property
    def events(self) -> list[tuple[str, str]]:
        return [(m["action"], m["item"]["id"]) for m in self.messages if m["type"] == "item"]

    @property
    def shown(self) -> list[str]:
        """Return the ids in the snapshots, in display order."""
        snapshots = [m["items"] for m in self.messages if m["type"] == "snapshot"]
        return [item["id"] for items in snapshots for item in items]

    async def _listen(self) -> None:
        query = "edition=en" + (f"&after={self.cursor}" if self.cursor else "")
        async with aclosing(TRANSPORTS[self.transport](self._url, query)) as frames:
            async for frame in frames:
                message = json.loads(frame)
                async with self._heard:
                    self.frames.append(frame)
                    if message["type"] != "welcome":  # its cursor is where the server stands
                        self.cursor = message["cursor"]
                    self._heard.notify_all()


async def test_a_day(valkey: RedisServer, tmp_path: Path) -> None:
    async with running(valkey.url, tmp_path) as newsroom:
        readers = [Reader(newsroom.url, transport) for transport in TRANSPORTS]
        for reader in readers:
            reader.come()
        for reader in readers:
            await reader.until(lambda r: r.cursor is not None)
        morning = readers[0].cursor

        # The morning: ten lines, on every reader's screen in the editor's order.
        items = []
        for headline, more in LINES:
            published = await ticker(newsroom, "publish", headline, "-e", "en", *options(more))
            assert published["state"] == "live"
            items.append(published["item"])
        ids = [item["id"] for item in items]
        for reader in readers:
            await reader.until(lambda r: len(r.events) >= len(ids))
            assert reader.events == [("publish", id) for id in ids], reader.transport
            heard = [m["item"] for m in reader.messages if m["type"] == "item"]
            assert [item["headline"] for item in heard] == [headline for headline, _ in LINES]
            assert sum(map(leaks, reader.frames)) == 1
            assert (heard[1]["speaker"], heard[1]["verification"]) == (
                "Harbour master",
                "attributed",
            )
            assert heard[5]["source"] == "Radio Kessara, citing firefighters"
            assert heard[6]["regions"] == ["africa", "asia-pacific"]
            assert {item["level"] for item in heard} == {"ticker", "urgent", "bulletin", "flash"}

        # Noon: everybody is away. One line was wrong, one was not true; the server dies.
        for reader in readers:
            await reader.leave()
        note = "The rate is 4.25%, not 4.5%."
        await ticker(newsroom, "correct", ids[WRONG], CORRECTED, "--correction", note)
        newsroom.kill("serve")
        newsroom.start("serve")
        await newsroom.ready()
        await ticker(newsroom, "retract", ids[FALSE], "--reason", "The observatory withdraws it.")

        # They come back, and get the two events, once.
        for reader in readers:
            reader.come()
        missed = [("correct", ids[WRONG]), ("retract", ids[FALSE])]
        for reader in readers:
            await reader.until(lambda r: len(r.events) >= len(missed))
        # A last line, so that anything that came twice would have come before it.
        last = (await ticker(newsroom, "publish", "Good night", "-e", "en"))["item"]["id"]
        for reader in readers:
            await reader.until(lambda r: r.events[-1] == ("publish", last))
            assert reader.events == [*missed, ("publish", last)], reader.transport
            assert reader.shown == [], "a snapshot where a replay was possible"
            correction = next(m["item"] for m in reader.messages if m["type"] == "item")
            assert (correction["headline"], correction["correction"]["text"]) == (CORRECTED, note)
            await reader.leave()

        # Nobody who comes now, or who was away all day, gets a byte of what was retracted.
        standing = [last, *(id for id in reversed(ids) if id != ids[FALSE])]
        for reader in readers:
            for since in (None, morning):
                late = Reader(newsroom.url, reader.transport)
                late.cursor = since
                late.come()
                if since is None:
                    await late.until(lambda r: bool(r.shown))
                    assert late.shown == standing, late.transport
                else:
                    await late.until(lambda r: ("publish", last) in r.events)
                    assert ("publish", ids[FALSE]) not in late.events
                await late.leave()
                assert late.frames, late.transport
                assert not any(leaks(frame) for frame in [*late.frames, *reader.frames])
        gone = await newsroom.http.get(f"/v1/items/{ids[FALSE]}")
        assert gone.status_code == 410
        assert not leaks(gone.text)


def leaks(text: str) -> bool:
    """Return whether any telling word of the retracted line is in ``text``."""
    return any(word in text for word in ("Observatory", "water on the ninth", "moon of Ode"))

"""kill -9 of each part, in the middle of a publish stream with 50 readers.

No acknowledged item is lost, none arrives twice, and no reader is reset where nothing was lost. So
does an item in its undo window; one that is taken back during the fault goes out to nobody.
Run with ``-s`` to see how long each recovery took.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest

from tests.support.newsroom_process import NewsroomProcess, running
from tests.support.redis_servers import RedisServer
from tests.support.waiting import simulated_delay, wait_until
from ticker.client import ItemEvent, Snapshot, Ticker
from ticker.config import Settings
from ticker.domain.errors import Unavailable
from ticker.publishing.service import ItemService
from ticker.storage.connection import connect
from ticker.storage.keys import Keys

pytestmark = pytest.mark.faults

READERS = 50
RECOVERY_SECONDS = 60.0
UNDO_WINDOW = 1.5
"""Seconds: the fault is within the window, and over when it ends or a little later."""


class Wire:
    """An editor who never stops: each line is sent again with its key until it is acknowledged."""

    def __init__(self, newsroom: NewsroomProcess) -> None:
        self.acknowledged: list[str] = []
        self.tries = 0
        self._newsroom = newsroom
        self._stop = asyncio.Event()

    async def run(self) -> None:
        number = 0
        while not self._stop.is_set():
            number += 1
            await self._publish(f"Line {number} of the night", f"key-{number}")
            await simulated_delay(0.005)  # the editor's pace

    def stop(self) -> None:
        self._stop.set()

    async def _publish(self, headline: str, key: str) -> None:
        deadline = time.monotonic() + RECOVERY_SECONDS
        while time.monotonic() < deadline:
            self.tries += 1
            with contextlib.suppress(httpx.HTTPError):
                answer = await self._newsroom.publish(headline, key=key)
                self.acknowledged.append(answer["item"]["id"])
                return
            await simulated_delay(0.02)  # and patience
        raise AssertionError(f"{headline!r} could not be published in {RECOVERY_SECONDS} s")


class Screen:
    """A reader with the Python client: every id in the order in which it came."""

    def __init__(self, url: str) -> None:
        self.ids: list[str] = []
        self.resets: list[str | None] = []
        self.feed = Ticker(url, edition="en", backlog=0)

    async def run(self) -> None:
        async for event in self.feed:
            match event:
                case Snapshot(reset=True):
                    self.resets.append(event.reason)
                case ItemEvent(action="publish"):
                    self.ids.append(event.item.id)
                case _:
                    pass


@pytest.fixture
def redis_server() -> Iterator[RedisServer]:
    server = RedisServer("valkey")
    server.start()
    yield server
    server.stop()


@pytest.fixture
async def newsroom(redis_server: RedisServer, tmp_path: Path) -> AsyncIterator[NewsroomProcess]:
    async with running(redis_server.url, tmp_path, duplicate_window="0") as found:
        yield found


class Night:
    """A publish stream, 50 readers, and a fault in the middle."""

    def __init__(self, newsroom: NewsroomProcess) -> None:
        self.newsroom = newsroom
        self.wire = Wire(newsroom)
        self.screens = [Screen(newsroom.url) for _ in range(READERS)]
        self._tasks: list[asyncio.Task[None]] = []
        self.waiting = self.taken_back = ""
        """Items that are in their undo window when the fault comes."""

    async def begin(self) -> None:
        self._tasks = [asyncio.create_task(screen.run()) for screen in self.screens]
        await wait_until(lambda: all(screen.feed.connected for screen in self.screens))
        self._publishing = asyncio.create_task(self.wire.run())
        await wait_until(lambda: len(self.wire.acknowledged) > 50)
        self.taken_back = await self._waits("A text that nobody may see", 10)
        self.waiting = await self._waits("A text that waits", UNDO_WINDOW)

    async def _waits(self, headline: str, seconds: float) -> str:
        answer = await self.newsroom.publish(headline, undo_window=seconds)
        assert (answer["state"], answer["delivered"]) == ("scheduled", None)
        return str(answer["item"]["id"])

    async def take_back(self) -> None:
        """Withdraw an item whose window the fault has hit: another web process asks the store."""
        settings = Settings()
        redis = connect(self.newsroom.redis_url)
        items = ItemService(redis, Keys(settings.namespace), settings.taxonomy, settings)

        async def withdrawn() -> str | None:
            with contextlib.suppress(Unavailable):
                done = await items.retract(self.taken_back, None, by="desk", if_match=1, key="back")
                return done.item.state
            return None

        assert await wait_until(withdrawn) == "retracted"
        await redis.aclose()

    async def recovered(self, what: str, since: float) -> None:
        """Wait until a line published from now on is on every screen; print how long it took."""
        await self.take_back()
        mark = len(self.wire.acknowledged)
        await wait_until(lambda: len(self.wire.acknowledged) > mark + 5)
        fresh = self.wire.acknowledged[mark + 5]
        await wait_until(lambda: all(fresh in screen.ids for screen in self.screens))
        print(f"\nkill -9 of {what}: on all {READERS} screens again after {self._age(since)} s")

    async def end(self) -> None:
        """Publish for a while after the recovery, stop and compare."""
        more = len(self.wire.acknowledged) + 20
        await wait_until(lambda: len(self.wire.acknowledged) >= more)
        self.wire.stop()
        await self._publishing
        acknowledged = self.wire.acknowledged
        assert len(set(acknowledged)) == len(acknowledged), "one line became two items"
        last = acknowledged[-1]
        await wait_until(lambda: all(last in screen.ids for screen in self.screens))
        await wait_until(lambda: all(self.waiting in screen.ids for screen in self.screens))
        for screen in self.screens:
            assert screen.resets == [], "nothing was lost, so nobody had to start over"
            assert screen.ids.count(self.waiting) == 1, "what waited goes out once"
            screen.ids.remove(self.waiting)
            assert screen.ids == acknowledged, "every line once, in order"
            await screen.feed.aclose()
        await asyncio.gather(*self._tasks)

    @staticmethod
    def _age(since: float) -> str:
        return f"{time.monotonic() - since:.2f}"


async def test_kill_the_worker(newsroom: NewsroomProcess) -> None:
    night = Night(newsroom)
    await night.begin()
    killed = time.monotonic()
    newsroom.kill("work")
    await simulated_delay(0.3)
    newsroom.start("work")
    await night.recovered("the worker", killed)
    await night.end()


async def test_kill_one_of_two_workers(newsroom: NewsroomProcess) -> None:
    newsroom.start("work", "second")
    night = Night(newsroom)
    await night.begin()
    killed = time.monotonic()
    newsroom.kill("work")
    await night.recovered("one worker of two", killed)
    await night.end()


async def test_kill_the_server(newsroom: NewsroomProcess) -> None:
    night = Night(newsroom)
    await night.begin()
    killed = time.monotonic()
    newsroom.kill("serve")
    newsroom.start("serve")
    await night.recovered("the server", killed)
    await night.end()


async def test_kill_valkey(newsroom: NewsroomProcess, redis_server: RedisServer) -> None:
    night = Night(newsroom)
    await night.begin()
    killed = time.monotonic()
    redis_server.kill()
    await simulated_delay(0.3)
    redis_server.start()
    await night.recovered("Valkey", killed)
    await night.end()


async def test_readiness_names_the_silent_hop(
    newsroom: NewsroomProcess, redis_server: RedisServer
) -> None:
    async def silent(hop: str | None) -> None:
        answer = await wait_until(
            lambda: newsroom.http.get("/readyz"), lambda found: found.json()["silent"] == hop
        )
        assert answer.status_code == (200 if hop is None else 503)

    await silent(None)
    newsroom.kill("work")
    await silent("worker")
    newsroom.start("work")
    await silent(None)
    redis_server.kill()
    await silent("redis")
    redis_server.start()
    await silent(None)

"""SIGHUP replaces the processes of a server while editors publish and readers read."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.chaos.readers import EventStreamReader, PollReader, Reader, WebSocketReader
from tests.support.metrics import scraped
from tests.support.newsroom_process import NewsroomProcess, running
from tests.support.redis_servers import RedisServer
from tests.support.waiting import simulated_delay, wait_until

pytestmark = pytest.mark.faults


class Publishers:
    """Editors who publish all the time; a refusal or a lost answer ends them."""

    def __init__(self, newsroom: NewsroomProcess) -> None:
        self._newsroom = newsroom
        self.published: list[str] = []
        self.done = False

    async def on_a_kept_connection(self) -> None:
        while not self.done:
            await self._publish(self._newsroom.http, "kept")

    async def on_new_connections(self) -> None:
        while not self.done:
            async with httpx.AsyncClient(base_url=self._newsroom.url, timeout=30) as http:
                await self._publish(http, "new")

    async def _publish(self, http: httpx.AsyncClient, how: str) -> None:
        number = len(self.published)
        answer = await http.post(
            "/v1/items",
            json={"headline": f"Item {number} on a {how} connection", "edition": "en"},
            headers={"authorization": f"Bearer {self._newsroom.key}"},
        )
        answer.raise_for_status()
        self.published.append(answer.json()["item"]["id"])
        await simulated_delay(0.02)


@contextlib.asynccontextmanager
async def busy(newsroom: NewsroomProcess) -> AsyncIterator[tuple[Publishers, list[Reader]]]:
    """Readers on every transport, and publishers; nothing is refused and nothing missed."""
    loop = asyncio.get_running_loop()
    readers: list[Reader] = [
        kind(f"{kind.transport}{number}", newsroom.url, loop.time)
        for kind in (WebSocketReader, EventStreamReader, PollReader)
        for number in range(3)
    ]
    publishers = Publishers(newsroom)
    reading = [asyncio.create_task(reader.run()) for reader in readers]
    await wait_until(lambda: all(reader.log.seen for reader in readers))
    publishing = [
        asyncio.create_task(publishers.on_a_kept_connection()),
        asyncio.create_task(publishers.on_new_connections()),
    ]
    try:
        await wait_until(lambda: len(publishers.published) > 20)
        yield publishers, readers
        published = len(publishers.published)
        await wait_until(lambda: len(publishers.published) > published + 20)
    finally:
        publishers.done = True
        await asyncio.gather(*publishing)  # raises what a publisher was refused
    try:
        last = publishers.published[-1]
        await wait_until(lambda: all(reader.saw(last) for reader in readers))
        for reader in readers:
            events = [one for one in reader.log.seen if one.action == "publish"]
            seen = [shown.item for one in events for shown in one.shown]
            assert sorted(seen) == sorted(publishers.published), reader.log.name
            assert not any(one.reset for one in reader.log.seen)
    finally:
        for task in reading:
            task.cancel()
        await asyncio.gather(*reading, return_exceptions=True)


async def replaced(newsroom: NewsroomProcess, count: int) -> None:
    """Send SIGHUP; return when all ``count`` processes are new ones."""
    old = newsroom.children()
    assert len(old) == count
    os.kill(newsroom.pid("serve"), signal.SIGHUP)
    await wait_until(lambda: len(newsroom.children() - old) == count == len(newsroom.children()))


async def test_a_reload_refuses_no_publish_and_every_reader_misses_nothing(
    valkey: RedisServer, tmp_path: Path
) -> None:
    async with running(valkey.url, tmp_path, "--workers", "2") as newsroom, busy(newsroom):
        await replaced(newsroom, 3)
        found = await scraped(newsroom.metrics_url)
        for process in ("web", "gateway1", "gateway2"):
            assert found[f'ticker_ready{{process="{process}"}}'] == 1
            assert found[f'ticker_process_restarts_total{{process="{process}"}}'] == 0


async def test_a_new_process_that_cannot_start_leaves_the_old_ones_in_place(
    valkey: RedisServer, tmp_path: Path
) -> None:
    async with running(valkey.url, tmp_path) as newsroom:
        old = newsroom.children()
        (tmp_path / "none.toml").write_text("replay_window = 'many'\n")
        os.kill(newsroom.pid("serve"), signal.SIGHUP)
        await wait_until(lambda: "the old one stays" in newsroom.log("serve"))
        assert newsroom.children() == old
        await newsroom.publish("Still here")

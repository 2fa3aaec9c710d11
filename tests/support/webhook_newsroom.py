"""A newsroom with webhook endpoints, and a receiver."""

from __future__ import annotations

import asyncio
import ipaddress
import secrets as entropy
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from tests.support.clock import FakeClock
from tests.support.drafts import change, draft
from tests.support.http_server import Answer, Asked, ScriptedServer, listening
from ticker.domain.filter import Filter
from ticker.net.ssrf_guard import Network
from ticker.publishing.service import ItemService
from ticker.storage.connection import Redis
from ticker.storage.keys import Keys
from ticker.stream.lane_store import LaneStore
from ticker.webhooks.endpoint import Endpoint, State, new_endpoint
from ticker.webhooks.endpoints import Webhooks
from ticker.webhooks.signature import Secret, new_secret, verify
from workers.relay import Counts
from workers.webhooks.dispatcher import LEASE_MS, SLICE, Dispatcher
from workers.webhooks.sender import Sender

LOOPBACK: tuple[Network, ...] = (
    ipaddress.ip_network("127.0.0.0/8"),
    ipaddress.ip_network("::1/128"),
)
Carry = Callable[[], Awaitable[Counts]]


class Receiver(ScriptedServer):
    """Answers by script, then 204 to everything; waits at ``gate`` if there is one."""

    def __init__(self, *answers: Answer) -> None:
        super().__init__(list(answers))
        self.gate: asyncio.Event | None = None
        self.under_way = asyncio.Event()
        self.open: dict[asyncio.Task[Any] | None, asyncio.StreamWriter] = {}

    def answer(self, asked: Asked) -> Answer:
        return self.answers.pop(0) if self.answers else Answer(204, b"")

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.open[asyncio.current_task()] = writer
        if self.gate is not None:
            self.under_way.set()
            await self.gate.wait()
        await super().serve(reader, writer)

    async def aclose(self) -> None:
        """Close the open connections."""
        if self.gate is not None:
            self.gate.set()
        for writer in self.open.values():
            writer.close()
        if tasks := [task for task in self.open if task is not None]:
            await asyncio.wait(tasks, timeout=5)

    @property
    def events(self) -> list[Any]:
        return [one.json for one in self.asked]

    @property
    def ids(self) -> list[str]:
        return [one.headers["webhook-id"] for one in self.asked]

    @property
    def lines(self) -> list[str | None]:
        """The headlines in order of arrival; None for an event without text."""
        return [one["data"]["item"].get("headline") for one in self.events]

    def check(self, secret: Secret, now: float) -> None:
        """Fail unless every delivery was signed with ``secret``."""
        assert self.asked
        for one in self.asked:
            verify(secret.secret, one.headers, one.body, now)


class WebhookNewsroom:
    """A newsroom that publishes, adds endpoints and makes dispatchers."""

    def __init__(
        self, items: ItemService, carry: Carry, live: LaneStore, redis: Redis, keys: Keys
    ) -> None:
        self.redis, self.keys, self.live, self.items = redis, keys, live, items
        self.webhooks = Webhooks(redis, keys)
        self.clock = FakeClock(1_800_000_000.0)
        self.carry = carry
        self._lines = 0

    async def publish(self, headline: str | None = None, **fields: Any) -> str:
        self._lines += 1
        line = draft(headline or f"Line {self._lines}", **fields)
        done = await self.items.publish(line, by="ana")
        await self.carry()
        return done.item.id

    async def retract(self, id: str) -> None:
        await self.items.retract(id, "wrong", by="ana")
        await self.carry()

    async def change(self, id: str, **fields: Any) -> None:
        await self.items.change(id, change(**fields), by="ana")
        await self.carry()

    async def endpoint(
        self, url: str, filter: Filter | None = None, asymmetric: bool = False
    ) -> Endpoint:
        await self.live.open()
        secret = new_secret(entropy.token_bytes(64), asymmetric)
        made = new_endpoint(url, filter or Filter(), "", secret, "ana", int(self.clock.now * 1000))
        return await self.webhooks.add(made, None)

    async def state(self, id: str) -> State:
        return (await self.webhooks.get(id))[1]

    @asynccontextmanager
    async def dispatcher(
        self,
        allow: tuple[Network, ...] = LOOPBACK,
        *,
        timeout: float = 5.0,
        time_slice: float = SLICE,
        lease_ms: int = LEASE_MS,
    ) -> AsyncIterator[Dispatcher]:
        sender = Sender(allow, timeout=timeout, clock=self.clock)
        dispatcher = Dispatcher(
            self.redis,
            self.keys,
            self.live,
            sender,
            clock=self.clock,
            jitter=lambda: 0.5,
            time_slice=time_slice,
            lease_ms=lease_ms,
        )
        try:
            yield dispatcher
        finally:
            await sender.aclose()


@asynccontextmanager
async def receiving(*answers: Answer) -> AsyncIterator[Receiver]:
    """Receive on a free port of this machine, with ``answers`` first."""
    async with listening(Receiver(*answers)) as receiver:
        try:
            yield receiver
        finally:
            await receiver.aclose()

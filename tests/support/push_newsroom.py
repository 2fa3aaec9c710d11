"""Push with a real store, real shards, and a provider that answers as a test says."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ticker.config import Settings
from ticker.domain.cursor import StreamId
from ticker.domain.event import WireEvent
from ticker.domain.item import Item, Level
from ticker.publishing.repository import ItemRepository
from ticker.publishing.service import ItemService, system_clock
from ticker.push.model.alert_decision import Order, decide
from ticker.push.model.gone_watch import GoneRule
from ticker.push.model.note import Note, Strings
from ticker.push.model.subscription import ProviderName, Subscription, subscription_id
from ticker.push.model.verdicts import ACCEPTED, Verdict
from ticker.push.store.alerts import AlertStore
from ticker.push.store.gone_watches import GoneWatches
from ticker.push.store.progress import Hold, ProgressStore
from ticker.push.store.provider_state import ProviderStates
from ticker.push.store.subscriptions import Page, Shard, Subscriptions
from ticker.storage.connection import Redis
from ticker.storage.keys import Keys
from ticker.storage.scripts import command
from ticker.stream.lane_store import LaneStore
from workers.push.context import PushContext
from workers.push.shard import ShardRun

PAGE = 100
"""Devices in a page: a tenth of the product's, so that several pages are few devices."""


class SmallPages(ProgressStore):
    async def begin_page(self, *args: Any, **fields: Any) -> Page | Hold:
        return await super().begin_page(*args, **fields | {"count": PAGE})


@dataclass
class Provider:
    """A sender that records what each device got, and answers with ``answer``."""

    provider: ProviderName = "fcm"
    setup: str = "one"
    answer: Callable[[Subscription], Verdict] = lambda one: ACCEPTED
    pause: float = 0.0
    delivered: list[tuple[str, Note]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    origins: dict[str, str] = field(default_factory=dict)
    untrusted_origins: frozenset[str] = frozenset()
    under_way: int = 0
    most_under_way: int = 0
    answers: asyncio.Event = field(default_factory=asyncio.Event)
    """Set at first; while it is clear, every request stays under way."""
    answers_until: int = 0
    """The number of a request with which ``answers`` is cleared, counted from 1."""

    def __post_init__(self) -> None:
        self.answers.set()

    def prepare(self, note: Note) -> Note:
        return note

    def origin(self, subscription: Subscription) -> str:
        return self.origins.get(subscription.id, "https://provider.example")

    def untrusted(self, origin: str) -> bool:
        return origin in self.untrusted_origins

    async def send(self, message: Note, subscription: Subscription) -> Verdict:
        self.asked.append(subscription.id)
        if len(self.asked) == self.answers_until:
            self.answers.clear()
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        try:
            await asyncio.sleep(self.pause)
            await self.answers.wait()
        finally:
            self.under_way -= 1
        verdict = self.answer(subscription)
        if verdict.outcome == ACCEPTED.outcome:
            self.delivered.append((subscription.id, message))
        return verdict

    async def aclose(self) -> None:
        pass

    def shown(self) -> dict[str, str]:
        """Return the newest body on each device under each collapse key."""
        return {f"{id} {note.collapse}": note.body for id, note in self.delivered}


class PushNewsroom:
    """A newsroom's push, step by step."""

    def __init__(
        self, redis: Redis, keys: Keys, items: ItemService, live: LaneStore, shard_max: int = 10_000
    ) -> None:
        self.redis = redis
        self.keys = keys
        self.items = items
        self.live = live
        self.items_settings = Settings(namespace=keys.namespace)
        self.provider = Provider()
        self.now: Callable[[], int] = system_clock
        self.alerts = AlertStore(redis, keys)
        self.providers = ProviderStates(redis, keys)
        self.subscriptions = Subscriptions(redis, keys, 1_000_000, shard_max)
        self.progress = SmallPages(redis, keys, 3_600)
        self.seconds: Callable[[], float] = lambda: asyncio.get_running_loop().time()
        self.context = self.fresh()

    def fresh(self, concurrency: int = 50) -> PushContext:
        """Return the context of a new worker process."""
        return PushContext(
            items=ItemRepository(self.redis, self.keys),
            alerts=self.alerts,
            providers=self.providers,
            subscriptions=self.subscriptions,
            progress=self.progress,
            gone=GoneWatches(self.redis, self.keys, GoneRule(0.2, 10)),
            senders={self.provider.provider: self.provider},
            strings=lambda edition: Strings("The Lantern"),
            public_url="https://lantern.example",
            clock_ms=lambda: self.now(),
            monotonic=lambda: self.seconds(),
            concurrency=concurrency,
        )

    async def register(
        self,
        count: int,
        edition: str = "en",
        sections: tuple[str, ...] = (),
        level: Level = Level.urgent,
        name: str = "device",
    ) -> list[str]:
        """Register ``count`` devices; return their ids."""
        ids = []
        for n in range(count):
            token = f"{name}-{n:05}"
            one = Subscription(
                subscription_id(self.provider.provider, token),
                self.provider.provider,
                token,
                edition,
                sections,
                level,
                1,
            )
            await self.subscriptions.register(one)
            ids.append(one.id)
        return ids

    async def order(self) -> Order:
        """Return the order of the newest event on the wire, and save its alert record."""
        reply = await command(self.redis, "XREVRANGE", self.keys.wire, "+", "-", "COUNT", 1)
        id, record = StreamId.parse(reply[0][0]), reply[0][1]
        event = WireEvent.read(record)
        alert, known = await self.alerts.get(event.item.id)
        order = decide(event, id, alert)
        assert order is not None
        if order.alert != alert:
            assert await self.alerts.save(order.alert, known, is_alert=order.kind == "alert")
        return order

    async def shards(self, order: Order) -> list[Shard]:
        return await self.subscriptions.shards(self.provider.provider, order.alert.topics)

    async def run(self, order: Order, context: PushContext | None = None) -> list[float | None]:
        """Run ``order`` once in each of its shards; return the result of each run."""
        used = self.context if context is None else context
        return [await ShardRun(used, order, shard).run() for shard in await self.shards(order)]

    async def finish(self, order: Order) -> None:
        """Run ``order`` until it is done, waiting as long as each run asks for."""
        for _ in range(200):
            waits = [wait for wait in await self.run(order) if wait is not None]
            if not waits:
                return
            await asyncio.sleep(min(waits))
        raise AssertionError("it does not end")

    async def quarantined(self) -> int:
        """Return how many of the provider's subscriptions are in quarantine."""
        key = self.keys.push_quarantine(self.provider.provider)
        return int(await command(self.redis, "HLEN", key))

    async def receipts(self, item: Item) -> dict[str, int]:
        """Return the counts of an item, without times and progress."""
        found = await command(self.redis, "HGETALL", self.keys.receipts(item.id))
        return {
            name.decode(): int(value)
            for name, value in found.items()
            if not name.endswith((b":event", b":first", b":last", b":jobs", b":done"))
        }

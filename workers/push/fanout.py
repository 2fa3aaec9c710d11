"""From the lane to jobs: per event that tells phones something, one arq job a shard.

A consumer group hands out the lane's events and takes them back when they are enqueued. Job ids are
made of the event and the shard, so that an event which comes twice is enqueued once; and a shard
that was worked through says so itself, however late the repetition comes.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from ticker.domain.cursor import StreamId
from ticker.domain.event import WireEvent
from ticker.domain.item import Level
from ticker.push.model.plan import Order, decide
from ticker.push.model.subscription import ProviderName
from ticker.push.model.topics import Topic
from ticker.push.store.progress import ProgressStore
from ticker.push.store.provider_state import ProviderStates
from ticker.push.store.subscriptions import Shard, Subscriptions
from ticker.stream.consumer_group import ConsumerGroup
from ticker.stream.store import Entry, LaneStore
from workers.consumer import Consumer

log = logging.getLogger(__name__)

BATCH = 100
AT_ONCE = 32
"""Jobs being enqueued at the same time."""
FLASH_CLAIM_MS = 300_000
"""How long a flash may have everything else wait; what is not sent by then goes beside the rest."""
RACES = 5
"""Times that one event is decided anew because another worker was faster with its item."""
CONDITIONS = "@conditions"
"""The section of the one shard that stands for FCM's topics: its members are conditions."""


@dataclass(slots=True)
class Counts:
    """What a fan-out has done since it was made."""

    events: int = 0
    orders: int = 0
    jobs: int = 0


class Queue(Protocol):
    """Where jobs go."""

    async def push(self, order: Order, shard: Shard) -> bool:
        """Enqueue ``order`` for ``shard``; return whether it was not there yet."""


class Fanout:
    """Reads the lane's events. ``step`` and ``lost`` are for ``Steady``; ``aclose`` at the end."""

    def __init__(
        self,
        group: ConsumerGroup,
        lane: LaneStore,
        lanes: ProviderStates,
        subscriptions: Subscriptions,
        queue: Queue,
        providers: Sequence[ProviderName],
        clock: Callable[[], float],
        *,
        fcm_topics: bool = False,
        progress: ProgressStore | None = None,
        beat: Callable[[int], Awaitable[None]] | None = None,
    ) -> None:
        """``progress`` is told in how many shards an event will be sent, for its receipts.

        ``beat`` is told of every heartbeat that comes through the lane, with its time in ms.
        """
        self.counts = Counts()
        self._listener = Consumer(group, clock, BATCH)
        self._lane = lane
        self._lanes = lanes
        self._subscriptions = subscriptions
        self._queue = queue
        self._providers = tuple(providers)
        self._fcm_topics = fcm_topics
        self._progress = progress
        self._beat = beat

    def lost(self) -> None:
        """Make sure of the group again, and look for what was left."""
        self._listener.lost()

    async def aclose(self) -> None:
        """Leave the group."""
        await self._listener.aclose()

    async def step(self) -> float:
        """Wait for events, bounded, and enqueue what they ask for. Return the seconds to wait: 0.

        Raises Unavailable when Redis is away.
        """
        await self._listener.open()
        if entries := await self._listener.entries():
            await self._take(entries)
            await self._listener.done(entries)
        return 0.0

    async def _take(self, entries: Sequence[Entry]) -> None:
        ids = [id for id, record in entries if b"e" in record]
        self.counts.events += len(ids)
        for id, record in await self._lane.wire_entries(ids):
            try:
                order = await self._order(WireEvent.read(record), id)
            except (ValueError, KeyError, TypeError) as error:
                # What cannot be read is among the relay's dead letters; it must stop nothing here.
                log.error("event %s tells phones nothing, it cannot be decided: %r", id, error)
                continue
            if order is not None:
                await self._enqueue(order)
        # After the events: no trouble with a test may hold up what is tested.
        beats = [int(record[b"h"]) for _, record in entries if b"h" in record]
        if beats and self._beat is not None:
            await self._beat(beats[-1])

    async def _order(self, event: WireEvent, id: StreamId) -> Order | None:
        for _ in range(RACES):
            origin, was = await self._lanes.origin(event.item.id)
            order = decide(event, id, origin)
            if order is None or order.origin == origin:
                return order
            if await self._lanes.remember(order.origin, was, holds=order.kind == "alert"):
                return order
        log.error("event %s was decided %d times and always raced", id, RACES)
        return None

    async def _enqueue(self, order: Order) -> None:
        shards = await self._shards(order)
        self.counts.orders += 1
        if self._progress is not None:
            many = Counter(shard.provider for shard in shards)
            expected = {provider: many[provider] for provider in self._providers}
            await self._progress.expect(order.event, order.origin.item, order.kind, expected)
        flash = order.kind == "alert" and order.origin.level == Level.flash
        if flash:
            until = min(order.deadline_ms, order.published_ms + FLASH_CLAIM_MS)
            await self._lanes.flash_begins([job_name(order, one) for one in shards], until)
        gate = asyncio.Semaphore(AT_ONCE)

        async def put(shard: Shard) -> None:
            async with gate:
                if await self._queue.push(order, shard):
                    self.counts.jobs += 1
                elif flash:  # it was there before, and may be done already
                    await self._lanes.flash_ends(job_name(order, shard))

        await asyncio.gather(*map(put, shards))
        log.info(
            "%s of %s: %d shards (%s)",
            order.kind,
            order.origin.item,
            len(shards),
            ", ".join(self._providers) or "no provider is set up",
        )

    async def _shards(self, order: Order) -> list[Shard]:
        origin = order.origin
        shards: list[Shard] = []
        for provider in self._providers:
            if provider == "fcm" and self._fcm_topics:
                topic = Topic(origin.edition, CONDITIONS, origin.level)
                shards.append(Shard("fcm", topic, 0))
            else:
                shards += await self._subscriptions.shards(provider, origin.topics)
        return shards


def job_name(order: Order, shard: Shard) -> str:
    """Return what makes the job of ``order`` in ``shard`` one."""
    return f"{order.event}:{shard}"

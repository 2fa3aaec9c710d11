"""Fan-out from the lane: one arq job a shard for each event that push sends.

A consumer group delivers the lane's events; they are acknowledged with the read that follows their
jobs.
Job ids are made of event and shard, so a repeated event is enqueued once. A finished shard is
recorded as done, so a repetition that comes later sends nothing.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from ticker.domain.cursor import StreamId
from ticker.domain.event import Record, WireEvent
from ticker.domain.item import Level
from ticker.domain.request_context import carried_ms, context_of
from ticker.push.model.alert_decision import Order, concerns, decide
from ticker.push.model.subscription import ProviderName
from ticker.push.model.topics import Topic
from ticker.push.store.alerts import AlertStore
from ticker.push.store.progress import ProgressStore
from ticker.push.store.provider_state import ProviderStates
from ticker.push.store.subscriptions import Shard, Subscriptions
from ticker.stream.consumer_group import ConsumerGroup
from ticker.stream.lane_store import Entry, LaneStore
from ticker.telemetry import traces
from ticker.telemetry.context import request_context
from ticker.telemetry.logs import fields
from workers.consumer import Consumer

log = logging.getLogger(__name__)

BATCH = 100
CONCURRENCY = 32
"""Jobs that are enqueued at the same time."""
FLASH_CLAIM_MS = 300_000
"""How long other alerts wait for a flash at most; what is left of it then is sent beside them."""
RACES = 5
"""Attempts to decide one event while other workers keep changing its item's alert record."""
CONDITIONS = "@conditions"
"""The section of the shard that stands for FCM's topics: its members are topic conditions."""


@dataclass(slots=True)
class Counts:
    """Counts of a fan-out since it was made."""

    events: int = 0
    orders: int = 0
    jobs: int = 0


class Queue(Protocol):
    """The push queue."""

    async def push(self, order: Order, shard: Shard) -> bool:
        """Enqueue ``order`` for ``shard``; return False if it was there already."""


class Fanout(Consumer):
    """Enqueues push jobs for the lane's events."""

    def __init__(
        self,
        group: ConsumerGroup,
        lane: LaneStore,
        alerts: AlertStore,
        states: ProviderStates,
        subscriptions: Subscriptions,
        queue: Queue,
        providers: Sequence[ProviderName],
        clock: Callable[[], float],
        *,
        fcm_topics: bool = False,
        progress: ProgressStore | None = None,
        on_heartbeat: Callable[[int], Awaitable[None]] | None = None,
    ) -> None:
        """``progress`` stores the number of shards of an event, for its receipts.

        ``on_heartbeat`` is called for the heartbeats on the lane, with their time in ms.
        """
        self.counts = Counts()
        super().__init__(group, clock, BATCH)
        self._lane = lane
        self._alerts = alerts
        self._states = states
        self._subscriptions = subscriptions
        self._queue = queue
        self._providers = tuple(providers)
        self._fcm_topics = fcm_topics
        self._progress = progress
        self._on_heartbeat = on_heartbeat

    async def take(self, entries: Sequence[Entry]) -> None:
        """Enqueue the jobs of new events. Raises Unavailable when Redis is away."""
        ids = [id for id, record in entries if b"e" in record]
        self.counts.events += len(ids)
        if traces.on():
            _trace_carries(entries)
        for id, record in await self._lane.wire_entries(ids):
            with request_context(context_of(record)):
                await self._take(id, record)
        # After the events: a failing dry run must not hold up what it tests.
        beats = [int(record[b"h"]) for _, record in entries if b"h" in record]
        if beats and self._on_heartbeat is not None:
            await self._on_heartbeat(beats[-1])

    async def _take(self, id: StreamId, record: Record) -> None:
        try:
            order = await self._order(WireEvent.read(record), id)
        except (ValueError, KeyError, TypeError) as error:
            # An unreadable event is among the relay's dead letters; it must stop nothing here.
            log.error("event %s cannot be read, push sends nothing for it: %r", id, error)
            return
        if order is not None:
            await self._enqueue(order)

    async def _order(self, event: WireEvent, id: StreamId) -> Order | None:
        if not concerns(event):
            return None
        for _ in range(RACES):
            alert, known = await self._alerts.get(event.item.id)
            order = decide(event, id, alert)
            if order is None and alert is None:
                await self._note_unsent(event, id)
            if order is None or order.alert == alert:
                return order
            if await self._alerts.save(order.alert, known, is_alert=order.kind == "alert"):
                return order
        log.error("event %s: %d attempts to save its alert record failed", id, RACES)
        return None

    async def _note_unsent(self, event: WireEvent, id: StreamId) -> None:
        """Note in the receipts of an item that was retracted before its alert: it has no alert."""
        if event.action == "retract" and event.item.push and self._progress is not None:
            none = dict.fromkeys(self._providers, 0)
            await self._progress.expect(id, event.item.id, "withdraw", none)

    async def _enqueue(self, order: Order) -> None:
        shards = await self._shards(order)
        self.counts.orders += 1
        if self._progress is not None:
            count = Counter(shard.provider for shard in shards)
            expected = {provider: count[provider] for provider in self._providers}
            await self._progress.expect(order.event, order.alert.item, order.kind, expected)
        flash = order.kind == "alert" and order.alert.level == Level.flash
        if flash:
            until = min(order.deadline_ms, order.published_ms + FLASH_CLAIM_MS)
            await self._states.flash_begins([job_name(order, one) for one in shards], until)
        semaphore = asyncio.Semaphore(CONCURRENCY)

        async def put(shard: Shard) -> None:
            async with semaphore:
                if await self._queue.push(order, shard):
                    self.counts.jobs += 1
                elif flash:  # it was there already, and may be done
                    await self._states.flash_ends(job_name(order, shard))

        await asyncio.gather(*map(put, shards))
        found = fields(
            kind=order.kind,
            event=order.event,
            item=order.alert.item,
            shards=len(shards),
            providers=",".join(self._providers) or "none is configured",
        )
        log.info("push", extra=found)

    async def _shards(self, order: Order) -> list[Shard]:
        alert = order.alert
        shards: list[Shard] = []
        for provider in self._providers:
            if provider == "fcm" and self._fcm_topics:
                topic = Topic(alert.edition, CONDITIONS, alert.level)
                shards.append(Shard("fcm", topic, 0))
            else:
                shards += await self._subscriptions.shards(provider, alert.topics)
        return shards


def _trace_carries(entries: Sequence[Entry]) -> None:
    """Make a span of each event's carry: here, because the group gives each event to one worker."""
    for id, record in entries:
        context, carried = context_of(record), carried_ms(record)
        if context is not None and carried is not None:
            traces.record("carry", context, id.ms, carried, **{"ticker.event": str(id)})


def job_name(order: Order, shard: Shard) -> str:
    """Return the name that makes the job of ``order`` in ``shard`` unique."""
    return f"{order.event}:{shard}"

"""The tail: reads the lane once for the whole process and feeds the hub.

It loads a checkpoint (the current items and the recent window), then follows the lane. Each entry
names its epoch; where that changes, and every ``lane_heartbeat`` seconds, and after every lost
connection, the tail compares what it has read with what the lane says of its own history.
While Redis is away the process serves from memory and the tail retries, at most a second apart.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Callable, Iterable

from ticker.config import Settings
from ticker.domain.backoff import delay
from ticker.domain.cursor import ZERO, Cursor, StreamId
from ticker.domain.errors import Unavailable
from ticker.domain.event import (
    Heartbeat,
    LaneEntry,
    LaneEvent,
    Noop,
    Record,
    epoch_of,
    predecessor,
    read_lane,
)
from ticker.domain.request_context import carried_ms, context_of
from ticker.gateway.delivery_latency import DeliveryLatency
from ticker.gateway.hub import Hub
from ticker.gateway.subscription_group import SLICE_BYTES
from ticker.gateway.tail_pace import Looks
from ticker.stream.lane_store import LaneStore
from ticker.stream.replay import Lane, rewritten
from ticker.telemetry import traces
from ticker.telemetry.families import Family, counter, gauge
from ticker.telemetry.logs import fields

log = logging.getLogger(__name__)

BATCH = 1_000
"""Entries per read; they are joined into one write per subscriber."""
MATCHES_PER_TURN = 100_000
"""Events times groups matched in one turn of the loop: some tens of milliseconds."""
RETRY_MIN, RETRY_MAX = 0.05, 1.0
"""Seconds between two attempts to reach Redis, doubled and jittered."""
ASK_EVERY = 0.5
"""Seconds between two questions to Redis where the lane ends, while a reader's cursor is ahead."""
DAY_MS = 86_400_000
"""Bound for the age of a heartbeat: its timestamp is arbitrary if a relay did not write it."""


class Tail:
    """Follows the lane into ``hub``. ``loaded`` turns true once and stays so."""

    def __init__(
        self,
        store: LaneStore,
        hub: Hub,
        settings: Settings,
        clock: Callable[[], float],
        looks: Looks | None = None,
    ) -> None:
        """``clock`` is monotonic seconds. Without ``looks`` each entry is read at once."""
        self.loaded = False
        self.connected = False
        self.last_heartbeat: float | None = None
        """Time on ``clock`` at which the newest heartbeat arrived."""
        self._store = store
        self._hub = hub
        self._settings = settings
        self._looks = looks
        self.clock = clock
        self._latency = DeliveryLatency()
        self._reads = 0
        self._reconnects = 0
        self._unreadable = 0
        self._mended = 0
        self._more = False
        """Whether the last read left entries in the lane."""
        self.failures = 0
        """Unexpected failures."""
        self._incomplete = False
        """Whether an event may be in the lane here without having been written to everyone."""

    async def run(self) -> None:
        """Follow the lane until cancelled."""
        failures = 0
        while True:
            try:
                await self.start()
                self.connected = True
                failures = 0
                await self._follow()
            except Unavailable as error:
                if self.connected:
                    log.warning("lane: connection lost, serving from memory: %s", error.detail)
                self.connected = False
                self._reconnects += 1
                failures += 1
                jitter = random.random()
                await asyncio.sleep(
                    delay(failures, first=RETRY_MIN, last=RETRY_MAX, jitter=jitter, floor=0.5)
                )
            except Exception:  # without a tail every client would see silence: start over
                log.exception("tail failed; it starts over and every subscriber gets a snapshot")
                self.connected = False
                self._incomplete = True
                self.failures += 1
                await asyncio.sleep(RETRY_MAX)

    def metrics(self) -> Iterable[Family]:
        """Return gauges and counters."""
        yield gauge("tail_connected", "1 while the lane is being read.", float(self.connected))
        yield counter("tail_reads_total", "Reads of the lane.", self._reads)
        yield counter("tail_reconnects_total", "Lost connections to the lane.", self._reconnects)
        yield counter(
            "tail_unreadable_entries_total",
            "Lane entries that could not be parsed.",
            self._unreadable,
        )
        yield counter(
            "tail_mended_entries_total",
            "Lane entries whose link or media could not be read.",
            self._mended,
        )
        yield counter(
            "tail_failures_total", "Unexpected failures of the tail; see the log.", self.failures
        )
        yield from self._latency.metrics()
        seen = self.last_heartbeat
        yield gauge(
            "tail_heartbeat_age_seconds",
            "Seconds since the last lane heartbeat; -1 before the first.",
            -1.0 if seen is None else self.clock() - seen,
        )

    async def start(self) -> None:
        """Load the lane, or verify it after a lost connection. Raises Unavailable."""
        if self.loaded and not self._incomplete:
            await self.verify()
        else:
            await self._load("expired")
            self._incomplete = False

    async def step(self, block_ms: int) -> None:
        """Read entries and feed them to the hub; wait ``block_ms`` for one, 0: not at all.

        Raises Unavailable.
        """
        position = self._hub.lane.position
        records, floor = await self._store.follow(position, block_ms, BATCH)
        self._reads += 1
        self._more = len(records) == BATCH
        received_ms, began = time.time() * 1000, time.perf_counter()
        if floor > position and not await self._store.leave_replica("it lacks events"):
            log.warning("lane: trimmed beyond this tail; every subscriber gets a snapshot")
            await self._load("expired")
        if floor > position:
            return
        timeline = self._hub.lane.timeline
        entries: list[LaneEntry] = []
        for id, record in records:
            epoch = epoch_of(record) or timeline.epoch
            if not timeline.holds(Cursor(epoch, id)):
                break
            before = predecessor(record)
            if before is not None and before < position:
                if not await self._store.leave_replica("it has another history"):
                    await self._start_epoch(damaged=True)
                return
            position = id
            entries.append(self._entry(id, record, epoch))
        fed = records[: len(entries)]
        if fed:
            if any(isinstance(entry, Heartbeat) for entry in entries):
                self.last_heartbeat = self.clock()
            await self._advance(entries)
            if self._hub.connections:  # else nobody was waiting for it here
                seconds = time.perf_counter() - began
                self._latency.observe((record for _, record in fed), received_ms, seconds)
                self._log(fed, seconds)
                if traces.on():
                    self._trace(fed, received_ms, seconds)
        if len(fed) < len(records):
            await self._change_epoch()  # the rest is read again, in its own epoch

    def _log(self, records: list[tuple[StreamId, Record]], seconds: float) -> None:
        if not log.isEnabledFor(logging.INFO):
            return
        events = [id for id, record in records if b"e" in record]
        if events:
            found = fields(
                event=events[0],
                last=events[-1],
                events=len(events),
                connections=self._hub.connections,
                ms=round(seconds * 1000, 3),
            )
            log.info("fan-out", extra=found)

    def _trace(
        self, records: list[tuple[StreamId, Record]], received_ms: float, seconds: float
    ) -> None:
        ended_ms = received_ms + seconds * 1000
        for id, record in records:
            context, carried = context_of(record), carried_ms(record)
            if context is not None and carried is not None:
                found: dict[str, traces.Value] = {"ticker.event": str(id)}
                traces.record("tail", context, carried, received_ms, **found)
                found["ticker.connections"] = self._hub.connections
                traces.record("fan-out", context, received_ms, ended_ms, **found)

    async def _advance(self, entries: list[LaneEntry]) -> None:
        # A large batch for many groups is cut, so that the loop gets its turn in between. The part
        # of a write that a socket does not take is kept in memory, so a write has a bound as well.
        most = max(10, MATCHES_PER_TURN // max(1, self._hub.groups))
        start = size = 0
        for end, entry in enumerate(entries, 1):
            size += len(entry.message) if isinstance(entry, LaneEvent) else 0
            if end == len(entries) or end - start >= most or size >= SLICE_BYTES:
                self._hub.advance(entries[start:end])
                start, size = end, 0
                if end < len(entries):
                    await asyncio.sleep(0)

    async def _follow(self) -> None:
        interval = self._settings.lane_heartbeat
        verified = self.clock()
        while True:
            block_ms = max(1, int(min(1.0, interval) * 1000))
            if self._looks is None:
                await self.step(block_ms)
            else:
                await self._look(self._looks, block_ms)
            asked = ASK_EVERY if self._hub.has_ahead else interval
            if self.clock() - verified >= min(asked, interval):
                await self.verify()
                verified = self.clock()

    async def _look(self, looks: Looks, block_ms: int) -> None:
        waits = self._hub.has_ahead or self._more
        if not waits:
            await looks.next()
        looks.begun()
        await self.step(block_ms if waits else 0)
        looks.done()

    async def verify(self) -> None:
        """Check that the lane still is the one read so far; follow it into another epoch if not."""
        lane = self._hub.lane
        witness = lane.witness()
        seen = await self._store.verify(lane.position, None if witness is None else witness.id)
        if seen.epoch != lane.epoch:
            await self._change_epoch()
        elif rewritten(
            lane.position, seen.top, witness, seen.present, seen.floor, seen.retracted_since
        ):
            epoch, _, _ = await self._store.open()
            if epoch != lane.epoch:  # the server was replaced, and nobody has written there yet
                await self._change_epoch()
            elif seen.top >= lane.position or not await self._catches_up(lane.position):
                await self._start_epoch(damaged=True)
        elif seen.floor > lane.position:
            log.warning("lane: trimmed beyond this tail; every subscriber gets a snapshot")
            await self._load("expired")
        elif seen.authoritative:
            self._hub.lane_end.say(Cursor(seen.epoch, seen.top), self.clock())

    async def _change_epoch(self) -> None:
        """Follow the lane into the epoch in force. Raises Unavailable if it is not a newer one."""
        lane = self._hub.lane
        timeline = await self._store.timeline()
        if timeline.epoch < lane.epoch:
            await self._store.open()  # a promoted replica: nobody has written there yet
            timeline = await self._store.timeline()
        if timeline.epoch == lane.epoch:
            # What was read came from another server than the one that is asked for the epoch.
            if await self._store.leave_replica("it has another history"):
                return
            await self._store.aclose()
            raise Unavailable("the lane is read from a server of another epoch")
        if timeline.epoch < lane.epoch:
            await self._return_to_epoch()
            return
        common = lane.lost(timeline)
        if common is None:
            log.info("lane: another server began an epoch; nothing is lost")
            self._hub.adopt(timeline)
        else:
            log.warning("lane: events after %s are lost; their readers get a snapshot", common)
            await self._load("epoch")

    async def _return_to_epoch(self) -> None:
        """Follow a primary that does not know our epoch, but only if it stays the primary.

        A losing primary that woke up is one for some seconds. Until then serve from memory.
        """
        epoch = self._hub.lane.epoch
        if self._hub.lane_end.trusts(epoch, self.clock()):
            await self._store.aclose()
            raise Unavailable("the primary does not know an epoch that has begun")
        await self._start_epoch(damaged=False)

    async def _start_epoch(self, *, damaged: bool) -> None:
        log.warning("lane: published entries are lost; starting a new epoch")
        await self._store.new_epoch(self._hub.lane.epoch, damaged=damaged)
        await self._load("epoch")

    async def _catches_up(self, position: StreamId) -> bool:
        """Tell whether the lane reaches ``position`` within ``ahead_wait``: a replica may lag."""
        deadline = self.clock() + self._settings.ahead_wait
        while self.clock() < deadline:
            await asyncio.sleep(0.05)
            if (await self._store.verify(position, None)).top >= position:
                return True
        return False

    async def _load(self, reason: str) -> None:
        """Load the lane; readers get a reset for ``reason``, where their position is not good."""
        checkpoint = await self._store.load(self._settings.replay_window)
        epoch = checkpoint.timeline.epoch
        recent = [self._entry(id, record, epoch) for id, record in checkpoint.recent]
        # Most current items are of the window: each event is read once, and in memory once.
        events = {entry.id: entry for entry in recent if isinstance(entry, LaneEvent)}
        current = [
            events.get(id) or self._entry(id, record, epoch) for id, record in checkpoint.current
        ]
        lane = Lane(
            self._settings.replay_window,
            checkpoint.timeline,
            checkpoint.top,
            checkpoint.floor,
            [entry for entry in current if isinstance(entry, LaneEvent)],
            [entry for entry in recent if isinstance(entry, LaneEvent)],
        )
        for entry in recent:
            if isinstance(entry, Heartbeat):
                age_ms = checkpoint.now_ms - entry.sent_ms
                self.last_heartbeat = self.clock() - min(max(0, age_ms), DAY_MS) / 1000
        self._hub.receipts.loaded(list(lane.window))
        if self.loaded:
            common = self._hub.lane.lost(checkpoint.timeline) if reason == "epoch" else ZERO
            self._hub.replace(lane, reason, self._hub.lane.position if common is None else common)
        else:
            self._hub.lane = lane
        self.loaded = True

    def _entry(self, id: StreamId, record: Record, epoch: int) -> LaneEntry:
        try:
            entry = read_lane(id, record, epoch)
        except Exception:  # a relay did not write it: it moves the cursor on and stops nothing
            self._unreadable += 1
            log.exception("unreadable lane entry %s is skipped", id)
            return Noop(id)
        if isinstance(entry, LaneEvent) and entry.mended:
            self._mended += 1
            fields = ", ".join(entry.mended)
            log.warning("item %s: %s cannot be read and is left out", entry.item_id[:64], fields)
        return entry

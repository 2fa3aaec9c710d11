"""The tail: reads the lane once for the whole process and feeds the hub.

It loads a checkpoint (the board and the recent window), then follows. Every ``beat`` seconds, and
after every loss of the connection, it verifies that the lane is still the one it has read: after a
failover or a restore it may have lost entries, which the cursors of readers still count on
(DESIGN.md §3, cursor). Redis away means: serve on from memory and try again, forever, at most a
second apart.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Callable

from ticker.config import Settings
from ticker.domain.cursor import StreamId
from ticker.domain.errors import Unavailable
from ticker.domain.event import Beat, LaneEntry, LaneEvent, Noop, Record, predecessor, read_lane
from ticker.gateway.hub import Hub
from ticker.gateway.subscription_group import SLICE
from ticker.stream.replay import Lane, rewritten
from ticker.stream.store import LaneStore

log = logging.getLogger(__name__)

BATCH = 1_000
"""Entries per read; they are joined into one write per reader."""
WORK = 100_000
"""Events times audiences in one turn: some tens of milliseconds."""
RETRY_MAX = 1.0
DAY_MS = 86_400_000
"""Age beyond which it does not matter how old a heartbeat is; a foreign one may say anything."""


class Tail:
    """Follows the lane into ``hub``. ``loaded`` turns true once and stays."""

    def __init__(
        self, live: LaneStore, hub: Hub, settings: Settings, clock: Callable[[], float]
    ) -> None:
        self.loaded = False
        self.connected = False
        self.last_beat: float | None = None
        """When the newest heartbeat came through, on ``clock``."""
        self._live = live
        self._hub = hub
        self._settings = settings
        self._clock = clock
        self._reads = 0
        self._reconnects = 0
        self._poison = 0
        self._failures = 0
        self._unsure = False
        """Whether events may have been folded in that were not written to every reader."""

    async def run(self) -> None:
        """Follow until cancelled."""
        wait = 0.0
        while True:
            try:
                await self.start()
                self.connected = True
                wait = 0.0
                await self._follow()
            except Unavailable as error:
                if self.connected:
                    log.warning("the lane is out of reach, serving from memory: %s", error.detail)
                self.connected = False
                self._reconnects += 1
                wait = min(RETRY_MAX, wait * 2 or 0.05)
                await asyncio.sleep(random.uniform(wait / 2, wait))  # jitter
            except Exception:  # a dead tail would be silence: start over, whatever it was
                log.exception("the tail failed; it starts over, every reader gets a snapshot")
                self.connected = False
                self._unsure = True
                self._failures += 1
                await asyncio.sleep(RETRY_MAX)

    def metrics(self) -> dict[str, float]:
        """Return gauges and counters by Prometheus name, without prefix."""
        beat = self.last_beat
        return {
            "tail_connected": float(self.connected),
            "tail_reads_total": self._reads,
            "tail_reconnects_total": self._reconnects,
            "tail_poison_total": self._poison,
            "tail_failures_total": self._failures,
            "tail_beat_age_seconds": -1.0 if beat is None else self._clock() - beat,
        }

    async def start(self) -> None:
        """Load the lane, or verify it after a loss of the connection. Raises Unavailable."""
        if self.loaded and not self._unsure:
            await self.verify()
        else:
            await self._load("expired")
            self._unsure = False

    async def step(self, block_ms: int) -> None:
        """Wait for entries, ``block_ms`` at most, and feed them to the hub. Raises Unavailable."""
        position = self._hub.lane.position
        records, floor = await self._live.follow(position, block_ms, BATCH)
        self._reads += 1
        if floor > position:
            log.warning("the lane was trimmed beyond this tail; every reader gets a snapshot")
            await self._load("expired")
            return
        for id, record in records:
            before = predecessor(record)
            if before is not None and before < position:
                await self._start_over()
                return
            position = id
        if records:
            epoch = self._hub.lane.epoch
            entries = [self._entry(id, record, epoch) for id, record in records]
            if any(isinstance(entry, Beat) for entry in entries):
                self.last_beat = self._clock()
            await self._advance(entries)

    async def _advance(self, entries: list[LaneEntry]) -> None:
        # Where many filters meet a large batch, the loop gets its turn in between; and what one
        # reader does not take of a write has to be kept, so that no write is larger than a slice.
        share = max(10, WORK // max(1, self._hub.audiences))
        start = size = 0
        for end, entry in enumerate(entries, 1):
            size += len(entry.message) if isinstance(entry, LaneEvent) else 0
            if end == len(entries) or end - start >= share or size >= SLICE:
                self._hub.advance(entries[start:end])
                start, size = end, 0
                if end < len(entries):
                    await asyncio.sleep(0)

    async def _follow(self) -> None:
        interval = self._settings.lane_heartbeat
        verified = self._clock()
        while True:
            await self.step(max(1, int(min(1.0, interval) * 1000)))
            if self._clock() - verified >= interval:
                await self.verify()
                verified = self._clock()

    async def verify(self) -> None:
        """Make sure that the lane still is the one read so far; reload it if not."""
        lane = self._hub.lane
        witness = lane.witness()
        seen = await self._live.verify(lane.position, None if witness is None else witness.id)
        if seen.epoch != lane.epoch:
            log.warning("the lane has a new epoch; every reader gets a snapshot")
            await self._load("epoch")
        elif rewritten(
            lane.position, seen.top, witness, seen.present, seen.floor, seen.retracted_since
        ):
            if seen.top < lane.position and await self._only_behind(lane.position):
                return
            await self._start_over()
        elif seen.floor > lane.position:
            log.warning("the lane was trimmed beyond this tail; every reader gets a snapshot")
            await self._load("expired")

    async def _start_over(self) -> None:
        log.warning("the lane has lost entries that were out; starting a new epoch")
        await self._live.rewrite(self._hub.lane.epoch, time.time_ns() // 1_000_000)
        await self._load("epoch")

    async def _only_behind(self, position: StreamId) -> bool:
        """Tell whether this is but a replica that lags: it is given ``ahead_wait`` to catch up."""
        deadline = self._clock() + self._settings.ahead_wait
        while self._clock() < deadline:
            await asyncio.sleep(0.05)
            if (await self._live.verify(position, None)).top >= position:
                return True
        return False

    async def _load(self, reason: str) -> None:
        checkpoint = await self._live.load(self._settings.replay_window)
        epoch = checkpoint.epoch
        board = [self._entry(id, record, epoch) for id, record in checkpoint.board]
        recent = [self._entry(id, record, epoch) for id, record in checkpoint.recent]
        lane = Lane(
            self._settings.replay_window,
            epoch,
            checkpoint.top,
            checkpoint.floor,
            [entry for entry in board if isinstance(entry, LaneEvent)],
            [entry for entry in recent if isinstance(entry, LaneEvent)],
        )
        for entry in recent:
            if isinstance(entry, Beat):
                late = time.time_ns() // 1_000_000 - entry.sent_ms
                self.last_beat = self._clock() - min(max(0, late), DAY_MS) / 1000
        if self.loaded:
            self._hub.replace(lane, reason)
        else:
            self._hub.lane = lane
        self.loaded = True

    def _entry(self, id: StreamId, record: Record, epoch: int) -> LaneEntry:
        try:
            return read_lane(id, record, epoch)
        except Exception:  # no relay wrote this: it stops nothing, and moves the cursor on
            self._poison += 1
            log.exception("unreadable lane entry %s is passed over", id)
            return Noop(id)

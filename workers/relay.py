"""The ordered relay: wire → lane, under the wire's own ids (DESIGN.md invariants 3 and 4).

The lane's last id is the only position there is. So any number of relays may run, and crash, at any
time: Redis refuses what the lane has, and ``append`` refuses what would leave a gap.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from ticker.config import Settings
from ticker.domain.cursor import StreamId
from ticker.domain.event import REMOVALS, WireEvent, read_lane
from ticker.stream.store import (
    Appended,
    DeadLetter,
    Entry,
    ForwardHeartbeat,
    LaneStore,
    LaneWrite,
    Refused,
    Remove,
    Show,
)

log = logging.getLogger(__name__)

BATCH = 500
"""Entries read and appended at once; Redis serves nobody else during one append."""
BLOCK_MS = 5_000
TRIM_EVERY = 1_000
"""Entries after which the relay has the streams trimmed, however long the sweep is away."""
REASON_MAX = 500


@dataclass(slots=True)
class Counts:
    """What a relay has done since it was made."""

    shown: int = 0
    removed: int = 0
    withheld: int = 0
    buried: int = 0
    beats: int = 0
    scrubbed: int = 0
    behind: int = 0

    def add(self, done: Appended) -> None:
        """Count what one append did."""
        self.shown += done.shown
        self.removed += done.removed
        self.withheld += done.withheld
        self.buried += done.buried
        self.beats += done.beats
        self.scrubbed += done.scrubbed
        self.behind += done.behind


def plan(entry: Entry) -> LaneWrite:
    """Decide what of a wire entry goes to the lane: public fields, or a dead letter."""
    id, record = entry
    try:
        if b"h" in record:
            return ForwardHeartbeat(id, int(record[b"h"]))
        event = WireEvent.read(record)
        public = event.lane_record()
        read_lane(id, public, 0)  # what no gateway could read must not get into the lane
    except Exception as error:  # noqa: BLE001 - whatever is wrong with it, it must stop nothing
        return DeadLetter(id, f"{type(error).__name__}: {error}"[:REASON_MAX], record)
    body = public[b"e"]
    if event.action in REMOVALS:
        return Remove(id, event.item.id, body, scrub=event.action == "retract")
    return Show(id, event.item.id, body)


class Relay:
    """Carries the wire to the lane, one batch per ``step``."""

    def __init__(self, lane: LaneStore, settings: Settings) -> None:
        self.counts = Counts()
        self._lane = lane
        self._keep = (settings.lane_events_max, settings.wire_events_max)
        self._after: StreamId | None = None
        self._untrimmed = 0

    def forget(self) -> None:
        """Ask the lane for its position before the next step."""
        self._after = None

    async def step(self) -> float:
        """Wait for entries, bounded, and append them. Return the seconds to wait: none.

        Raises Unavailable; call ``forget`` then.
        """
        after = await self._position()
        batch = await self._lane.read_wire(after, BLOCK_MS, BATCH)
        if batch:
            await self.carry(batch, after)
        return 0.0

    async def drain(self) -> None:
        """Append all that is on the wire now, without waiting for more."""
        while True:
            after = await self._position()
            batch = await self._lane.read_wire(after, 0, BATCH)
            if not batch:
                return
            await self.carry(batch, after)

    async def carry(self, batch: Sequence[Entry], after: StreamId) -> None:
        """Append ``batch``, which was read after ``after``."""
        writes = [plan(entry) for entry in batch]
        for write in writes:
            if isinstance(write, DeadLetter):
                log.error("wire entry %s cannot be fanned out: %s", write.id, write.reason)
        try:
            done = await self._lane.append(writes, after)
        except Refused as error:
            log.error("a batch was refused, trying its entries one by one: %s", error)
            done = await self._one_by_one(batch, writes, after)
        self.counts.add(done)
        if done.behind:
            log.warning("the lane is at %s, before %s: reading again", done.top, after)
            self.forget()
            return
        self._after = done.top
        self._untrimmed += done.written
        if self._untrimmed >= TRIM_EVERY:
            self._untrimmed = 0
            while any(await self._lane.trim(*self._keep)):
                pass

    async def _position(self) -> StreamId:
        if self._after is None:
            _, _, self._after = await self._lane.open()
        return self._after

    async def _one_by_one(
        self, batch: Sequence[Entry], writes: Sequence[LaneWrite], after: StreamId
    ) -> Appended:
        total = Counts()
        done = Appended(after)
        for entry, write in zip(batch, writes, strict=True):
            try:
                done = await self._lane.append([write], after)
            except Refused as error:
                reason = f"refused by Redis: {error}"[:REASON_MAX]
                log.error("wire entry %s: %s", entry[0], reason)
                done = await self._lane.append([DeadLetter(entry[0], reason, entry[1])], after)
            if done.behind:
                return done
            total.add(done)
            after = max(after, done.top)
        return Appended(
            done.top,
            False,
            total.shown,
            total.removed,
            total.withheld,
            total.buried,
            total.beats,
            total.scrubbed,
        )

"""The relay: has the entries that wait on the wire carried into the lane.

A commit carries its own event. Heartbeats, and events behind something that waits, are left for
here. The lane's last id is the only position there is, and one script on one server reads and moves
it: any number of relays may run, and crash, at any time.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from ticker.config import Settings
from ticker.stream.lane_store import Carried, LaneStore
from ticker.stream.replicated_carry import CarryResult, NoLane, ReplicatedCarry
from ticker.telemetry.families import Family, counter
from ticker.telemetry.logs import fields
from workers.look import until_next_look

log = logging.getLogger(__name__)

BATCH = 500
"""Entries carried at once; Redis serves nobody else meanwhile."""
LOOK_EVERY = 0.1
"""Seconds between two looks at the wire when nothing waits. An event that its own commit could not
carry, because another one waited, is on the screens within 250 ms (docs/operations/slo.md)."""
TRIM_OVER = 1_000
"""Entries beyond what is kept at which the relay trims, however long the sweep is away."""


@dataclass(slots=True)
class Counts:
    """Totals since the relay was made."""

    shown: int = 0
    removed: int = 0
    withheld: int = 0
    buried: int = 0
    heartbeats: int = 0
    scrubbed: int = 0
    reopened: int = 0
    """Times that there was no lane to carry to."""

    def add(self, done: Carried) -> None:
        """Add what one carry did."""
        self.shown += done.shown
        self.removed += done.removed
        self.withheld += done.withheld
        self.buried += done.buried
        self.heartbeats += done.heartbeats
        self.scrubbed += done.scrubbed


class Relay:
    """Carries the wire to the lane, one batch per ``step``. Methods raise Unavailable."""

    def __init__(
        self,
        lane: LaneStore,
        settings: Settings,
        replicated: ReplicatedCarry | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """With ``replicated``, an event enters the lane when enough replicas have it.

        ``clock`` is monotonic seconds.
        """
        self.counts = Counts()
        self._lane = lane
        self._replicated = replicated
        self._clock = clock
        self._lane_keep = settings.lane_events_max
        self._wire_keep = settings.wire_events_max

    def metrics(self) -> Iterable[Family]:
        """Return the totals."""
        counts = self.counts
        yield counter(
            "relay_entries_total",
            "Wire entries that the relay carried into the lane, by kind. A commit carries its own.",
            {
                "shown": counts.shown,
                "removed": counts.removed,
                "withheld": counts.withheld,
                "dead": counts.buried,
                "heartbeat": counts.heartbeats,
            },
            "kind",
        )
        yield counter(
            "relay_scrubbed_entries_total",
            "Lane entries deleted because their item was retracted.",
            counts.scrubbed,
        )
        yield counter(
            "relay_lane_openings_total",
            "Times that there was no lane to carry to.",
            counts.reopened,
        )

    async def step(self) -> float:
        """Carry one batch. Return the seconds to wait until the next."""
        if await self.carry(BATCH) == BATCH:
            return 0.0
        return until_next_look(self._clock(), LOOK_EVERY)

    async def drain(self) -> None:
        """Carry everything that waits now."""
        while await self.carry(BATCH):
            pass

    async def carry(self, count: int) -> int:
        """Carry up to ``count`` entries; return how many. Trim the streams if they are too long."""
        done = await self._carry(count)
        if isinstance(done, NoLane):
            self.counts.reopened += 1
            await self._lane.open()
            done = await self._carry(count)
        if done is None or isinstance(done, NoLane):
            return 0  # nothing waits, or the lane was deleted again: the next step opens it
        self.counts.add(done)
        if events := done.shown + done.removed + done.withheld:
            log.info("carried", extra=fields(events=events, last=done.top))
        if done.buried:
            log.error("%d wire entries became dead letters, up to %s", done.buried, done.top)
        over = max(done.lane_length - self._lane_keep, done.wire_length - self._wire_keep)
        if over >= TRIM_OVER:
            while any(await self._lane.trim(self._lane_keep, self._wire_keep)):
                pass
        return done.entries

    async def _carry(self, count: int) -> CarryResult:
        if self._replicated is not None:
            return await self._replicated.step(count)
        return await self._lane.carry(count) or NoLane()

"""What happens by the clock: releases, expiries, and the sweep that repairs and trims.

The clock is Redis' own, the same for all workers; an embargo is checked once more by the script
that lifts it. Everything here may run twice, or in two workers at once: the first commit wins and
the second finds nothing left to do.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from pydantic import ValidationError

from ticker.config import Settings
from ticker.domain.errors import Conflict, NotFound, TickerError, Unavailable
from ticker.publishing.audit import Audit
from ticker.publishing.schedule_index import Due, ScheduleIndex
from ticker.publishing.service import ItemService
from ticker.stream.store import LaneStore
from workers.repair import Mender, Repaired

log = logging.getLogger(__name__)

LOOK_EVERY = 0.25
"""Seconds between two looks at the agenda when nothing is due sooner: how late a release can be
that was scheduled for less time ahead than this."""
AT_ONCE = 100
"""Releases and expiries between two looks."""
POSTPONE_MS = 60_000
"""An item that cannot be read or changed is tried again after this."""
BY = "schedule"

Act: TypeAlias = Literal["release", "expire"]


@dataclass(slots=True)
class SweepReport:
    """What a sweep found and did."""

    expired: int = 0
    crowded_out: int = 0
    """Expired because more than ``current_items_max`` items were out."""
    trimmed_lane: int = 0
    trimmed_wire: int = 0
    repaired: Repaired = field(default_factory=Repaired)


class Schedule:
    """Does what is due. Methods raise Unavailable when Redis is away."""

    def __init__(
        self,
        items: ItemService,
        agenda: ScheduleIndex,
        audit: Audit,
        lane: LaneStore,
        settings: Settings,
    ) -> None:
        self._items = items
        self._agenda = agenda
        self._lane = lane
        self._settings = settings
        self._mender = Mender(items, audit, settings)

    async def step(self) -> float:
        """Release and expire what is ripe; return the seconds until the next look."""
        ripe = await self._agenda.ripe(AT_ONCE)
        for id in ripe.due:
            await self._do("release", id, ripe)
        for id in ripe.expired:
            await self._do("expire", id, ripe)
        if len(ripe.due) == AT_ONCE or len(ripe.expired) == AT_ONCE:
            return 0.0
        if ripe.due or ripe.expired:
            ripe = await self._agenda.ripe(1)
        return min(LOOK_EVERY, max(0.005, ripe.wait_ms / 1000))

    async def release(self) -> int:
        """Release up to ``AT_ONCE`` items that are due; return how many this call released."""
        ripe = await self._agenda.ripe(AT_ONCE)
        return sum([await self._do("release", id, ripe) for id in ripe.due])

    async def expire(self) -> int:
        """Expire up to ``AT_ONCE`` items that are over; return how many this call expired."""
        ripe = await self._agenda.ripe(AT_ONCE)
        return sum([await self._do("expire", id, ripe) for id in ripe.expired])

    async def sweep(self) -> SweepReport:
        """Expire, repair and trim; return what was found."""
        report = SweepReport()
        report.expired = await self.expire()
        report.crowded_out = await self._crowd_out()
        report.repaired = await self._mender.mend()
        keep = (self._settings.lane_events_max, self._settings.wire_events_max)
        while True:
            lane, wire = await self._lane.trim(*keep)
            if not lane and not wire:
                break
            report.trimmed_lane += lane
            report.trimmed_wire += wire
        if report.repaired:
            log.warning("the sweep repaired: %s", report.repaired)
        return report

    async def _do(self, act: Act, id: str, ripe: Due) -> bool:
        """Do it; return whether it was this call that did. What fails holds up nothing else."""
        try:
            if act == "release":
                done = await self._items.release_due(id, by=BY)
            else:
                done = await self._items.expire_due(id, by=BY)
        except Unavailable:
            raise
        except (NotFound, Conflict):
            # The agenda names an item that is gone or cannot: the index is wrong.
            await self._mender.reindex(id)
            return False
        except (ValidationError, TickerError, ValueError):
            log.exception("item %s cannot be dealt with (%s); trying again later", id, act)
            await self._agenda.postpone(id, ripe.now_ms + POSTPONE_MS)
            return False
        if done is None:
            return False  # its time was moved
        if done.wire_id is None:
            await self._mender.reindex(id)
            return False
        return True

    async def _crowd_out(self) -> int:
        excess = await self._agenda.out() - self._settings.current_items_max
        done = 0
        if excess <= 0:
            return 0
        for id in await self._agenda.oldest(min(excess, AT_ONCE) + AT_ONCE):
            if done >= min(excess, AT_ONCE):
                break
            try:
                if (await self._items.get(id)).pinned:
                    continue
                done += (await self._items.expire(id, by=BY)).wire_id is not None
            except (NotFound, Conflict):
                await self._mender.reindex(id)
        return done

"""The schedule: releases, expiries, and the sweep that repairs and trims.

Redis' clock decides, the same for all workers; the commit script checks an embargo once more before
it lifts it. Everything here may run twice, or in two workers at once: the first commit wins and the
second finds nothing left to do.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from pydantic import ValidationError

from ticker.config import Settings
from ticker.domain.errors import Conflict, NotFound, TickerError, Unavailable, UnreadableItem
from ticker.media.records import MediaRecords
from ticker.publishing.audit_log import AuditLog
from ticker.publishing.index_check import IndexCheck
from ticker.publishing.schedule_index import Due, ScheduleIndex
from ticker.publishing.service import ItemService
from ticker.stream.lane_store import LaneStore
from ticker.telemetry import traces
from workers.repair import Repaired, Repairer

log = logging.getLogger(__name__)

LOOK_EVERY = 0.25
"""Seconds between two reads of the index when nothing is due sooner. A release that was scheduled
for less time ahead than this can be so late."""
AT_ONCE = 100
"""Releases and expiries between two reads of the index."""
POSTPONE_MS = 60_000
"""An item that cannot be read or changed is tried again after this."""
BY = "schedule"

Operation: TypeAlias = Literal["release", "expire"]


@dataclass(slots=True)
class SweepReport:
    """The result of a sweep."""

    expired: int = 0
    crowded_out: int = 0
    """Expired because more than ``current_items_max`` items were live."""
    trimmed_lane: int = 0
    trimmed_wire: int = 0
    trimmed_audit: int = 0
    repaired: Repaired = field(default_factory=Repaired)


class Schedule:
    """Releases and expires items on time. Methods raise Unavailable when Redis is away."""

    def __init__(
        self,
        items: ItemService,
        index: ScheduleIndex,
        index_check: IndexCheck,
        lane: LaneStore,
        audit: AuditLog,
        settings: Settings,
        pictures: MediaRecords,
    ) -> None:
        self._items = items
        self._pictures = pictures
        self._index = index
        self._lane = lane
        self._audit = audit
        self._settings = settings
        self._repairer = Repairer(items, index_check, settings)

    async def step(self) -> float:
        """Release and expire what is due; return the seconds until the next read."""
        due = await self._index.due(AT_ONCE)
        for id in due.releases:
            await self._do("release", id, due)
        for id in due.expiries:
            await self._do("expire", id, due)
        if len(due.releases) == AT_ONCE or len(due.expiries) == AT_ONCE:
            return 0.0
        if due.releases or due.expiries:
            due = await self._index.due(1)
        return min(LOOK_EVERY, max(0.005, due.wait_ms / 1000))

    async def release(self) -> int:
        """Release up to ``AT_ONCE`` items that are due; return how many this call released."""
        due = await self._index.due(AT_ONCE)
        return sum([await self._do("release", id, due) for id in due.releases])

    async def expire(self) -> int:
        """Expire up to ``AT_ONCE`` items whose time is over; return how many this call expired."""
        due = await self._index.due(AT_ONCE)
        return sum([await self._do("expire", id, due) for id in due.expiries])

    async def sweep(self) -> SweepReport:
        """Expire, repair and trim; return what was found."""
        report = SweepReport()
        report.expired = await self.expire()
        report.crowded_out = await self._crowd_out()
        report.repaired = await self._repairer.repair_all()
        keep = (self._settings.lane_events_max, self._settings.wire_events_max)
        while True:
            lane, wire = await self._lane.trim(*keep)
            if not lane and not wire:
                break
            report.trimmed_lane += lane
            report.trimmed_wire += wire
        older_than = await self._items.now_ms() - self._settings.audit_days * 86_400_000
        while trimmed := await self._audit.trim(self._settings.audit_entries_max, older_than):
            report.trimmed_audit += trimmed
        if report.repaired:
            log.warning("the sweep repaired: %s", report.repaired)
        return report

    async def _lost_pictures(self, id: str) -> frozenset[str]:
        """Return the pictures of an item that were removed after it was scheduled."""
        item = await self._items.get(id)
        return await self._pictures.lost(one.id for one in item.media if one.id is not None)

    async def _do(self, operation: Operation, id: str, due: Due) -> bool:
        """Release or expire one item; return whether this call did. A failure stops no other."""
        try:
            with traces.span(operation, **{"ticker.item": id}):
                if operation == "release":
                    without = await self._lost_pictures(id)
                    done = await self._items.due.release(id, by=BY, without=without)
                else:
                    done = await self._items.due.expire(id, by=BY)
        except Unavailable:
            raise
        except (NotFound, Conflict):
            # The item is gone, or its state forbids it: the index is wrong.
            await self._repairer.reindex(id)
            return False
        except UnreadableItem:  # the repository logs it
            await self._index.postpone(id, due.now_ms + POSTPONE_MS)
            return False
        except (ValidationError, TickerError, ValueError):
            log.exception("%s of item %s failed, retrying later", operation, id)
            await self._index.postpone(id, due.now_ms + POSTPONE_MS)
            return False
        if done is None:
            return False  # its time was moved
        if done.wire_id is None:
            await self._repairer.reindex(id)
            return False
        return True

    async def _crowd_out(self) -> int:
        excess = await self._index.published() - self._settings.current_items_max
        done = 0
        if excess <= 0:
            return 0
        for id in await self._index.oldest(min(excess, AT_ONCE) + AT_ONCE):
            if done >= min(excess, AT_ONCE):
                break
            try:
                if (await self._items.get(id)).pinned:
                    continue
                done += (await self._items.expire(id, by=BY)).wire_id is not None
            except (NotFound, Conflict):
                await self._repairer.reindex(id)
            except UnreadableItem:  # it does not make room
                continue
        return done

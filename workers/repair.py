"""Repairs: finds items whose places in indexes and lane do not fit their state, and corrects them.

A commit and an append are atomic each, so a crash alone leaves nothing behind. What does: a poison
event, a failover that lost the end of the log, a restore, a key deleted by hand.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, fields
from typing import Literal, TypeAlias

import orjson
from pydantic import ValidationError

from ticker.config import Settings
from ticker.domain.clock import parse_ms, rfc3339
from ticker.domain.errors import TickerError, Unavailable
from ticker.domain.event import WireEvent
from ticker.domain.filter import Facets
from ticker.domain.item import Item
from ticker.publishing.index_check import Finding, IndexCheck
from ticker.publishing.service import ItemService
from ticker.push.model.alert_decision import KEEP_MS

log = logging.getLogger(__name__)

SCAN_STEPS = 10
"""Steps through all items per sweep, of ``index_check.SCAN_COUNT`` keys each."""
CHUNK = 200
"""Items examined at once; Redis serves nobody else meanwhile."""
BY = "sweep"

Repair: TypeAlias = Literal["reindex", "show", "remove", "orphan", "stuck"]


@dataclass(slots=True)
class Repaired:
    """Numbers of items by repair."""

    reindex: int = 0
    """Missing in, or wrongly in, the index of scheduled, expiring or live items."""
    show: int = 0
    """Live, but not current or current in an older version; sent again."""
    remove: int = 0
    """Retracted or expired, but still current; the removal was sent again."""
    orphan: int = 0
    """Current, but the item does not exist; removed."""
    stuck: int = 0
    """Still wrong after a repair. See the dead letters."""
    unreadable: int = 0
    """Stored in a form that cannot be read."""

    def __bool__(self) -> bool:
        return any(getattr(self, f.name) for f in fields(self))


def places(finding: Finding, ttl_ms: int) -> tuple[int | None, int | None, int | None]:
    """Return where the item belongs: its scores in the indexes due, expiry and published."""
    item = finding.item
    if item is None or item.state not in ("scheduled", "live"):
        return None, None, None
    if item.state == "scheduled":
        # Without a time it waits for an editor.
        until = item.embargo_until
        return (None if until is None else parse_ms(until)), None, None
    published = parse_ms(item.published_at)
    if item.expires_ms is not None:
        return None, item.expires_ms, published
    if item.pinned:
        return None, None, published
    # The default is counted from the release, which only the index remembers exactly.
    age_limit = parse_ms(item.updated_at) + ttl_ms
    return None, finding.expiry_ms if finding.expiry_ms is not None else age_limit, published


def diagnose(finding: Finding, ttl_ms: int) -> list[Repair]:
    """Return the repairs that the item needs; none for a healthy one."""
    item = finding.item
    needed: list[Repair] = []
    if (finding.due_ms, finding.expiry_ms, finding.published_ms) != places(finding, ttl_ms):
        needed.append("reindex")
    if finding.pending:
        return needed
    if item is None:
        if finding.current_id is not None:
            needed.append("orphan")
    elif item.state == "live":
        if finding.current_id is None or finding.current_id != finding.wire_id:
            tried = finding.resent is not None and finding.resent == finding.wire_id
            needed.append("stuck" if tried else "show")
    elif finding.current_id is not None:
        tried = finding.resent is not None and finding.resent == finding.wire_id
        needed.append("stuck" if tried else "remove")
    return needed


class Repairer:
    """Finds and repairs damage. Safe in two workers at once: every repair is conditional."""

    def __init__(self, items: ItemService, index_check: IndexCheck, settings: Settings) -> None:
        self._items = items
        self._index_check = index_check
        self._ttl_ms = settings.item_ttl * 1000

    async def repair_all(self) -> Repaired:
        """Examine all suspects and the next part of all items; return what was repaired."""
        repaired = Repaired()
        ids = sorted(
            {*await self._index_check.suspects(), *await self._index_check.scan(SCAN_STEPS)}
        )
        for start in range(0, len(ids), CHUNK):
            for finding in await self._findings(ids[start : start + CHUNK], repaired):
                for repair in self._diagnose(finding, repaired):
                    if await self.repair_one(repair, finding):
                        setattr(repaired, repair, getattr(repaired, repair) + 1)
        return repaired

    def _diagnose(self, finding: Finding, repaired: Repaired) -> list[Repair]:
        try:
            return diagnose(finding, self._ttl_ms)
        except ValueError:  # a time that is none
            _unreadable(finding.id, repaired)
            return []

    async def reindex(self, id: str) -> None:
        """Correct the item's places in the indexes."""
        for finding in await self._findings([id], Repaired()):
            await self.repair_one("reindex", finding)

    async def _findings(self, ids: list[str], repaired: Repaired) -> list[Finding]:
        try:
            return await self._index_check.examine(ids)
        except ValidationError:
            if len(ids) == 1:
                _unreadable(ids[0], repaired)
                return []
        half = len(ids) // 2
        return await self._findings(ids[:half], repaired) + await self._findings(
            ids[half:], repaired
        )

    async def repair_one(self, repair: Repair, finding: Finding) -> bool:
        try:
            return await self._repair(repair, finding)
        except Unavailable:
            raise
        except (TickerError, ValueError, KeyError):
            log.exception("item %s could not be repaired (%s)", finding.id, repair)
            return False

    async def _repair(self, repair: Repair, finding: Finding) -> bool:
        item = finding.item
        if repair == "reindex":
            version = None if item is None else item.version
            return await self._index_check.reindex(
                finding.id, version, *places(finding, self._ttl_ms)
            )
        if repair == "stuck":
            return True
        if repair == "orphan":
            gone = _orphan(finding)
            return await self._items.adopt(gone, _removal(gone)) is not None
        if item is None:
            return False
        event = _shown_again(item) if repair == "show" else _removal(item)
        sent = await self._items.resend(item, event)
        if sent is not None:
            await self._index_check.mark_resent(item.id, sent)
        return sent is not None


def _unreadable(id: str, repaired: Repaired) -> None:
    log.error("item %s is stored in a form that cannot be read", id)
    repaired.unreadable += 1


def _orphan(finding: Finding) -> Item:
    """Return a current item of which only the lane's record is left, as retracted."""
    public = orjson.loads(finding.current_body)["item"]
    return Item.model_validate(public | {"state": "retracted", "status": "canceled"})


def _removal(item: Item) -> WireEvent:
    reach = Facets.of(item)
    if item.reach is not None:
        reach = reach.union(Facets.from_json(item.reach))
    action: Literal["retract", "expire"] = "retract" if item.state == "retracted" else "expire"
    return WireEvent(action, item, _now(), BY, "sent again by the sweep", reach)


def _shown_again(item: Item) -> WireEvent:
    """Return an update that alerts only while push would know of an alert that was sent."""
    now = _now()
    known = parse_ms(now) - parse_ms(item.published_at) < KEEP_MS
    return WireEvent("update", item, now, BY, "sent again by the sweep", may_alert=known)


def _now() -> str:
    return rfc3339(time.time_ns() // 1_000_000)

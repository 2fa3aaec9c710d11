"""Repairs: finds items that are not where they say they are, and puts them there.

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
from ticker.publishing.audit import Audit, Look
from ticker.publishing.service import ItemService

log = logging.getLogger(__name__)

SCAN_STEPS = 10
"""Steps through all items per sweep, of ``audit.SCAN_COUNT`` keys each."""
CHUNK = 200
"""Items per look; Redis serves nobody meanwhile."""
BY = "sweep"

Repair: TypeAlias = Literal["reindex", "show", "remove", "orphan", "stuck"]


@dataclass(slots=True)
class Repaired:
    """How many items needed which repair."""

    reindex: int = 0
    """Missing in, or wrongly in, the index of scheduled, expiring or live items."""
    show: int = 0
    """Said to be out and was not on the board, or in an older version; sent again."""
    remove: int = 0
    """Retracted or expired and still on the board; the removal was sent again."""
    orphan: int = 0
    """On the board with nothing kept of it; removed."""
    stuck: int = 0
    """Still not on the board after a repair. See the dead letters."""
    unreadable: int = 0
    """Kept in a form that cannot be read."""

    def __bool__(self) -> bool:
        return any(getattr(self, f.name) for f in fields(self))


def places(look: Look, ttl_ms: int) -> tuple[int | None, int | None, int | None]:
    """Return where the item belongs: its scores in the indexes due, expiry and out."""
    item = look.item
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
    return None, look.expiry_ms if look.expiry_ms is not None else age_limit, published


def diagnose(look: Look, ttl_ms: int) -> list[Repair]:
    """Return the repairs that the item needs; none for a healthy one."""
    item = look.item
    needed: list[Repair] = []
    if (look.due_ms, look.expiry_ms, look.out_ms) != places(look, ttl_ms):
        needed.append("reindex")
    if look.pending:
        return needed
    if item is None:
        if look.board_id is not None:
            needed.append("orphan")
    elif item.state == "live":
        if look.board_id is None or look.board_id != look.wire_id:
            tried = look.mended is not None and look.mended == look.wire_id
            needed.append("stuck" if tried else "show")
    elif look.board_id is not None:
        tried = look.mended is not None and look.mended == look.wire_id
        needed.append("stuck" if tried else "remove")
    return needed


class Mender:
    """Looks for damage and repairs it. Safe in two workers at once: every repair is conditional."""

    def __init__(self, items: ItemService, audit: Audit, settings: Settings) -> None:
        self._items = items
        self._audit = audit
        self._ttl_ms = settings.item_ttl * 1000

    async def mend(self) -> Repaired:
        """Examine all suspects and the next part of all items; return what was repaired."""
        repaired = Repaired()
        ids = sorted({*await self._audit.suspects(), *await self._audit.scan(SCAN_STEPS)})
        for start in range(0, len(ids), CHUNK):
            for look in await self._looks(ids[start : start + CHUNK], repaired):
                for repair in diagnose(look, self._ttl_ms):
                    if await self._do(repair, look):
                        setattr(repaired, repair, getattr(repaired, repair) + 1)
        return repaired

    async def reindex(self, id: str) -> None:
        """Put the item's places in the indexes right."""
        for look in await self._looks([id], Repaired()):
            await self._do("reindex", look)

    async def _looks(self, ids: list[str], repaired: Repaired) -> list[Look]:
        try:
            return await self._audit.look(ids)
        except ValidationError:
            if len(ids) == 1:
                log.error("item %s is kept in a form that cannot be read", ids[0])
                repaired.unreadable += 1
                return []
        half = len(ids) // 2
        return await self._looks(ids[:half], repaired) + await self._looks(ids[half:], repaired)

    async def _do(self, repair: Repair, look: Look) -> bool:
        try:
            return await self._repair(repair, look)
        except Unavailable:
            raise
        except (TickerError, ValueError, KeyError):
            log.exception("item %s could not be repaired (%s)", look.id, repair)
            return False

    async def _repair(self, repair: Repair, look: Look) -> bool:
        item = look.item
        if repair == "reindex":
            version = None if item is None else item.version
            return await self._audit.reindex(look.id, version, *places(look, self._ttl_ms))
        if repair == "stuck":
            return True
        if repair == "orphan":
            gone = _orphan(look)
            return await self._items.adopt(gone, _removal(gone)) is not None
        if item is None:
            return False
        if repair == "show":
            event = WireEvent("update", item, _now(), BY, "sent again by the sweep")
        else:
            event = _removal(item)
        sent = await self._items.resend(item, event)
        if sent is not None:
            await self._audit.mark_mended(item.id, sent)
        return sent is not None


def _orphan(look: Look) -> Item:
    """Return what the board knows of an item, as a retracted one: its text must not come back."""
    public = orjson.loads(look.board_body)["item"]
    return Item.model_validate(public | {"state": "retracted", "status": "canceled"})


def _removal(item: Item) -> WireEvent:
    reach = Facets.of(item)
    if item.reach is not None:
        reach = reach.union(Facets.from_json(item.reach))
    action: Literal["retract", "expire"] = "retract" if item.state == "retracted" else "expire"
    return WireEvent(action, item, _now(), BY, "sent again by the sweep", reach)


def _now() -> str:
    return rfc3339(time.time_ns() // 1_000_000)

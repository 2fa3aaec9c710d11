"""The end of an item: retraction, and expiry."""

from __future__ import annotations

from ticker.domain.errors import Conflict
from ticker.domain.item import Item
from ticker.publishing.private_version import PrivateVersion
from ticker.publishing.transitions.step import (
    Step,
    event,
    next_version,
    reach,
    refused,
)


def retract(item: Item, reason: str | None, *, by: str, now_ms: int) -> Step | None:
    """Return the retracted item; only editors still see its text."""
    if item.state == "retracted":
        return None
    was_out = item.state in ("live", "expired")
    out = {"state": "retracted", "pinned": False, "proposed": None}
    gone = next_version(item, now_ms, status="canceled", **out)
    now = gone.updated_at
    if item.state == "scheduled" and item.approved_by is None:
        gone = gone.model_copy(update={"authors": []})  # it was no draft
    if not was_out:
        return Step(gone, None, PrivateVersion("withdraw", gone, now, by, reason))
    return Step(gone, event("retract", gone, now, by, reason, reach(item)))


def expire(item: Item, *, by: str, now_ms: int) -> Step | None:
    """Return the expired item. Its text is not wrong, only old."""
    if item.state != "live":
        return None
    item = next_version(item, now_ms, state="expired", pinned=False, proposed=None)
    return Step(item, event("expire", item, item.updated_at, by))


def end(item: Item, *, by: str, now_ms: int) -> Step | None:
    """Return a live item as expired, before its time. Raises Conflict in other states."""
    if item.state not in ("live", "expired"):
        raise Conflict(refused("not-live-to-end", item))
    return expire(item, by=by, now_ms=now_ms)

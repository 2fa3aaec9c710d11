"""The places of an item in the indexes: when it is due, when it expires, where it is listed."""

from __future__ import annotations

from typing import TypeAlias

from ticker.domain.clock import parse_ms
from ticker.domain.item import Item
from ticker.publishing.transitions import Step

IndexChange: TypeAlias = dict[str, int | bool]
"""``at`` sets the place, ``after`` so many ms from now; with ``unless_set`` only where there is
none; ``remove`` removes it."""


def index_changes(before: Item | None, step: Step | None, *, ttl_ms: int) -> dict[str, IndexChange]:
    """Return the changes to the indexes ``due``, ``expiry``, ``published`` and ``drafts``.

    An item without a time of its own expires after ``ttl_ms``.
    """
    if step is None:
        return {}
    item = step.item
    if item.state == "scheduled" and item.embargo_until is not None:
        due: IndexChange = {"at": parse_ms(item.embargo_until)}
        was_draft = before is not None and before.state == "draft"
        return {"due": due, **({"drafts": {"remove": True}} if was_draft else {})}
    places: dict[str, IndexChange] = {}
    if before is not None and before.state == "scheduled":
        places["due"] = {"remove": True}
    if item.state == "draft":
        return places | {"drafts": {"after": 0}}
    if before is not None and before.state == "draft":
        places["drafts"] = {"remove": True}
    if item.state in ("expired", "retracted"):
        return places | {"expiry": {"remove": True}, "published": {"remove": True}}
    if item.state == "live":
        places["expiry"] = _expiry(before, item, ttl_ms)
        if before is None or before.state != "live":
            places["published"] = _published(item)
    return places


def _published(item: Item) -> IndexChange:
    if item.published_at == item.updated_at:
        return {"after": 0}  # now, by Redis' clock
    return {"at": parse_ms(item.published_at)}


def _expiry(before: Item | None, item: Item, ttl_ms: int) -> IndexChange:
    if item.expires_ms is not None:
        return {"at": item.expires_ms}
    if item.pinned:
        return {"remove": True}
    default: IndexChange = {"after": ttl_ms}
    if before is not None and before.expires_at is not None:
        return default  # its own time was taken away
    return default | {"unless_set": True}

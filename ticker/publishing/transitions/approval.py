"""Approval of a draft, or of the change that is proposed for a live item."""

from __future__ import annotations

from collections.abc import Collection
from functools import partial
from typing import Any

from ticker.domain.clock import parse_ms, rfc3339
from ticker.domain.errors import Conflict
from ticker.domain.item import Item, Proposal
from ticker.domain.messages import said
from ticker.domain.second_person import Objects, by_name, refusal
from ticker.publishing.private_version import PrivateVersion
from ticker.publishing.proposals import accepted
from ticker.publishing.transitions.changing import change_step, changed_item
from ticker.publishing.transitions.publication import dated_correction
from ticker.publishing.transitions.step import (
    Step,
    event,
    next_version,
    refused,
)


def approve(
    item: Item,
    *,
    by: str,
    now_ms: int,
    two_person: Collection[str] = (),
    break_glass: str | None = None,
    undo_ms: int = 0,
    objects: Objects | None = None,
) -> Step | None:
    """Return a draft as live, or as scheduled if its time is still to come.

    That of a drill becomes a test item at once, by the same rules. A draft that would be live now
    is scheduled for ``undo_ms`` later, unless the glass is broken or it expires before. A live item
    gets the change that was proposed for it. ``objects`` says why the editor is not the second
    person; by default, because of the name alone. Raises Conflict for an item that is no draft, for
    one whose expiry has passed, and if there is an objection and the item's level is one of
    ``two_person``, unless ``break_glass`` gives a reason.
    """
    objects = objects or partial(by_name, by)
    if item.state == "live" and item.proposed is not None:
        return _accept(item, item.proposed, by, now_ms, two_person, break_glass, objects)
    if item.state in ("live", "scheduled", "test") and item.approved_by is not None:
        if item.approved_by == by:
            return None
        raise Conflict(refused("approved-before", item, person=item.approved_by))
    if item.state != "draft":
        raise Conflict(refused("no-draft", item))
    if item.expires_ms is not None and item.expires_ms <= now_ms:
        raise Conflict(said("draft-expired"))
    objection = objects(item.authors)
    alone = item.level in two_person and objection is not None
    if alone and objection and break_glass is None:
        raise Conflict(refusal("second-person", item.level, objection))
    later = item.embargo_until is not None and parse_ms(item.embargo_until) > now_ms
    now = rfc3339(now_ms)
    reason = break_glass if alone else None
    approved: dict[str, Any] = {"approved_by": by, "break_glass": reason}
    if item.test:
        item = next_version(item, now_ms, state="test", embargo_until=None, **approved)
        return Step(item, None, PrivateVersion("test", item, now, by, reason))
    if later:
        item = next_version(item, now_ms, state="scheduled", **approved)
        return Step(item, None, PrivateVersion("schedule", item, now, by, reason))
    due = now_ms + undo_ms
    if due > now_ms and break_glass is None and (item.expires_ms is None or item.expires_ms > due):
        until = {"embargo_until": rfc3339(due), "undo_until": rfc3339(due)}
        item = next_version(item, now_ms, state="scheduled", **until, **approved)
        return Step(item, None, PrivateVersion("schedule", item, now, by))
    approved |= dated_correction(item, now)
    item = next_version(
        item, now_ms, state="live", embargo_until=None, published_at=now, **approved
    )
    return Step(item, event("publish", item, now, by, reason))


def _accept(
    item: Item,
    proposed: Proposal,
    by: str,
    now_ms: int,
    two_person: Collection[str],
    break_glass: str | None,
    objects: Objects,
) -> Step:
    """Return a live item with the change that was proposed for it."""
    change, reason = accepted(item, proposed, objects, two_person, break_glass)
    changed, moved = changed_item(item, change, now_ms)
    if changed.expires_ms is not None and changed.expires_ms <= now_ms:
        raise Conflict(said("proposal-expired"))
    update = {
        "proposed": None,
        "approved_by": by,
        "break_glass": reason or item.break_glass,
        "authors": list(dict.fromkeys([*item.authors, *proposed.authors])),
    }
    changed = changed.model_copy(update=update)
    return change_step(item, changed, moved, change, by, reason or change.note, two_person)

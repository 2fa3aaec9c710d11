"""Changes of an item's text, fields and pictures, and of its place above the others."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from ticker.domain.clock import rfc3339, to_ms
from ticker.domain.draft import Change
from ticker.domain.errors import Conflict
from ticker.domain.event import Action
from ticker.domain.filter import Facets
from ticker.domain.item import Correction, Item, Level
from ticker.domain.item_media import check_media
from ticker.domain.messages import said
from ticker.publishing import proposals
from ticker.publishing.private_version import PrivateAction, PrivateVersion
from ticker.publishing.proposals import needs_second, proposal
from ticker.publishing.transitions.step import (
    TAKEN_DOWN,
    Step,
    event,
    next_version,
    reach,
    refused,
)


def change(
    item: Item,
    change: Change,
    *,
    by: str,
    now_ms: int,
    two_person: Collection[str] = (),
    writers: Sequence[str] = (),
) -> Step | None:
    """Return the item with the fields of ``change``; a ``correct`` if it brings a correction.

    None if the item, or the change that is proposed for it, has these values already. A scheduled
    item whose level is one of ``two_person`` is a draft again, as its text was not approved. A
    change of what readers see of a live one becomes a proposal, unless ``break_glass`` gives a
    reason: then other fields that were proposed wait on. ``writers`` are the authors of the change,
    by default ``by``. Raises Conflict for an item that is over.
    """
    writers = writers or (by,)
    if item.state in ("retracted", "expired"):
        raise Conflict(refused("over", item))
    if "proposed" in change.model_fields_set:
        if item.proposed is None:
            raise Conflict(said("no-proposal"))
        item = next_version(item, now_ms, proposed=None)
        return Step(item, None, PrivateVersion("dismiss", item, item.updated_at, by, change.note))
    changed, moved = changed_item(item, change, now_ms)
    fields = set() if item.proposed is None else {*item.proposed.change}
    if not (change.model_fields_set & fields or needs_second(item, changed, two_person)):
        if _alike(item, changed):
            return None
        return change_step(item, changed, moved, change, by, change.note, two_person, writers)
    if change.break_glass is None:
        proposed = proposal(item, change, writers)
        if item.proposed is not None and proposed.change == item.proposed.change:
            return None
        item = next_version(item, now_ms, proposed=proposed)
        return Step(item, None, PrivateVersion("propose", item, item.updated_at, by, change.note))
    left = proposals.without(item.proposed, change.model_fields_set)
    alone = {"break_glass": change.break_glass, "proposed": left}
    changed = changed.model_copy(update=alone)
    return change_step(item, changed, moved, change, by, change.break_glass, two_person, writers)


def changed_item(item: Item, change: Change, now_ms: int) -> tuple[Item, Facets | None]:
    """Return the item with the fields of ``change``, and where it was if it is elsewhere now."""
    if change.media:
        check_media(change.media)
    now = rfc3339(now_ms)
    other = {"correction", "at", "expires_at", "break_glass", "proposed", "force"}
    sent = change.model_dump(exclude_unset=True, exclude=other)
    sent |= {"version": item.version + 1, "updated_at": now}
    if change.correction is not None:
        sent["correction"] = Correction(text=change.correction, at=now)
    if "expires_at" in change.model_fields_set:
        until = change.expires_at
        sent["expires_at"] = None if until is None else rfc3339(to_ms(until))
    if change.at is not None:
        if item.state not in ("draft", "scheduled"):
            raise Conflict(refused("not-scheduled", item))
        sent |= {"embargo_until": rfc3339(to_ms(change.at)), "undo_until": None}
    changed = Item.model_validate(item.model_dump() | sent)
    before, after = Facets.of(item), Facets.of(changed)
    moved = before if before != after else None
    if moved is not None:
        changed = changed.model_copy(update={"reach": reach(item).to_json()})
    return changed, moved


def _alike(item: Item, changed: Item) -> bool:
    """Return whether two versions differ in nothing but their number and the times of the change.

    A correction with the text of the last one, beside which nothing changes, is that correction.
    """
    texts = [one.correction and one.correction.text for one in (item, changed)]
    times = {"version": item.version, "updated_at": item.updated_at, "correction": item.correction}
    return texts[0] == texts[1] and changed.model_copy(update=times) == item


def change_step(
    item: Item,
    changed: Item,
    moved: Facets | None,
    change: Change,
    by: str,
    note: str | None,
    two_person: Collection[str],
    writers: Sequence[str] = (),
) -> Step:
    """Return the step from an item to the item as it was changed."""
    changed = _reviewed(item, changed, change, writers or (by,), two_person)
    now = changed.updated_at
    if changed.state != "live":
        moved_to = changed.embargo_until != item.embargo_until
        kind: PrivateAction = "reschedule" if moved_to else "update"
        if change.correction is not None:
            kind = "correct"
        if changed.state == "draft" != item.state:
            kind = "draft"
        return Step(changed, None, PrivateVersion(kind, changed, now, by, note))
    action: Action = "update" if change.correction is None else "correct"
    raised = not item.push or Level[changed.level] > Level[item.level]
    return Step(changed, event(action, changed, now, by, note, moved, may_alert=raised))


def _reviewed(
    before: Item, item: Item, change: Change, writers: Sequence[str], two_person: Collection[str]
) -> Item:
    """Return a changed item with its authors; as a draft again if its approval no longer holds."""
    written = bool(change.model_fields_set - {"at", "expires_at", "note", "break_glass", "force"})
    if not written or before.state not in ("draft", "scheduled"):
        return item
    authors = list(dict.fromkeys([*(before.authors or [before.created_by]), *writers]))
    if before.state == "scheduled" and item.level not in two_person:
        # Its level may be raised before it goes out: then its writers approve it as little.
        return item.model_copy(update={"authors": authors})
    return item.model_copy(
        update={
            "state": "draft",
            "approved_by": None,
            "break_glass": None,
            "authors": authors,
            "embargo_until": None if item.undo_until else item.embargo_until,
            "undo_until": None,
        }
    )


def without_picture(item: Item, picture: str, *, by: str, now_ms: int) -> Step | None:
    """Return the item without a stored picture that was taken down; None if it has no need of that.

    Nothing else changes: who approved the item, and who wrote it, stay, as nothing is added.
    """
    if not item.names_picture(picture) or item.state in ("retracted", "expired"):
        return None
    rest = [one for one in item.media if one.id != picture]
    shown = item.state == "live" and len(rest) < len(item.media)
    proposed = proposals.without_picture(item.proposed, picture)
    item = next_version(item, now_ms, media=rest, proposed=proposed)
    now = item.updated_at
    if shown:
        return Step(item, event("update", item, now, by, TAKEN_DOWN, may_alert=False))
    return Step(item, None, PrivateVersion("update", item, now, by, TAKEN_DOWN))


def pin(item: Item, pinned: bool, *, by: str, now_ms: int) -> Step | None:
    """Return the item pinned above the others, or unpinned."""
    if item.state != "live":
        raise Conflict(refused("not-live-to-pin", item))
    if item.pinned == pinned:
        return None
    item = next_version(item, now_ms, pinned=pinned)
    return Step(item, event("pin" if pinned else "unpin", item, item.updated_at, by))

"""Publication: the first version of an item, and the release of a scheduled one."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from ticker.domain.clock import rfc3339, to_ms
from ticker.domain.draft import Draft, PushOptions, expiry
from ticker.domain.errors import Conflict
from ticker.domain.item import Correction, Item, State
from ticker.domain.item_media import check_media
from ticker.domain.taxonomy import Taxonomy
from ticker.publishing.private_version import PrivateAction, PrivateVersion
from ticker.publishing.transitions.step import (
    TAKEN_DOWN,
    Step,
    event,
    next_version,
    refused,
)

_NOT_KEPT = frozenset(
    {
        *("at", "draft", "force", "undo_window", "correction"),
        *("expires_at", "expires_in", "published_at"),
    }
)
"""Fields of a draft that an item does not have, or has with another value."""


def publish(
    draft: Draft,
    taxonomy: Taxonomy,
    *,
    id: str,
    by: str,
    now_ms: int,
    two_person: Collection[str] = (),
    undo_ms: int = 0,
    writers: Sequence[str] = (),
) -> Step:
    """Return the first version of a new item: live now, scheduled for ``draft.at``, or a test.

    It is a draft if it says so, and if its level is one of ``two_person``: then another editor has
    to approve it, unless the glass is broken. ``writers`` are its authors, by default ``by``. An
    item that would be live now is scheduled for ``undo_ms`` later, unless it has a time of its own
    or expires before. Raises Invalid for a picture without an address.
    """
    if draft.media:
        check_media(draft.media)
    edition = taxonomy.editions[draft.edition]
    now = rfc3339(now_ms)
    due = None if draft.at is None else to_ms(draft.at)
    given = now_ms if draft.published_at is None else to_ms(draft.published_at)
    waits = draft.draft or (draft.level in two_person and draft.break_glass is None)
    undoable = undo_ms > 0 and due is None and draft.published_at is None
    undoable = undoable and not (draft.test or waits)
    if draft.expires_at is not None and to_ms(draft.expires_at) <= now_ms + undo_ms:
        undoable = False
    if undoable:
        due = now_ms + undo_ms
    later = due is not None and due > now_ms
    state: State = "scheduled" if later else "live"
    if draft.test or waits:
        state = "test" if draft.test and not draft.draft else "draft"
    fields = {name: value for name, value in vars(draft).items() if name not in _NOT_KEPT}
    if draft.media:
        fields["media"] = [one.model_dump() for one in draft.media]
    if isinstance(draft.push, PushOptions):
        fields["push"] = draft.push.model_dump()
    fields |= {
        "id": id,
        "version": 1,
        "language": draft.language or edition.language,
        "dir": draft.dir or edition.dir,
        "published_at": now if given >= now_ms else rfc3339(given),
        "updated_at": now,
        "expires_at": expiry(draft, now_ms + undo_ms if undoable else now_ms),
        "correction": None
        if draft.correction is None
        else Correction(text=draft.correction, at=now),
        "state": state,
        "created_by": by,
        "authors": list(writers or (by,)) if state == "draft" else [],
        "break_glass": draft.break_glass if draft.level in two_person and not waits else None,
        "embargo_until": rfc3339(due) if due is not None and later else None,
        "undo_until": rfc3339(now_ms + undo_ms) if undoable else None,
    }
    item = Item.model_validate(fields)
    if item.state == "live":
        return Step(item, event("publish", item, now, by, item.break_glass))
    kind: PrivateAction = "schedule" if item.state == "scheduled" else "test"
    if item.state == "draft":
        kind = "draft"
    return Step(item, None, PrivateVersion(kind, item, now, by, item.break_glass))


def release(item: Item, *, by: str, now_ms: int, without: Collection[str] = ()) -> Step | None:
    """Return a scheduled item as live, published now.

    It goes out ``without`` the stored pictures of these ids, which are no more.
    """
    if item.state == "live":
        return None
    if item.state != "scheduled":
        raise Conflict(refused("not-scheduled-to-release", item))
    now = rfc3339(now_ms)
    out: dict[str, Any] = {"embargo_until": None, "undo_until": None, "published_at": now}
    out |= dated_correction(item, now)
    authors = [] if item.approved_by is None else item.authors  # of a draft that was approved
    rest = [one for one in item.media if one.id is None or one.id not in without]
    note = TAKEN_DOWN if len(rest) < len(item.media) else None
    item = next_version(item, now_ms, state="live", authors=authors, media=rest, **out)
    return Step(item, event("publish", item, now, by, note))


def dated_correction(item: Item, now: str) -> dict[str, Any]:
    """Return what changes as an item goes out that was withdrawn by mistake: when it says so."""
    if item.replaces is None or item.correction is None:
        return {}
    return {"correction": item.correction.model_copy(update={"at": now})}

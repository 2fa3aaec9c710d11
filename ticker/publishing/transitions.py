"""Changes to items, decided without I/O: the next version, and the event that announces it.

Every function takes the item as it is and returns a ``Step``: the item as it will be, and the event
to put on the wire, or for scheduled and test items a version for the history alone.
``None`` instead of a Step means that nothing changes: the second click on Retract is harmless.
Raises Conflict where the item's state forbids the change.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias

from ticker.domain.clock import parse_ms, rfc3339, to_ms
from ticker.domain.draft import Change, Draft, expiry
from ticker.domain.errors import Conflict
from ticker.domain.event import Action, WireEvent
from ticker.domain.filter import Facets
from ticker.domain.item import Correction, Item, Proposal, State
from ticker.domain.item_media import check_media
from ticker.domain.messages import Message, said
from ticker.domain.second_person import Objects, by_name, refusal
from ticker.domain.taxonomy import Taxonomy
from ticker.publishing import proposals
from ticker.publishing.private_version import PrivateAction, PrivateVersion
from ticker.publishing.proposals import accepted, needs_second, proposal

_WORD = re.compile(r"\w+|(?<!\w)[+\-\u2212](?=\d)|[$¢£¤¥֏؋৲৳฿\u20a0-\u20cf]")
"""Words, and what changes the meaning of a number: its sign and its currency."""
_UNSAID = dict.fromkeys((0x640, *range(0x64B, 0x653), 0x670))
"""Stretch and vowel marks of Arabic: a word is the same with and without them."""
VERSIONS_MAX = 10_000
"""Versions of one item. A retraction must find and delete all of them in the lane."""


TAKEN_DOWN = "a picture was taken down"
"""The note of the version without it."""

Permit: TypeAlias = Callable[[Item | None, Item], None]
"""Raises Forbidden unless an editor may turn the first item (None: a new one) into the second."""


@dataclass(frozen=True, slots=True)
class Step:
    """One committed change: the item's next version, and its event if it is public.

    ``private`` is the version for the history of an item that readers must not know: each step has
    one of the two, so that no version is without its place in the history.
    """

    item: Item
    event: WireEvent | None
    private: PrivateVersion | None = None


def anything(before: Item | None, after: Item) -> None:
    """Permit every change: of workers, and of whoever was checked before."""


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
    fields = draft.model_dump(
        exclude={
            *("at", "draft", "force", "undo_window", "correction"),
            *("expires_at", "expires_in", "published_at"),
        }
    )
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
        return Step(item, _event("publish", item, now, by, item.break_glass))
    kind: PrivateAction = "schedule" if item.state == "scheduled" else "test"
    if item.state == "draft":
        kind = "draft"
    return Step(item, None, PrivateVersion(kind, item, now, by, item.break_glass))


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
        raise Conflict(_refused("over", item))
    if "proposed" in change.model_fields_set:
        if item.proposed is None:
            raise Conflict(said("no-proposal"))
        item = _next(item, now_ms, proposed=None)
        return Step(item, None, PrivateVersion("dismiss", item, item.updated_at, by, change.note))
    changed, moved = _changed(item, change, now_ms)
    fields = set() if item.proposed is None else {*item.proposed.change}
    if not (change.model_fields_set & fields or needs_second(item, changed, two_person)):
        if _alike(item, changed):
            return None
        return _change_step(item, changed, moved, change, by, change.note, two_person, writers)
    if change.break_glass is None:
        proposed = proposal(item, change, writers)
        if item.proposed is not None and proposed.change == item.proposed.change:
            return None
        item = _next(item, now_ms, proposed=proposed)
        return Step(item, None, PrivateVersion("propose", item, item.updated_at, by, change.note))
    left = proposals.without(item.proposed, change.model_fields_set)
    alone = {"break_glass": change.break_glass, "proposed": left}
    changed = changed.model_copy(update=alone)
    return _change_step(item, changed, moved, change, by, change.break_glass, two_person, writers)


def _changed(item: Item, change: Change, now_ms: int) -> tuple[Item, Facets | None]:
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
            raise Conflict(_refused("not-scheduled", item))
        sent |= {"embargo_until": rfc3339(to_ms(change.at)), "undo_until": None}
    changed = Item.model_validate(item.model_dump() | sent)
    before, after = Facets.of(item), Facets.of(changed)
    moved = before if before != after else None
    if moved is not None:
        changed = changed.model_copy(update={"reach": _reach(item).to_json()})
    return changed, moved


def _alike(item: Item, changed: Item) -> bool:
    """Return whether two versions differ in nothing but their number and the times of the change.

    A correction with the text of the last one, beside which nothing changes, is that correction.
    """
    texts = [one.correction and one.correction.text for one in (item, changed)]
    times = {"version": item.version, "updated_at": item.updated_at, "correction": item.correction}
    return texts[0] == texts[1] and changed.model_copy(update=times) == item


def _change_step(
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
    return Step(changed, _event(action, changed, now, by, note, moved))


def without_picture(item: Item, picture: str, *, by: str, now_ms: int) -> Step | None:
    """Return the item without a stored picture that was taken down; None if it has no need of that.

    Nothing else changes: who approved the item, and who wrote it, stay, as nothing is added.
    """
    if not item.names_picture(picture) or item.state in ("retracted", "expired"):
        return None
    rest = [one for one in item.media if one.id != picture]
    shown = item.state == "live" and len(rest) < len(item.media)
    proposed = proposals.without_picture(item.proposed, picture)
    item = _next(item, now_ms, media=rest, proposed=proposed)
    now = item.updated_at
    if shown:
        return Step(item, _event("update", item, now, by, TAKEN_DOWN))
    return Step(item, None, PrivateVersion("update", item, now, by, TAKEN_DOWN))


def retract(item: Item, reason: str | None, *, by: str, now_ms: int) -> Step | None:
    """Return the retracted item; only editors still see its text."""
    if item.state == "retracted":
        return None
    was_out = item.state in ("live", "expired")
    out = {"state": "retracted", "pinned": False, "proposed": None}
    gone = _next(item, now_ms, status="canceled", **out)
    now = gone.updated_at
    if item.state == "scheduled" and item.approved_by is None:
        gone = gone.model_copy(update={"authors": []})  # it was no draft
    if not was_out:
        return Step(gone, None, PrivateVersion("withdraw", gone, now, by, reason))
    return Step(gone, _event("retract", gone, now, by, reason, _reach(item)))


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
        raise Conflict(_refused("approved-before", item, person=item.approved_by))
    if item.state != "draft":
        raise Conflict(_refused("no-draft", item))
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
        item = _next(item, now_ms, state="test", embargo_until=None, **approved)
        return Step(item, None, PrivateVersion("test", item, now, by, reason))
    if later:
        item = _next(item, now_ms, state="scheduled", **approved)
        return Step(item, None, PrivateVersion("schedule", item, now, by, reason))
    due = now_ms + undo_ms
    if due > now_ms and break_glass is None and (item.expires_ms is None or item.expires_ms > due):
        until = {"embargo_until": rfc3339(due), "undo_until": rfc3339(due)}
        item = _next(item, now_ms, state="scheduled", **until, **approved)
        return Step(item, None, PrivateVersion("schedule", item, now, by))
    approved |= _again(item, now)
    item = _next(item, now_ms, state="live", embargo_until=None, published_at=now, **approved)
    return Step(item, _event("publish", item, now, by, reason))


def _again(item: Item, now: str) -> dict[str, Any]:
    """Return what changes as an item goes out that was withdrawn by mistake: when it says so."""
    if item.replaces is None or item.correction is None:
        return {}
    return {"correction": item.correction.model_copy(update={"at": now})}


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
    changed, moved = _changed(item, change, now_ms)
    if changed.expires_ms is not None and changed.expires_ms <= now_ms:
        raise Conflict(said("proposal-expired"))
    update = {
        "proposed": None,
        "approved_by": by,
        "break_glass": reason or item.break_glass,
        "authors": list(dict.fromkeys([*item.authors, *proposed.authors])),
    }
    changed = changed.model_copy(update=update)
    return _change_step(item, changed, moved, change, by, reason or change.note, two_person)


def pin(item: Item, pinned: bool, *, by: str, now_ms: int) -> Step | None:
    """Return the item pinned above the others, or unpinned."""
    if item.state != "live":
        raise Conflict(_refused("not-live-to-pin", item))
    if item.pinned == pinned:
        return None
    item = _next(item, now_ms, pinned=pinned)
    return Step(item, _event("pin" if pinned else "unpin", item, item.updated_at, by))


def release(item: Item, *, by: str, now_ms: int, without: Collection[str] = ()) -> Step | None:
    """Return a scheduled item as live, published now.

    It goes out ``without`` the stored pictures of these ids, which are no more.
    """
    if item.state == "live":
        return None
    if item.state != "scheduled":
        raise Conflict(_refused("not-scheduled-to-release", item))
    now = rfc3339(now_ms)
    out: dict[str, Any] = {"embargo_until": None, "undo_until": None, "published_at": now}
    out |= _again(item, now)
    authors = [] if item.approved_by is None else item.authors  # of a draft that was approved
    rest = [one for one in item.media if one.id is None or one.id not in without]
    note = TAKEN_DOWN if len(rest) < len(item.media) else None
    item = _next(item, now_ms, state="live", authors=authors, media=rest, **out)
    return Step(item, _event("publish", item, now, by, note))


def expire(item: Item, *, by: str, now_ms: int) -> Step | None:
    """Return the expired item. Its text is not wrong, only old."""
    if item.state != "live":
        return None
    item = _next(item, now_ms, state="expired", pinned=False, proposed=None)
    return Step(item, _event("expire", item, item.updated_at, by))


def end(item: Item, *, by: str, now_ms: int) -> Step | None:
    """Return a live item as expired, before its time. Raises Conflict in other states."""
    if item.state not in ("live", "expired"):
        raise Conflict(_refused("not-live-to-end", item))
    return expire(item, by=by, now_ms=now_ms)


def check_versions(item: Item) -> None:
    """Raise Conflict if the item has all the versions that it may have."""
    if item.version >= VERSIONS_MAX:
        raise Conflict(said("too-many-versions", most=VERSIONS_MAX))


def content_key(item: Item) -> str:
    """Return a key that equal items share: a hash of edition and the headline's words.

    Not the level: the same words again at another level interrupt the same readers twice.
    """
    folded = unicodedata.normalize("NFKC", item.headline).casefold().replace("\u2212", "-")
    folded = folded.translate(_UNSAID)
    words = _WORD.findall(folded) or folded.split()  # emoji alone are words
    text = "\0".join((item.edition, *words))
    return hashlib.sha256(text.encode()).hexdigest()[:32]


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


def _refused(code: str, item: Item, **more: str) -> Message:
    named = {"draft": "a draft", "test": "a test item"}.get(item.state, item.state)
    return said(code, named=named, state=item.state, **more)


def _next(item: Item, now_ms: int, **changes: Any) -> Item:
    version = {"version": item.version + 1, "updated_at": rfc3339(now_ms)}
    return item.model_copy(update=version | changes)


def _reach(item: Item) -> Facets:
    facets = Facets.of(item)
    return facets if item.reach is None else facets.union(Facets.from_json(item.reach))


def _event(
    action: Action,
    item: Item,
    at: str,
    by: str,
    note: str | None = None,
    was: Facets | None = None,
) -> WireEvent:
    return WireEvent(action, item, at, by, note, was)

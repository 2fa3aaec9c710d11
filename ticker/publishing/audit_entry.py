"""An entry of the audit: who did what, when, from where, and the values before and after. Pure.

The entry itself has no text of an item, only its SHA-256, because entries do not change. The texts
are kept beside the stream, where a retraction may delete them; the hash then still proves what a
text was, and that a kept text is the one that was written.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

from ticker.domain.actor import Actor

if TYPE_CHECKING:
    from pydantic import BaseModel

    from ticker.domain.item import Item  # commands that record an action need no items

TEXTS = frozenset(
    {
        *("headline", "summary", "speaker", "source", "note", "correction"),
        *("tags", "story", "link", "media", "push", "proposed", "cancellation"),
    }
)
"""Fields that an editor writes. The others are names and times, which a retraction leaves."""
_STAMPED = {"published_at"}
"""Fields that the commit fills in."""
_NOTHING: tuple[Any, ...] = (None, [], False, "")
_BLANK: dict[str, Any] = {}
"""Values of a new item's fields that nobody has set; made once, because every publish waits."""
_NESTED = {"media", "correction", "proposed"}
"""Fields whose values are models."""


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """The entry, and the texts that are kept beside it (empty without any), as JSON."""

    entry: bytes
    texts: bytes = b""


def _blank() -> dict[str, Any]:
    """Return ``_BLANK``."""
    from ticker.domain.item import Item

    return {
        name: None if field.is_required() else field.get_default(call_default_factory=True)
        for name, field in Item.model_fields.items()
        if name not in ("id", "version", "status", "updated_at", "reach", "created_by", "state")
    }


def of_item(
    action: str,
    actor: Actor,
    request: str,
    before: Item | None,
    after: Item,
    reason: str | None = None,
) -> AuditEntry:
    """Return the entry of a change that makes ``before`` (None: a new item) ``after``."""
    if before is None:
        changes = _created(after)
    else:
        from ticker.domain.item_differences import differences

        changes = differences(before, after)
    fields: dict[str, Any] = {}
    hashes: dict[str, Any] = {}
    texts: dict[str, Any] = {}
    for name, (old, new) in changes.items():
        if name in _STAMPED:
            continue
        if name in TEXTS:
            new = _text(name, new)
            if before is not None:
                old = _text(name, old)
            texts[name] = [old, new]
            hashes[name] = [None if old is None else text_hash(old), text_hash(new)]
        else:
            fields[name] = [old, new]
    if action == "approve":
        given = {"given_at": actor.given_at, "given_by": actor.given_by}
        fields["second_person"] = [None, given]
    entry = {
        "action": action,
        **_who(actor, request),
        "item": after.id,
        "version": after.version,
        "edition": after.edition,
        "level": after.level,
        "state": after.state,
        "reason": reason,
        "fields": fields,
        "hashes": hashes,
    }
    return AuditEntry(orjson.dumps(entry), orjson.dumps(texts) if texts else b"")


def of_action(
    action: str,
    actor: Actor,
    request: str,
    target: str,
    changes: Mapping[str, tuple[Any, Any]],
    reason: str | None = None,
) -> AuditEntry:
    """Return the entry of an action on something that is no item, such as a key.

    ``changes`` are values before and after; no secret is among them.
    """
    entry: dict[str, Any] = {"action": action, **_who(actor, request), "target": target}
    if changes:
        entry["fields"] = changes
    if reason is not None:
        entry["reason"] = reason
    return AuditEntry(orjson.dumps(entry))


def shown(id: str, entry: Mapping[str, Any], texts: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return an entry as editors see it. ``id`` is that in the stream: its time is Redis'.

    A text whose hash is another one is left out: it is not what was written.
    """
    changes = {name: _pair(values) for name, values in (entry.get("fields") or {}).items()}
    hashes = entry.get("hashes") or {}
    for name, (old, new) in (texts or {}).items():
        if hashes.get(name) == [text_hash(old), text_hash(new)]:
            changes[name] = _pair((old, new))
    names = ("action", "by", "role", "key", "address", "request")
    about = ("item", "version", "edition", "level", "state", "reason", "target")
    return {
        "id": id,
        **{name: entry.get(name) for name in (*names, *about)},
        "changes": changes,
        "hashes": {name: _pair(values) for name, values in hashes.items()},
    }


def text_hash(value: Any) -> str | None:
    """Return the SHA-256 of a text, or of the JSON of another value; None for no value."""
    if value in _NOTHING:
        return None
    text = value.encode() if isinstance(value, str) else orjson.dumps(value)
    return hashlib.sha256(text).hexdigest()


def _created(item: Item) -> dict[str, tuple[Any, Any]]:
    if not _BLANK:
        _BLANK.update(_blank())
    values = vars(item)  # ``model_dump`` of all that is not set would cost more than the rest
    return {
        name: (None, _dumped(value) if name in _NESTED else value)
        for name, blank in _BLANK.items()
        if (value := values[name]) != blank and value not in _NOTHING
    }


def _dumped(value: BaseModel | list[BaseModel]) -> Any:
    if isinstance(value, list):
        return [one.model_dump() for one in value]
    return value.model_dump()


def _text(name: str, value: Any) -> Any:
    """Return a text without the time in it: that is the entry's own."""
    if name == "correction" and isinstance(value, Mapping):
        return value.get("text")
    return value


def _who(actor: Actor, request: str) -> dict[str, str]:
    return {
        "by": actor.name,
        "role": actor.role,
        "key": actor.key_id,
        "address": actor.address,
        "request": request,
    }


def _pair(values: Any) -> dict[str, Any]:
    before, after = values
    return {"before": before, "after": after}

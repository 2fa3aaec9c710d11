"""The record of an imported entry: by it an entry is known again, with what its source changed.

An entry is known by its key, in the whole newsroom. What is kept under the key names the item and
has a digest of each field as the source had it. So an import of an unchanged entry changes nothing,
and a changed one changes only the fields that the source changed: a correction by an editor stays.
The record is written by the same script call as the item (``replaces`` in ``commit.lua``), so two
imports at once neither publish an entry twice nor update it twice.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from ticker.domain.draft import Change, Draft
from ticker.domain.item import Item
from ticker.domain.taxonomy import Edition
from ticker.publishing.commit import Request

SCOPE = "\0import"
"""Whose keys the entries have: of all imports together, whoever starts them."""
WITHDRAWN = Request.of("withdraw", "", b"", "", "").fingerprint
"""The fingerprint of an entry that its source withdrew."""
EDITORS_FIELDS = {"correction", "force", "note", "push", "break_glass", "proposed"}
SOURCE_FIELDS = set(Change.model_fields) - EDITORS_FIELDS


@dataclass(frozen=True, slots=True)
class Incoming:
    """One entry: its key, and its draft or, if its source withdrew it, None.

    Without a key an entry is always new.
    """

    key: str | None
    draft: Draft | None
    correction: str | None = None
    """The public note of the source's correction."""


@dataclass(frozen=True, slots=True)
class ImportedBefore:
    """The record of an entry's last import; empty if there was none."""

    fingerprint: str = ""
    item: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)
    unreadable: bool = False
    """Whether there is a record that cannot be read."""

    @classmethod
    def read(cls, stored: object) -> ImportedBefore:
        """Return the record in the form in which ``commit.lua`` keeps it."""
        if not isinstance(stored, bytes):
            return cls()
        try:
            fingerprint, _, _, text = stored.decode().split("\n", 3)
            record = orjson.loads(text)
            return cls(fingerprint, str(record["item"]), dict(record["fields"]))
        except (ValueError, KeyError, TypeError):
            return cls(unreadable=True)


def request_of(entry: Incoming, by: str) -> Request:
    """Return the request that imports an entry: equal for an entry that has not changed."""
    fingerprint, operation = WITHDRAWN, "retract"
    if entry.draft is not None:
        text = orjson.dumps(digests(entry), option=orjson.OPT_SORT_KEYS)
        fingerprint, operation = hashlib.sha256(text).hexdigest()[:32], "import"
    if entry.key is None:
        return Request(operation, by, os.urandom(16).hex(), True, fingerprint, SCOPE)
    return Request(operation, by, entry.key, False, fingerprint, SCOPE)


def source_values(draft: Draft) -> dict[str, Any]:
    """Return the values of the fields that the source may change."""
    return draft.model_dump(mode="json", include=SOURCE_FIELDS)


def digests(entry: Incoming) -> dict[str, str]:
    """Return a digest of each field that the source may change.

    The time of publication is not one of them: some feeds write the present time into every answer.
    """
    if entry.draft is None:
        return {}
    values = source_values(entry.draft) | {"correction": entry.correction}
    return {
        name: hashlib.sha256(orjson.dumps(value)).hexdigest()[:10] for name, value in values.items()
    }


def source_changes(
    entry: Incoming, draft: Draft, item: Item, before: Mapping[str, str], edition: Edition
) -> dict[str, Any]:
    """Return the fields that the source changed since ``before``, and that the item has not yet."""
    values = source_values(draft)
    after = digests(entry)
    changes: dict[str, Any] = {
        name: values[name] for name in values if after[name] != before.get(name)
    }
    if item.state != "scheduled" or changes.get("at") is None:
        changes.pop("at", None)
    if changes.get("language", "") is None:
        changes["language"] = edition.language
    if changes.get("dir", "") is None:
        changes["dir"] = edition.dir
    stored = item.model_dump(mode="json")
    if item.proposed is not None:
        stored |= item.proposed.change
    changes = {name: value for name, value in changes.items() if stored.get(name) != value}
    if entry.correction is not None and after["correction"] != before.get("correction"):
        changes["correction"] = entry.correction
    return changes


def record_of(id: str, entry: Incoming) -> str:
    """Return what is kept about an entry; ``by`` tells it from that of another import at once."""
    kept = {"item": id, "fields": digests(entry), "by": os.urandom(6).hex()}
    return orjson.dumps(kept).decode()

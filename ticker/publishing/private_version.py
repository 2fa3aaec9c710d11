"""A version of an item that readers must not know, for the history that editors see. Pure.

A draft, scheduled or test item has no events on the wire, and a proposed change of a live one has
none until somebody approves it. Such versions are kept beside the item, under a key that the
gateway's Redis user cannot read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import orjson

from ticker.domain.item import Item

PRIVATE_MAX = 500
"""Private versions that are kept of one item; the oldest ones are dropped."""

PrivateAction: TypeAlias = Literal[
    "draft",
    "schedule",
    "reschedule",
    "test",
    "update",
    "correct",
    "withdraw",
    "propose",
    "dismiss",
]


@dataclass(frozen=True, slots=True)
class PrivateVersion:
    """The item after a change, and who made it, when and why."""

    action: PrivateAction
    item: Item
    at: str
    by: str
    note: str | None = None

    def encoded(self, doc: bytes) -> bytes:
        """Return the record; ``doc`` is the item as it is kept."""
        head = {"action": self.action, "at": self.at, "by": self.by, "note": self.note}
        return orjson.dumps(head | {"item": orjson.Fragment(doc)})

    @classmethod
    def read(cls, record: bytes) -> PrivateVersion:
        """Return the version in a record. Raises ValueError for another form."""
        try:
            body = orjson.loads(record)
            item = Item.model_validate(body["item"])
            return cls(body["action"], item, body["at"], body["by"], body["note"])
        except (KeyError, TypeError) as error:
            raise ValueError(f"{type(error).__name__}: {error}") from error

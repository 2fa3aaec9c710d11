"""The result of an import for one entry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from ticker.domain.cursor import StreamId
from ticker.domain.item import Item

Action: TypeAlias = Literal["published", "updated", "unchanged", "withdrawn", "unknown"]
"""``unknown``: withdrawn by its source, and never imported."""


@dataclass(frozen=True, slots=True)
class Imported:
    """The result for one entry. ``id`` is None for a withdrawn entry that was never imported."""

    action: Action
    id: str | None
    state: str | None
    note: str | None = None
    wire_id: StreamId | None = None
    delivered: bool = False
    """Whether its last event is in the lane."""
    item: Item | None = None
    """The item, if this import published or updated it."""
    source_did: Literal["changed", "withdrawn"] | None = None
    """What the source did to an item that it may not change any more (``wire_only``)."""

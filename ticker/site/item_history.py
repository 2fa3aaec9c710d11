"""The changes of an item as readers see them: when, what kind, and which parts of it changed.

Earlier texts are not shown: a correction may have removed what must not be repeated. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from ticker.domain.event import LaneEvent
from ticker.feeds.formats.channel import PublicItem, read_item

CHANGES_MAX = 50
"""Newest changes of an item that are shown."""

Part = Literal["headline", "summary", "picture", "link"]


@dataclass(frozen=True, slots=True)
class Change:
    """One change. ``at`` is RFC 3339; ``note`` explains a correction."""

    kind: Literal["published", "updated", "corrected"]
    at: str
    parts: tuple[Part, ...] = ()
    note: str = ""


def changes(events: Sequence[LaneEvent]) -> list[Change]:
    """Return the changes that readers notice, newest first.

    ``events`` are those of one live item that are in memory, oldest first. Pins, tags and other
    changes that do not alter what an item says are left out.
    """
    found: list[Change] = []
    before: PublicItem | None = None
    for event in events:
        if event.facets is None:
            continue
        item = read_item(event)
        if before is None and event.action == "publish":
            found.append(Change("published", item["published_at"]))
        parts = () if before is None else _parts(before, item)
        if event.action == "correct":
            note = "" if item["correction"] is None else item["correction"]["text"]
            found.append(Change("corrected", item["updated_at"], parts, note))
        elif event.action == "update" and parts:
            found.append(Change("updated", item["updated_at"], parts))
        before = item
    return found[: -CHANGES_MAX - 1 : -1]


def _parts(before: PublicItem, after: PublicItem) -> tuple[Part, ...]:
    same: dict[Part, bool] = {
        "headline": (before["headline"], before["speaker"])
        == (after["headline"], after["speaker"]),
        "summary": before["summary"] == after["summary"],
        "picture": before["media"] == after["media"],
        "link": (before["link"], before["source"]) == (after["link"], after["source"]),
    }
    return tuple(part for part, equal in same.items() if not equal)

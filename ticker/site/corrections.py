"""Corrections and withdrawals of an edition, from the lane in memory. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

import orjson

from ticker.domain.event import LaneEvent
from ticker.domain.filter import Filter
from ticker.feeds.formats.channel import read_item
from ticker.stream.replay import Lane

ENTRIES_MAX = 100
"""Newest entries of a page."""
EXAMINED_MAX = 2_000
"""Newest items of the edition that are examined for corrections older than the window."""


@dataclass(frozen=True, slots=True)
class Correction:
    """A correction, or a withdrawal. ``at`` is RFC 3339."""

    at: str
    event: LaneEvent | None
    """The item as it is now, or as it was last; None for a withdrawal, of which no text is left."""
    note: str = ""
    live: bool = False
    """Whether the item has a page."""


def corrections(lane: Lane, edition: str) -> list[Correction]:
    """Return the newest corrections and withdrawals of ``edition``, newest first."""
    found: dict[tuple[str, str], Correction] = {}
    last: dict[str, LaneEvent] = {}
    for event in reversed(lane.window.after(lane.window.start)):
        if event.edition != edition:
            continue
        if event.action == "retract":
            at = orjson.loads(event.item)["updated_at"]
            found[event.item_id, at] = Correction(at, None)
        elif event.facets is not None:
            last.setdefault(event.item_id, event)
            if event.action == "correct":
                _add(lane, found, event, last[event.item_id])
        if len(found) >= ENTRIES_MAX:
            break
    for event in _corrected(lane, edition):
        _add(lane, found, event, event)
    return sorted(found.values(), key=lambda one: one.at, reverse=True)[:ENTRIES_MAX]


def _add(
    lane: Lane, found: dict[tuple[str, str], Correction], event: LaneEvent, newest: LaneEvent
) -> None:
    """Add the correction in ``event`` of the item that is ``newest`` now."""
    correction = read_item(event)["correction"]
    if correction is None:
        return
    current = lane.current_items.get(event.item_id)
    key = event.item_id, correction["at"]
    shown = newest if current is None else current
    found[key] = Correction(correction["at"], shown, correction["text"], current is not None)


def _corrected(lane: Lane, edition: str) -> Iterator[LaneEvent]:
    """Yield the current items of ``edition`` that have a correction."""
    items = lane.current_items.view(Filter(editions=frozenset((edition,))))
    for event in islice(items, EXAMINED_MAX):
        if b'"correction":null' not in event.item:
            yield event

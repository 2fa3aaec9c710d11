"""Decides how the archive goes on after a start, or after the lane has changed. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from ticker.domain.cursor import Cursor, StreamId
from ticker.domain.timeline import Timeline


@dataclass(frozen=True, slots=True)
class GoOn:
    """Nothing is missing: read on after the archive's own cursor."""


@dataclass(frozen=True, slots=True)
class Again:
    """Compare the archive with the current items, and read on after ``after``.

    Events after ``end`` are undone (None undoes none). ``gap``: events may be missing.
    """

    after: Cursor
    end: StreamId | None
    gap: bool


def resume(
    held: Cursor | None, timeline: Timeline, floor: StreamId, top: StreamId, *, damaged: bool
) -> GoOn | Again:
    """Return how to go on from ``held`` in a lane that has its entries after ``floor``.

    ``damaged``: the lane is not the one that was read, though its epoch is.
    """
    if held is None:
        return Again(timeline.cursor(floor), None, gap=False)
    kept = held.id if held.epoch == timeline.epoch else timeline.end(held.epoch)
    if damaged or kept is None:
        # Nothing says which events were lost: keep those that the lane had already trimmed.
        return Again(timeline.cursor(floor), floor, gap=True)
    common = min(held.id, kept, top)
    lost = common if common < held.id else None
    if common < floor:
        return Again(timeline.cursor(floor), lost, gap=True)
    return GoOn() if lost is None else Again(timeline.cursor(lost), lost, gap=False)

"""Isolation of items that cannot be rendered: one of them never costs a page or a feed.

What is wrong with an item is found when it is published and again when a server reads the lane.
This is for what both have missed: an item whose rendering fails is left out, logged once, and
counted.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from ticker.domain.event import LaneEvent
from ticker.telemetry.families import Family, counter

log = logging.getLogger(__name__)
T = TypeVar("T")

REMEMBERED_MAX = 10_000
"""Versions of items that are remembered as faulty; then all are forgotten, and found again."""


class RenderFaults:
    """The faulty items of this process. Every method keeps the order of the events."""

    def __init__(self) -> None:
        self._known: set[tuple[str, int]] = set()
        self._count = 0

    def __contains__(self, event: object) -> bool:
        return isinstance(event, LaneEvent) and (event.item_id, event.version) in self._known

    def metrics(self) -> Iterable[Family]:
        """Return the number of versions of items that could not be rendered."""
        yield counter(
            "render_failures_total",
            "Items left out of pages and feeds because they cannot be rendered.",
            self._count,
        )

    def one(self, event: LaneEvent, render: Callable[[LaneEvent], T]) -> T | None:
        """Return ``event`` rendered, or None if it cannot be."""
        if event in self:
            return None
        try:
            return render(event)
        except Exception:  # whatever is wrong with one item, the page has others
            log.exception("item %s cannot be rendered and is left out", event.item_id[:64])
            self._note(event)
            return None

    def each(self, events: Iterable[LaneEvent], render: Callable[[LaneEvent], T]) -> list[T]:
        """Return ``events`` rendered, without those that cannot be."""
        rendered = [self.one(event, render) for event in events]
        return [found for found in rendered if found is not None]

    def together(
        self, events: Sequence[LaneEvent], render: Callable[[Sequence[LaneEvent]], T]
    ) -> T:
        """Return ``events`` rendered as one document.

        If that fails, each is tried alone, and the document is made of those that succeed. Raises
        what ``render`` raises if it fails for these too.
        """
        events = [event for event in events if event not in self]
        try:
            return render(events)
        except Exception:  # any item may be the cause, and any error its effect
            good = [one for one in events if self.one(one, lambda e: (render([e]),)) is not None]
            if len(good) == len(events):
                raise
            return render(good)

    def _note(self, event: LaneEvent) -> None:
        if len(self._known) >= REMEMBERED_MAX:
            self._known.clear()
        self._known.add((event.item_id, event.version))
        self._count += 1

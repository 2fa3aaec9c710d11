"""Lane events for tests, made by the same code that makes real ones."""

from __future__ import annotations

from typing import Any

from ticker.domain.clock import new_id
from ticker.domain.cursor import StreamId
from ticker.domain.draft import Change, Draft
from ticker.domain.event import LaneEvent, WireEvent, read_lane
from ticker.domain.item import Item
from ticker.domain.taxonomy import Taxonomy
from ticker.publishing import transitions

TAXONOMY = Taxonomy()
EPOCH = 7


class InMemoryNewsroom:
    """A newsroom without Redis: acts on items and numbers the lane entries from 1."""

    def __init__(self) -> None:
        self.items: dict[str, Item] = {}
        self.clock = 1_764_000_000_000
        self.top = 0

    def publish(self, headline: str = "Ferry service resumes", **fields: Any) -> LaneEvent:
        draft = Draft.model_validate({"headline": headline, "edition": "en"} | fields)
        self.clock += 1
        id = new_id(self.clock, len(self.items).to_bytes(10, "big"))
        step = transitions.publish(draft, TAXONOMY, id=id, by="desk", now_ms=self.clock)
        return self._take(step)

    def change(self, id: str, **fields: Any) -> LaneEvent:
        self.clock += 1
        change = Change.model_validate(fields)
        return self._take(transitions.change(self.items[id], change, by="desk", now_ms=self.clock))

    def retract(self, id: str) -> LaneEvent:
        self.clock += 1
        return self._take(
            transitions.retract(self.items[id], "wrong", by="desk", now_ms=self.clock)
        )

    def expire(self, id: str) -> LaneEvent:
        self.clock += 1
        return self._take(transitions.expire(self.items[id], by="desk", now_ms=self.clock))

    def pin(self, id: str, pinned: bool = True) -> LaneEvent:
        self.clock += 1
        return self._take(transitions.pin(self.items[id], pinned, by="desk", now_ms=self.clock))

    def _take(self, step: transitions.Step | None) -> LaneEvent:
        assert step is not None
        self.items[step.item.id] = step.item
        assert step.event is not None
        return self.entry(step.event)

    def entry(self, event: WireEvent) -> LaneEvent:
        self.top += 1
        entry = read_lane(at(self.top), event.lane_record(), EPOCH)
        assert isinstance(entry, LaneEvent)
        return entry


def at(number: int) -> StreamId:
    """Return the id of the lane's entry with this number."""
    return StreamId(1_764_000_000_000 + number, 0)

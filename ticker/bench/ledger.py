"""Counts published items and their arrivals, and finds missing and doubled events. Pure.

The lane is totally ordered, so a reader's position says which events it must have got: every event
between its first and its last position. If fewer readers got an event than should have, it is lost
for the difference, unless a later event of the same item replaced it: a reader that lags gets only
the last version of an item.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from ticker.bench.latencies import Latencies

Position: TypeAlias = tuple[int, int, int]
"""Epoch, milliseconds, sequence: compares like the lane."""
Phase: TypeAlias = Literal["steady", "burst", "storm"]
END: Position = (2**64, 0, 0)
"""A position behind every event: the end of a span whose reader is still connected."""


@dataclass(slots=True)
class PublishedItem:
    """One item of this run. ``sent`` is the clock before its request left, in seconds."""

    phase: Phase
    sent: float
    acknowledged: bool = False
    seen: bool = False


@dataclass(slots=True)
class Event:
    """One event of the lane, as readers got it. ``line`` is None for items of other publishers."""

    at: Position
    item: str
    line: PublishedItem | None
    first: float
    last: float = 0.0
    count: int = 0


@dataclass(slots=True)
class LaneSpan:
    """A part of the lane that one reader followed: events after ``begin``, up to ``end``."""

    begin: Position
    end: Position = END


@dataclass(frozen=True, slots=True)
class Verdict:
    """The result of the count. In a clean run ``lost``, ``doubled`` and ``unseen`` are zero.

    ``lost`` and ``doubled`` count (event, reader) pairs, ``unseen`` acknowledged items that reached
    no reader.
    """

    events: int
    delivered: int
    lost: int
    doubled: int
    unseen: int

    @property
    def clean(self) -> bool:
        """Return whether nothing was lost and nothing came twice."""
        return not (self.lost or self.doubled or self.unseen)


@dataclass(slots=True)
class Ledger:
    """Everything that was sent and everything that arrived. Memory grows with events alone."""

    lines: dict[str, PublishedItem] = field(default_factory=dict)
    events: dict[Position, Event] = field(default_factory=dict)
    spans: list[LaneSpan] = field(default_factory=list)
    delivered: int = 0
    doubled: int = 0
    arrivals: dict[Phase, Latencies] = field(default_factory=dict)
    """Seconds from publish to arrival, of every item to every reader."""

    def sending(self, headline: str, phase: Phase, now: float) -> PublishedItem:
        """Note that an item is about to be published."""
        self.arrivals.setdefault(phase, Latencies())
        line = self.lines[headline] = PublishedItem(phase, now)
        return line

    def event(self, at: Position, item: str, headline: str | None, now: float) -> Event:
        """Return the event at ``at``; the first reader to get it introduces it."""
        found = self.events.get(at)
        if found is None:
            line = self.lines.get(headline) if headline is not None else None
            found = self.events[at] = Event(at, item, line, first=now)
            if line is not None:
                line.seen = True
        return found

    def arrived(self, event: Event, now: float) -> None:
        """Note that one more reader has got ``event``."""
        event.count += 1
        event.last = now
        self.delivered += 1
        if event.line is not None:
            self.arrivals[event.line.phase].add(now - event.line.sent)

    def begin(self, after: Position) -> LaneSpan:
        """Note that a reader follows the lane from ``after`` on."""
        span = LaneSpan(after)
        self.spans.append(span)
        return span

    def waiting(self, phase: Phase) -> int:
        """Return how many arrivals of this phase's acknowledged items are still to come."""
        readers = sum(span.end is END for span in self.spans)
        lines = sum(line.phase == phase and line.acknowledged for line in self.lines.values())
        there = sum(
            min(event.count, readers)
            for event in self.events.values()
            if event.line is not None and event.line.phase == phase and event.line.acknowledged
        )
        return max(0, readers * lines - there)

    def to_last(self, phase: Phase) -> Latencies:
        """Return, for each item of the phase, the time until its last reader had it."""
        return Latencies(
            event.last - event.line.sent
            for event in self.events.values()
            if event.line is not None and event.line.phase == phase
        )

    def spread(self) -> Latencies:
        """Return, for each event of others, the time from its first reader to its last."""
        return Latencies(e.last - e.first for e in self.events.values() if e.line is None)

    def verdict(self) -> Verdict:
        """Count missing events. Call it when nothing is under way any more."""
        begins = sorted(span.begin for span in self.spans)
        ends = sorted(span.end for span in self.spans)
        latest: dict[str, Position] = {}
        for event in self.events.values():
            latest[event.item] = max(latest.get(event.item, event.at), event.at)
        lost = 0
        for at, event in self.events.items():
            if latest[event.item] == at:
                expected = bisect_left(begins, at) - bisect_left(ends, at)
                lost += max(0, expected - event.count)
        unseen = sum(line.acknowledged and not line.seen for line in self.lines.values())
        return Verdict(len(self.events), self.delivered, lost, self.doubled, unseen)

    def published(self) -> Counter[str]:
        """Return how many items were acknowledged, by phase."""
        return Counter(line.phase for line in self.lines.values() if line.acknowledged)

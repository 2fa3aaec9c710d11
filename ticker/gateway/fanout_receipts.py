"""Receipts of fan-outs: kept as totals, so that they cost nothing for each reader.

During a fan-out a receipt is one reference to counts that its plan has already, and two looks at
the clock. What readers get later, or trailing, is counted once for each slice that is sent.
Everything is added up in ``take``, outside of any fan-out.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from ticker.domain.cursor import ZERO, StreamId
from ticker.domain.event import LaneEvent
from ticker.domain.live_receipt import LiveReceipt

RECEIPTS_MAX = 1_000
"""Receipts kept: of the events fanned out last. What is sent later of older ones is not counted."""
SLICES_MAX = 10_000
"""Events in the slices that are not added up yet. At the bound they are added up at once, which
takes about a millisecond."""


@dataclass(slots=True)
class Reach:
    """Live connections that a frame is written to."""

    counts: dict[tuple[str, str], int] = field(default_factory=dict)
    """By transport and edition."""
    delayed: int = 0
    """How many of them did not take all of it at once."""

    def add(self, audience: tuple[str, str], number: int) -> None:
        """Add the ``number`` connections of one subscription group."""
        self.counts[audience] = self.counts.get(audience, 0) + number


_Key: TypeAlias = tuple[str, str]
"""Item and action."""


@dataclass(slots=True)
class _Open:
    """The receipt of one event, still open."""

    event: StreamId
    reached: Sequence[Reach]
    delayed: int = 0
    first: float | None = None
    last: float | None = None
    later: int = 0
    behind: Reach = field(default_factory=Reach)
    """Trailing readers."""

    def follow(self, slice: _Trailed) -> None:
        """Add the readers that have got it in a slice."""
        self.behind.add(slice.audience, slice.count)
        self.behind.delayed += slice.delayed
        self.first = slice.first if self.first is None else min(self.first, slice.first)
        self.last = slice.last if self.last is None else max(self.last, slice.last)

    def receipt(self) -> LiveReceipt:
        merged, self.behind = self.behind, Reach()
        for reach in self.reached:
            merged.delayed += reach.delayed
            for audience, count in reach.counts.items():
                merged.add(audience, count)
        self.reached = (merged,)
        written: dict[str, dict[str, int]] = {}
        for (transport, edition), count in merged.counts.items():
            written.setdefault(transport, {})[edition] = count
        delayed = self.delayed + merged.delayed
        first, last = (None if at is None else round(at * 1000) for at in (self.first, self.last))
        return LiveReceipt(self.event, written, delayed, self.later, first, last)


@dataclass(slots=True)
class _Trailed:
    """A slice that trailing readers of one subscription group have got."""

    events: Sequence[StreamId]
    audience: tuple[str, str]
    first: float
    last: float
    count: int = 0
    delayed: int = 0


class FanoutReceipts:
    """Receipts by item and action, of the newest event of each."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        """``clock`` is seconds since 1970."""
        self.clock = clock
        self.added: Callable[[], None] = lambda: None
        """Called after each fan-out: there is something to ``take``."""
        self._open: OrderedDict[_Key, _Open] = OrderedDict()
        self._by_event: dict[StreamId, _Key] = {}
        self._changed: dict[_Key, None] = {}
        self._grown: dict[_Key, None] = {}
        """Receipts of which only the later replays have changed."""
        self._slices: dict[int, tuple[Sequence[StreamId], int]] = {}
        """Slices that were sent, by their identity, and how often."""
        self._trailed: dict[int, _Trailed] = {}
        self._sent = 0

    def __len__(self) -> int:
        return len(self._open)

    def add(
        self,
        event: LaneEvent,
        reached: Sequence[Reach],
        first: float,
        last: float,
        delayed: int = 0,
    ) -> None:
        """Open the receipt of an event that was written from ``first`` to ``last``.

        ``reached`` is kept as it is, and read when the receipt is taken.
        """
        key = event.item_id, event.action
        if event.id in self._by_event:  # a failover has lost it, and it is carried again
            self._add_up()  # what was sent before is not of this receipt
        found = _Open(event.id, reached, delayed)
        if reached:
            found.first, found.last = first, last
        self._put(key, found)
        self._changed[key] = None

    def event_of(self, item: str, action: str) -> StreamId | None:
        """Return the event whose receipt is kept for an action of an item.

        A failover may have lost it: then the receipt of the one before is not kept either.
        """
        found = self._open.get((item, action))
        return None if found is None else found.event

    def loaded(self, events: Sequence[LaneEvent]) -> None:
        """Open receipts for what this process has not fanned out: it has loaded it, in lane order.

        Readers that come back can get it here. Their receipts are taken once somebody has.
        """
        newest = max(self._by_event, default=ZERO)
        for event in events[-RECEIPTS_MAX:]:
            key = event.item_id, event.action
            known = self.event_of(*key)
            if known is not None:
                is_new = known < event.id
            else:
                # An older one may have had a receipt that went to make room.
                is_new = len(self._open) < RECEIPTS_MAX or event.id > newest
            if is_new:
                self._put(key, _Open(event.id, ()))

    def _put(self, key: _Key, found: _Open) -> None:
        before = self._open.pop(key, None)
        if before is not None:
            del self._by_event[before.event]
        elif len(self._open) >= RECEIPTS_MAX:
            oldest, ended = self._open.popitem(last=False)
            del self._by_event[ended.event]
            self._changed.pop(oldest, None)
            self._grown.pop(oldest, None)
        self._open[key] = found
        self._by_event[found.event] = key
        self._changed.pop(key, None)
        self._grown.pop(key, None)

    def replayed(self, events: Sequence[StreamId]) -> None:
        """Count a slice of ``events`` that one reader has got later."""
        if not events:
            return
        slot = id(events)  # kept in the dictionary, so that no other slice gets this identity
        _, count = self._slices.get(slot, (events, 0))
        if not count:
            self._sent += len(events)
        self._slices[slot] = events, count + 1
        if self._sent >= SLICES_MAX:
            self._add_up()

    def trailed(self, events: Sequence[StreamId], audience: tuple[str, str], slow: bool) -> None:
        """Count a slice of ``events`` that one reader has got behind all others, a moment later.

        ``slow``: it did not take all of it at once.
        """
        if not events:
            return
        slot, now = id(events), self.clock()
        found = self._trailed.get(slot)
        if found is None:
            found = self._trailed[slot] = _Trailed(events, audience, now, now)
            self._sent += len(events)
        found.last = now
        found.count += 1
        found.delayed += slow
        if self._sent >= SLICES_MAX:
            self._add_up()
        self.added()

    def take(self, most: int, *, later: bool) -> list[tuple[str, str, LiveReceipt]]:
        """Return up to ``most`` receipts that have changed: item, action, receipt; oldest first.

        With ``later`` also those of which only the later replays have changed.
        """
        if later or self._trailed:
            self._add_up()
        keys = list(self._changed)[:most]
        if later:
            keys += list(self._grown)[: most - len(keys)]
        for key in keys:
            self._changed.pop(key, None)
            self._grown.pop(key, None)
        return [(*key, self._open[key].receipt()) for key in keys]

    def put_back(self, taken: Iterable[tuple[str, str, LiveReceipt]]) -> None:
        """Let ``take`` return these receipts again, as they are then: they could not be stored."""
        for item, action, _ in taken:
            if (item, action) in self._open:
                self._changed[item, action] = None

    def _add_up(self) -> None:
        for events, count in self._slices.values():
            for event in events:
                key = self._by_event.get(event)
                if key is not None:
                    self._open[key].later += count
                    if key not in self._changed:
                        self._grown[key] = None
        for one in self._trailed.values():
            for event in one.events:
                key = self._by_event.get(event)
                if key is not None:
                    self._open[key].follow(one)
                    self._changed[key] = None
                    self._grown.pop(key, None)
        self._slices.clear()
        self._trailed.clear()
        self._sent = 0

"""The part of the lane that a reader may read, for pages, feeds and lists of all kinds.

Whoever renders a page gets such a lane and finds in it only what may be shown: no page, feed or
list must think of protected editions. It follows the whole lane when it is asked for.
"""

from __future__ import annotations

from collections import OrderedDict

from ticker.domain.readable import Readable
from ticker.stream.replay import Lane

LANES_MAX = 16
"""Sets of editions whose lanes are kept. For another one the least recently used goes; it costs a
pass through all items, and readers cannot make up sets: tokens name them."""


class ReadableLane(Lane):
    """The events of ``readable`` editions in ``whole``, with its positions and cursors."""

    def __init__(self, whole: Lane, readable: frozenset[str]) -> None:
        self._whole = whole
        self._readable = readable
        super().__init__(
            whole.window.capacity,
            whole.timeline,
            whole.position,
            whole.window.start,
            [event for event in whole.current_items if event.edition in readable],
            [event for event in whole.window if event.edition in readable],
        )
        self._followed = whole.generation

    @property
    def whole(self) -> Lane:
        """The lane that this is a part of."""
        return self._whole

    @property
    def readable(self) -> Readable:
        """The editions whose items it has."""
        return self._readable

    def follow(self) -> bool:
        """Take over what the whole lane has got since; return False if it has dropped some."""
        whole = self._whole
        if self._followed is not whole.generation:
            if not whole.window.holds(self.position):
                return False
            for event in whole.window.after(self.position):
                if event.edition in self._readable:
                    self.advance(event)
            self._followed = self.generation = whole.generation
        self.timeline = whole.timeline
        self.position = whole.position
        return True


class ReadableLanes:
    """The lanes of the sets of editions that were asked for, in one process."""

    def __init__(self) -> None:
        self._lanes: OrderedDict[frozenset[str], ReadableLane] = OrderedDict()

    def of(self, whole: Lane, readable: Readable) -> Lane:
        """Return the part of ``whole`` that may be read; the same object until it is another."""
        if readable is None:
            return whole
        lane = self._lanes.get(readable)
        if lane is None or lane.whole is not whole or not lane.follow():
            lane = self._lanes[readable] = ReadableLane(whole, readable)
        self._lanes.move_to_end(readable)
        if len(self._lanes) > LANES_MAX:
            self._lanes.popitem(last=False)
        return lane

"""Decides about cursors that are ahead of this process: wait, answer, reset, or send elsewhere.

A cursor that is ahead is not a lie of the client: this process lags, or its Redis does, or it is on
the losing side of a failover. A reset gives the reader an older state than it has, with text that
may be retracted by now. So it happens only if Redis has said, since the reader asked, that the lane
ends where this process is.
"""

from __future__ import annotations

from collections import OrderedDict

from ticker.domain.cursor import Cursor
from ticker.stream.replay import Ahead, Lane, Verdict

TRUST = 30.0
"""Seconds for which a server believes an epoch that its own Redis does not know. Sentinel has
demoted the losing primary by then; an epoch still unknown was lost, or made up by a client."""
EPOCHS_MAX = 16
"""Unknown epochs remembered; the one that was seen first is forgotten first."""


class LaneEnd:
    """The end of the lane as Redis has said it. Times are seconds on one monotonic clock."""

    def __init__(self, ahead_wait: float) -> None:
        self._ahead_wait = ahead_wait
        self._said: tuple[Cursor, float] | None = None
        self._unknown: OrderedDict[int, float] = OrderedDict()

    def say(self, end: Cursor, now: float) -> None:
        """Note that Redis' lane ends at ``end``."""
        self._said = end, now

    def trusts(self, epoch: int, now: float) -> bool:
        """Tell whether an ``epoch`` that Redis does not know is to be believed, first seen now."""
        first = self._unknown.setdefault(epoch, now)
        if len(self._unknown) > EPOCHS_MAX:
            self._unknown.popitem(last=False)
        return now - first < TRUST

    def judge(self, lane: Lane, cursor: Cursor, deadline: float, now: float) -> Verdict:
        """Return what becomes of a reader that waits for ``cursor`` until ``deadline``."""
        if not isinstance(lane.resume(cursor), Ahead):
            return "reached"
        if now < deadline:
            return "wait"
        if cursor.epoch > lane.epoch and self.trusts(cursor.epoch, now):
            return "behind"
        if self._said is None:
            return "behind"
        end, at = self._said
        asked = deadline - self._ahead_wait
        complete = end.epoch == lane.epoch and end.id <= lane.position
        return "ahead" if at >= asked and complete else "behind"

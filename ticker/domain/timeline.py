"""Timelines tell which cursors of earlier epochs are still good.

A new epoch begins whenever another server takes over the lane. The lane as it was at that moment is
common to both epochs; what the earlier one gave out after it is of another history. Databases have
the same timelines (PostgreSQL, "Continuous Archiving and Point-in-Time Recovery").
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from ticker.domain.cursor import ZERO, Cursor, StreamId


@dataclass(frozen=True)
class Timeline:
    """The epoch in force, and the lane's last id at the end of each earlier one, as far as kept."""

    epoch: int
    ends: Mapping[int, StreamId] = field(default_factory=dict)

    @classmethod
    def read(cls, fields: Mapping[bytes, bytes]) -> Timeline:
        """Return what the hash ``epochs`` says; epoch 0 for an empty one."""
        ends = {int(name): StreamId.parse(end) for name, end in fields.items() if name.isdigit()}
        return cls(int(fields.get(b"current", 0)), ends)

    def cursor(self, position: StreamId) -> Cursor:
        """Return the cursor of ``position``, in the epoch of the events that follow it.

        So the epochs of a reader's cursors never decrease, and a position is in a newer epoch than
        what was given out after it and lost.
        """
        if position >= self._last_end:
            return Cursor(self.epoch, position)
        return Cursor(min(e for e, end in self.ends.items() if end > position), position)

    @cached_property
    def _last_end(self) -> StreamId:
        return max(self.ends.values(), default=ZERO)

    def holds(self, cursor: Cursor) -> bool:
        """Tell whether everything up to ``cursor`` is a part of this history."""
        if cursor.epoch == self.epoch:
            return True
        end = self.end(cursor.epoch)
        return end is not None and cursor.id <= end

    def end(self, epoch: int) -> StreamId | None:
        """Return up to where the cursors of an earlier ``epoch`` are good; None if none is."""
        if epoch not in self.ends:
            return None
        # A later epoch may have ended before: a restore.
        return min(end for later, end in self.ends.items() if later >= epoch)

"""Counts of open connections, by client and by wider network."""

from __future__ import annotations

from collections.abc import Sequence

from ticker.domain.token_buckets import WIDER
from ticker.domain.usage_table import UsageTable


class Occupancy:
    """Counts by group; a client may hold ``most``, a wider network ``WIDER`` times as many.

    What the other processes hold counts too. The table of this process has an entry for each group
    that holds something here, so what is held bounds it.
    """

    def __init__(self, most: int, usage: UsageTable) -> None:
        self._most = most
        self._usage = usage
        self._held: dict[str, int] = {}

    def __len__(self) -> int:
        """Return the number of groups that hold something in this process."""
        return len(self._held)

    def enter(self, groups: Sequence[str]) -> bool:
        """Hold one more for the client with these ``groups``; return False at its bound."""
        if self._count(groups[0]) >= self._most:
            return False
        if len(groups) > 1 and self._count(groups[1]) >= self._most * WIDER:
            return False
        held = self._held
        for group in groups:
            held[group] = held.get(group, 0) + 1
            self._usage.hold(group, 1)
        return True

    def exceeds(self, groups: Sequence[str], most: int) -> bool:
        """Tell whether the client holds more than ``most``, or its network ``WIDER`` times that."""
        if self._count(groups[0]) > most:
            return True
        return len(groups) > 1 and self._count(groups[1]) > most * WIDER

    def leave(self, groups: Sequence[str]) -> None:
        """Hold one less. ``enter`` must have returned True for these groups before."""
        for group in groups:
            count = self._held[group] - 1
            self._usage.hold(group, -1)
            if count:
                self._held[group] = count
            else:
                del self._held[group]

    def _count(self, group: str) -> int:
        return self._held.get(group, 0) + self._usage.held_by_others(group)

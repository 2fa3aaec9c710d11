"""Counts of open connections, by client and by wider network."""

from __future__ import annotations

from collections.abc import Sequence

from ticker.domain.token_buckets import WIDER


class Occupancy:
    """Counts by group; a client may hold ``most``, a wider network ``WIDER`` times as many.

    The table has an entry for each group that holds something, so what is held bounds it.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._held: dict[str, int] = {}

    def __len__(self) -> int:
        """Return the number of groups that hold something."""
        return len(self._held)

    def enter(self, groups: Sequence[str]) -> bool:
        """Hold one more for the client with these ``groups``; return False at its bound."""
        held = self._held
        if held.get(groups[0], 0) >= self._most:
            return False
        if len(groups) > 1 and held.get(groups[1], 0) >= self._most * WIDER:
            return False
        for group in groups:
            held[group] = held.get(group, 0) + 1
        return True

    def exceeds(self, groups: Sequence[str], most: int) -> bool:
        """Tell whether the client holds more than ``most``, or its network ``WIDER`` times that."""
        held = self._held
        if held.get(groups[0], 0) > most:
            return True
        return len(groups) > 1 and held.get(groups[1], 0) > most * WIDER

    def leave(self, groups: Sequence[str]) -> None:
        """Hold one less. ``enter`` must have returned True for these groups before."""
        for group in groups:
            count = self._held[group] - 1
            if count:
                self._held[group] = count
            else:
                del self._held[group]

"""The use that clients make of their budgets, in memory that processes of one machine may share.

A client has two cells in each table, found by a keyed hash, and other clients may have the same
ones. What a client has spent is the lesser of its two cells (the count-min sketch of Cormode and
Muthukrishnan, with conservative update), so it counts too much only if both cells are those of
clients that spend a lot. No table grows, and nobody is forgotten.

Cells of debts are written by every process. An update that two make in the same microsecond counts
once. Cells of connections have one writer each, so these counts are exact.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from hashlib import blake2b
from mmap import MAP_ANONYMOUS, MAP_PRIVATE, mmap
from secrets import token_bytes

CELLS = 65_536
"""Cells of each table."""
TABLES = 10
"""Tables of debts: one for each kind of budget, and one for reported reads."""
READS = 9
"""The table of reported reads."""
KEY_BYTES = 16
GROUPS_CACHED = 16_384
"""Groups whose cells are remembered, of about 200 bytes each."""

_BEGUN = 1e-9
"""Time of a process that has not told its room: earlier than any that has, and not 0."""
_DEBT, _HELD = 8, 4
"""Bytes of a cell."""


def size(segments: int) -> int:
    """Return the bytes of the memory that ``segments`` processes share."""
    return TABLES * CELLS * _DEBT + segments * 2 * _DEBT + segments * CELLS * _HELD


class Debts:
    """Debts in one kind: the seconds until each group has a full budget again."""

    def __init__(self, cells: memoryview[float], places: Callable[[str], tuple[int, int]]) -> None:
        """``cells`` are ``CELLS`` doubles; ``places`` returns the two of a group."""
        self._cells = cells
        self._places = places

    @classmethod
    def own(cls) -> Debts:
        """Return debts in the memory of this process alone."""
        return cls(_zeros(CELLS * _DEBT).cast("d"), _hashing(token_bytes(KEY_BYTES)))

    def get(self, group: str, now: float) -> float:
        """Return the debt of ``group`` in seconds. ``now`` is a clock that the processes share."""
        one, other = self._places(group)
        cells = self._cells
        until = min(cells[one], cells[other])
        return until - now if until > now else 0.0

    def set(self, group: str, debt: float, now: float) -> None:
        """Note a debt that has grown."""
        until = now + debt
        cells = self._cells
        for place in self._places(group):
            if cells[place] < until:
                cells[place] = until


class UsageTable:
    """The debts of all kinds, the connections that each process holds, and its room for more."""

    def __init__(self, memory: memoryview, key: bytes, segment: int, segments: int) -> None:
        """``memory`` has ``size(segments)`` bytes; this process writes counts in ``segment``."""
        self.segment = segment
        self._segments = segments
        self._places = _hashing(key)
        debts = TABLES * CELLS * _DEBT
        self._debts = memory[:debts].cast("d")
        counts = debts + segments * 2 * _DEBT
        self._rooms = memory[debts:counts].cast("d")
        self._held = memory[counts : size(segments)].cast("I")

    @classmethod
    def own(cls) -> UsageTable:
        """Return the table of a process that shares with no other."""
        return cls(_zeros(size(1)), token_bytes(KEY_BYTES), 0, 1)

    def debts(self, table: int) -> Debts:
        """Return the debts of the kind with this number, below ``TABLES``."""
        return Debts(self._debts[table * CELLS : (table + 1) * CELLS], self._places)

    def held_by_others(self, group: str) -> int:
        """Return the connections that other processes hold for ``group``."""
        found = []
        for place in self._places(group):
            start = place * self._segments
            cells = self._held[start : start + self._segments]
            found.append(sum(cells) - cells[self.segment])
        return min(found)

    def hold(self, group: str, change: int) -> None:
        """Note that this process holds one connection more (1) or less (-1) for ``group``."""
        for place in self._places(group):
            index = place * self._segments + self.segment
            self._held[index] = max(0, self._held[index] + change)

    def set_room(self, room: float, now: float) -> None:
        """Note how many more connections this process can take. ``now`` is a shared clock."""
        self._rooms[2 * self.segment] = room
        self._rooms[2 * self.segment + 1] = now

    def others_have_room(self, least: float, since: float) -> bool:
        """Tell whether another process, heard of since then, can take more than ``least``."""
        rooms = self._rooms
        return any(
            rooms[2 * other] > least and rooms[2 * other + 1] >= since
            for other in range(self._segments)
            if other != self.segment
        )

    def use(self) -> None:
        """Note that this process begins to count in its segment."""
        self._rooms[2 * self.segment + 1] = _BEGUN

    def used(self, segment: int) -> bool:
        """Tell whether a process has counted in ``segment`` since it was cleared."""
        return self._rooms[2 * segment + 1] != 0.0

    def clear(self, segment: int) -> None:
        """Forget what the process of ``segment`` held: it is dead, or it begins."""
        self._rooms[2 * segment] = self._rooms[2 * segment + 1] = 0.0
        self._held[segment :: self._segments] = memoryview(bytearray(CELLS * _HELD)).cast("I")

    def sweep(self) -> None:
        """Forget what dead processes held. A process that shares with no other does nothing."""


def _zeros(size: int) -> memoryview:
    """Return memory that takes up no room before it is written."""
    return memoryview(mmap(-1, size, flags=MAP_PRIVATE | MAP_ANONYMOUS))


def _hashing(key: bytes) -> Callable[[str], tuple[int, int]]:
    """Return the function from a group to its two cells, which nobody foresees without ``key``."""

    @lru_cache(GROUPS_CACHED)
    def places(group: str) -> tuple[int, int]:
        digest = int.from_bytes(blake2b(group.encode(), digest_size=8, key=key).digest(), "little")
        one = digest % CELLS
        return one, (one + 1 + (digest >> 32) % (CELLS - 1)) % CELLS

    return places

"""Read scores: windows, decay, and the counts of a process that are not written yet.

A read is worth one when it happens and half as much after every half-life. *Forward decay* (G.
Cormode, V. Shkapenyuk, D. Srivastava, B. Xu, ICDE 2009) does not
store a falling value, but one that is larger the later the read: 2^((t − landmark) / half-life).
All sums then decay alike, so their order is right at any later moment without updates.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple, TypeAlias

Kind: TypeAlias = Literal["open", "share"]
Window: TypeAlias = Literal["hour", "day", "week"]

WINDOWS: Mapping[Window, float] = {"hour": 3_600.0, "day": 86_400.0, "week": 604_800.0}
"""Seconds of each window."""
HALF_LIVES: Mapping[Window, float] = {name: length / 4 for name, length in WINDOWS.items()}
"""Seconds after which a read counts half. A read that is one window old counts a sixteenth."""

TALLY_MAX = 5_000
"""Items in a tally. Reads of further items are dropped until the tally is written."""


class Counted(NamedTuple):
    """Counts of one item, and their decayed weight in each window, in the order of ``WINDOWS``."""

    id: str
    opens: int
    shares: int
    weights: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Batch:
    """Numbered counts: the store adds each number once however often it is sent."""

    number: int
    at: float
    counts: tuple[Counted, ...]

    def aged(self, now: float) -> Batch:
        """Return the batch with its weights decayed to ``now``."""
        decay = _decay(now - self.at)
        counts = tuple(
            count._replace(weights=_times(count.weights, decay)) for count in self.counts
        )
        return replace(self, at=now, counts=counts)


@dataclass(slots=True)
class _Sum:
    at: float
    opens: int = 0
    shares: int = 0
    weights: tuple[float, ...] = (0.0,) * len(WINDOWS)


class Tally:
    """Counts per item, at most ``most`` items. Times are seconds of one monotonic clock."""

    def __init__(self, size_max: int = TALLY_MAX) -> None:
        self._size_max = size_max
        self._sums: dict[str, _Sum] = {}

    def __len__(self) -> int:
        return len(self._sums)

    def add(self, id: str, kind: Kind, now: float) -> bool:
        """Count one read. Return False if it was dropped because the tally is full."""
        found = self._sums.get(id)
        if found is None:
            if len(self._sums) >= self._size_max:
                return False
            found = self._sums[id] = _Sum(now)
        decay = _decay(now - found.at)
        found.weights = tuple(weight + 1.0 for weight in _times(found.weights, decay))
        found.at = now
        if kind == "open":
            found.opens += 1
        else:
            found.shares += 1
        return True

    def take(self, now: float) -> list[Counted]:
        """Return all counts with their weights decayed to ``now``, and reset the tally."""
        taken = [
            Counted(id, one.opens, one.shares, _times(one.weights, _decay(now - one.at)))
            for id, one in self._sums.items()
        ]
        self._sums.clear()
        return taken


def _decay(seconds: float) -> tuple[float, ...]:
    """Return the weight of a read after ``seconds``, in each window."""
    return tuple(2.0 ** -(max(0.0, seconds) / half) for half in HALF_LIVES.values())


def _times(some: Iterable[float], others: Iterable[float]) -> tuple[float, ...]:
    return tuple(one * other for one, other in zip(some, others, strict=True))

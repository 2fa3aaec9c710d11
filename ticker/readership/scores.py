"""Counting what is read: windows, decay, and what a process has counted and not yet written.

A read is worth one when it happens and half as much after every half-life. *Forward decay* (G.
Cormode, V. Shkapenyuk, D. Srivastava, B. Xu, ICDE 2009) keeps, instead of a value that falls, one
that is larger the later the read was, from a landmark on: 2^((t − landmark) / half-life). All sums
then fall alike, so their order is right at any later moment and nothing has to be updated.
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
"""Seconds after which a read counts half: what is a window old counts a sixteenth."""

TALLY_MAX = 5_000
"""Different items in a tally; reads of further ones are not counted until it is written."""


class Counted(NamedTuple):
    """What was counted of one item, and how much of it is left in each window, as ``WINDOWS``."""

    id: str
    opens: int
    shares: int
    left: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Batch:
    """Counts with a number, so that the store takes them once however often they are sent."""

    number: int
    at: float
    counts: tuple[Counted, ...]

    def aged(self, now: float) -> Batch:
        """Return the batch as it is worth ``now``; it may have waited for the store."""
        faded = _faded(now - self.at)
        counts = tuple(count._replace(left=_times(count.left, faded)) for count in self.counts)
        return replace(self, at=now, counts=counts)


@dataclass(slots=True)
class _Sum:
    at: float
    opens: int = 0
    shares: int = 0
    left: tuple[float, ...] = (0.0,) * len(WINDOWS)


class Tally:
    """Counts per item, at most ``most`` items. Times are seconds of one monotonic clock."""

    def __init__(self, most: int = TALLY_MAX) -> None:
        self._most = most
        self._sums: dict[str, _Sum] = {}

    def __len__(self) -> int:
        return len(self._sums)

    def add(self, id: str, kind: Kind, now: float) -> bool:
        """Count one read; False if it was dropped because there are too many different items."""
        found = self._sums.get(id)
        if found is None:
            if len(self._sums) >= self._most:
                return False
            found = self._sums[id] = _Sum(now)
        faded = _faded(now - found.at)
        found.left = tuple(left + 1.0 for left in _times(found.left, faded))
        found.at = now
        if kind == "open":
            found.opens += 1
        else:
            found.shares += 1
        return True

    def take(self, now: float) -> list[Counted]:
        """Return all counts, worth what they are worth ``now``, and start again from nothing."""
        taken = [
            Counted(id, one.opens, one.shares, _times(one.left, _faded(now - one.at)))
            for id, one in self._sums.items()
        ]
        self._sums.clear()
        return taken


def _faded(seconds: float) -> tuple[float, ...]:
    """Return what is left of a read after so many seconds, by window."""
    return tuple(2.0 ** -(max(0.0, seconds) / half) for half in HALF_LIVES.values())


def _times(some: Iterable[float], others: Iterable[float]) -> tuple[float, ...]:
    return tuple(one * other for one, other in zip(some, others, strict=True))

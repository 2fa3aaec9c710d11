"""How far one event has come in one shard, and whom it reached.

A shard is worked through in the order of its ids. ``position`` is the last id of the last whole
page; ``left`` are ids up to there that still wait for another try. Together they are everything
that a crash must not lose. ``marks`` say from which position on which version of the item was sent:
a correction has to reach those who got an older one, and nobody else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias


class Left(NamedTuple):
    """A device that is tried again: how often it was tried, and when it may be (ms since 1970)."""

    id: str
    tries: int
    due_ms: int


class Mark(NamedTuple):
    """From the id after ``position`` on, version ``version`` was sent."""

    version: int
    position: str


NEVER = 2**53 - 1
"""A version later than all."""


@dataclass(slots=True)
class Progress:
    """One run's view. ``run`` numbers the runs of one job: an older one may not write any more."""

    run: int = 0
    position: str = ""
    left: list[Left] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)
    done: bool = False

    def mark(self, version: int) -> None:
        """Note that from here on ``version`` is sent, unless it is the one sent already."""
        if not self.marks or version > self.marks[-1].version:
            self.marks.append(Mark(version, self.position))

    def end_here(self) -> None:
        """Note that whoever comes after ``position`` gets nothing of this at all."""
        self.mark(NEVER)


@dataclass(frozen=True, slots=True)
class Everybody:
    """All of the shard got an older version."""

    but: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class UpTo:
    """Those up to ``position``, itself included, got an older version; those in ``but`` did not."""

    position: str
    but: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Nobody:
    """Nobody of the shard got an older version."""


@dataclass(frozen=True, slots=True)
class NotYet:
    """The alert is still being sent in an older version: ask again soon."""


Reached: TypeAlias = Everybody | UpTo | Nobody | NotYet


def reached_before(alert: Progress | None, version: int) -> Reached:
    """Return who got a version older than ``version``, out of the alert's own progress.

    An alert takes up what changed at its next page, and says where; until then its progress says
    too little (``NotYet``). One that never began in this shard reached nobody: it will begin with
    the newest version.
    """
    if alert is None or not alert.marks:
        return Nobody()
    waiting = frozenset(one.id for one in alert.left)
    for mark in alert.marks:
        if mark.version >= version:
            return UpTo(mark.position, waiting) if mark.position else Nobody()
    return Everybody(waiting) if alert.done else NotYet()


def combined(parts: Sequence[Reached]) -> Reached:
    """Return whom several alerts of one item reached together, at least."""
    if any(isinstance(one, NotYet) for one in parts):
        return NotYet()
    whole = [one.but for one in parts if isinstance(one, Everybody)]
    if whole:
        return Everybody(frozenset.intersection(*whole))
    some = [one for one in parts if isinstance(one, UpTo)]
    return max(some, key=lambda one: one.position) if some else Nobody()

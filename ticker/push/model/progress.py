"""How far one event has come in one shard, and whom it reached.

A shard is worked through in the order of its ids. ``position`` is the last id of the last whole
page; ``ahead`` is the last id of the page that may be under way, written down before its first
request; ``left`` are ids up to there that wait for another try, or for their first one. Together
they are everything that a crash must not lose. ``marks`` say from which id on which version of the
item was sent: a correction has to reach those who may have got an older one, and nobody else.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

NEVER = 1_000_000_000
"""A version later than all. Lua's JSON writes whole numbers of up to 14 digits as they are."""


class PendingRecipient(NamedTuple):
    """A device that is still to be told: how often it was tried, and when it may be (ms since
    1970). ``asked``: a request was made, and it may have been told although no answer came.
    """

    id: str
    tries: int
    due_ms: int
    asked: bool


class Mark(NamedTuple):
    """From the id after ``position`` on, version ``version`` was sent."""

    version: int
    position: str


@dataclass(slots=True)
class Progress:
    """One run's view. ``run`` numbers the runs of one job: an older one may not write any more.
    ``step`` numbers what was written, so that the same is not written twice.
    """

    run: int = 0
    step: int = 0
    position: str = ""
    ahead: str = ""
    left: list[PendingRecipient] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)
    done: bool = False

    def mark(self, version: int) -> None:
        """Note that from here on ``version`` is sent, unless it is the one sent already."""
        if not self.marks or version > self.marks[-1].version:
            self.marks.append(Mark(version, max(self.position, self.ahead)))

    def end_here(self) -> None:
        """Note that whoever was not asked yet gets nothing of this at all."""
        self.mark(NEVER)


class _Part(NamedTuple):
    position: str
    but: frozenset[str]


class RecipientSet:
    """Who may have got something, by id: the union of what several events reached."""

    def __init__(self, parts: Iterable[_Part] = ()) -> None:
        self._parts = [part for part in parts if part.position]
        self.last = max((part.position for part in self._parts), default="")
        """The greatest id; empty if it is nobody."""

    def __contains__(self, id: str) -> bool:
        return any(id <= part.position and id not in part.but for part in self._parts)

    def __or__(self, other: RecipientSet) -> RecipientSet:
        return RecipientSet([*self._parts, *other._parts])


def reached_before(progress: Progress | None, version: int) -> RecipientSet:
    """Return who may have got a version older than ``version`` from an event.

    For one that is not under way with an older one any more: see ``ProgressStore.fence``.
    """
    if progress is None or not progress.marks or progress.marks[0].version >= version:
        return RecipientSet()
    never = frozenset(one.id for one in progress.left if not one.asked)
    later = (mark.position for mark in progress.marks if mark.version >= version)
    return RecipientSet([_Part(next(later, max(progress.position, progress.ahead)), never)])

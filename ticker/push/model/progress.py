"""The progress of one event in one shard, and the recipients it reached.

A shard is sent in the order of its ids. ``position`` is the last id of the last complete page.
``ahead`` is the last id of the page that is being sent; it is stored before the page's first
request. ``pending`` lists devices up to there that wait for a retry, or for their first request.
Together they are all that a crash must not lose. ``marks`` record from which id on which version of
the item was sent: a correction must reach the devices that may have an older one, and no others.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

NEVER = 1_000_000_000
"""A version later than all. Lua's JSON writes whole numbers of up to 14 digits unchanged."""


class PendingRecipient(NamedTuple):
    """A device that waits for a request: the tries so far, and when the next is due.

    ``due_ms`` is in ms since 1970. ``asked``: a request was made, so the device may have the
    notification although no answer came.
    """

    id: str
    tries: int
    due_ms: int
    asked: bool


class Mark(NamedTuple):
    """Version ``version`` was sent to the ids after ``position``."""

    version: int
    position: str


@dataclass(slots=True)
class Progress:
    """The progress as one run knows it.

    ``run`` numbers the runs of one job; only the newest may store progress. ``step`` numbers what
    was stored, so that a repeated write counts once.
    """

    run: int = 0
    step: int = 0
    position: str = ""
    ahead: str = ""
    pending: list[PendingRecipient] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)
    done: bool = False

    def mark(self, version: int) -> None:
        """Mark that ``version`` is sent from here on, if it is later than the last marked."""
        if not self.marks or version > self.marks[-1].version:
            self.marks.append(Mark(version, max(self.position, self.ahead)))

    def end(self) -> None:
        """Mark that the devices that were not asked yet get nothing of this event."""
        self.mark(NEVER)


class _Part(NamedTuple):
    position: str
    excluded: frozenset[str]


class RecipientSet:
    """The ids that may have a notification: the union over several events."""

    def __init__(self, parts: Iterable[_Part] = ()) -> None:
        self._parts = [part for part in parts if part.position]
        self.last = max((part.position for part in self._parts), default="")
        """The greatest id; empty for an empty set."""

    def __contains__(self, id: str) -> bool:
        return any(id <= part.position and id not in part.excluded for part in self._parts)

    def __or__(self, other: RecipientSet) -> RecipientSet:
        return RecipientSet([*self._parts, *other._parts])


def recipients_before(progress: Progress | None, version: int) -> RecipientSet:
    """Return the devices that may have a version older than ``version`` from an event.

    Fence the event first (``ProgressStore.fence``): no older version may be in flight.
    """
    if progress is None or not progress.marks or progress.marks[0].version >= version:
        return RecipientSet()
    never = frozenset(one.id for one in progress.pending if not one.asked)
    later = (mark.position for mark in progress.marks if mark.version >= version)
    return RecipientSet([_Part(next(later, max(progress.position, progress.ahead)), never)])

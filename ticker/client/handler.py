"""Types for the handlers of a ``Bridge``: the batch, and the exceptions a handler may raise."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from ticker.client.events import Event, ItemEvent, Snapshot

Operation: TypeAlias = Literal["handle", "load", "save"]


@dataclass(frozen=True, slots=True)
class Batch:
    """The argument of one handler call: events in order, or a single snapshot.

    A bridge with ``start="snapshot"`` begins with a ``snapshot``. A snapshot also replaces events
    that the server no longer has; ``reset`` is then the reason (``epoch``, ``expired``, ``ahead``,
    ``unreadable``), and the handler compares the items with what it has sent. A snapshot has
    all current items that match: a mirror that replaces its items with it is complete.
    ``attempt`` counts from 1.
    """

    events: tuple[ItemEvent, ...]
    cursor: str
    snapshot: Snapshot | None = None
    reset: str | None = None
    attempt: int = 1


class Skip(Exception):
    """Raise this in a handler to give up ``event`` (or the batch's snapshot) for ever.

    The bridge calls ``on_skip``, then the handler at once with the rest of the batch.
    """

    def __init__(self, event: Event, reason: str) -> None:
        super().__init__(reason)
        self.event = event
        self.reason = reason


class RetryLater(Exception):
    """Raise this in a handler to get the batch again after ``seconds``. Not a failed attempt."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"retry in {seconds:g} s")
        self.seconds = max(0.0, seconds)


@dataclass(frozen=True, slots=True)
class Failure:
    """The handler or the cursor store raised ``error``; the next attempt is in ``delay`` seconds.

    ``failures`` counts the failures in a row.
    """

    operation: Operation
    error: Exception
    failures: int
    delay: float


Handler: TypeAlias = Callable[[Batch], Awaitable[None]]

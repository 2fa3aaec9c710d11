"""What a bridge hands to its handler, and what the handler may say instead of returning."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from ticker.client.events import Event, ItemEvent, Snapshot

BACKLOG = 200
"""Items in a snapshot at most: all that the server gives (PROTOCOL.md §4)."""
Doing: TypeAlias = Literal["handle", "load", "save"]


@dataclass(frozen=True, slots=True)
class Batch:
    """What one call of the handler is for: events in order, or one snapshot alone.

    ``snapshot`` is how a bridge with ``start="snapshot"`` begins, and what takes the place of
    events that are not to be had: then ``reset`` says why (``epoch``, ``expired``, ``ahead``,
    ``bad_cursor``), and the handler compares its items with what it has sent. If they are fewer
    than ``BACKLOG``, they are all that is out. ``attempt`` counts from 1.
    """

    events: tuple[ItemEvent, ...]
    cursor: str
    snapshot: Snapshot | None = None
    reset: str | None = None
    attempt: int = 1


class Skip(Exception):
    """Raise it in a handler: ``event`` (or the batch's snapshot) will never do; go on without it.

    The batch comes again at once, without the event; ``on_skip`` hears of it.
    """

    def __init__(self, event: Event, why: str) -> None:
        super().__init__(why)
        self.event = event
        self.why = why


class Later(Exception):
    """Raise it in a handler: not now, again in ``seconds``. This is no failed attempt."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"again in {seconds:g} s")
        self.seconds = max(0.0, seconds)


@dataclass(frozen=True, slots=True)
class Failure:
    """The handler or the store raised ``error``; it is tried again after ``delay`` seconds."""

    doing: Doing
    error: Exception
    failures: int
    delay: float


Handler: TypeAlias = Callable[[Batch], Awaitable[None]]

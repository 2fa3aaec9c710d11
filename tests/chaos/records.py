"""Records of publishers and readers: the input of the checker. Times are seconds of the run."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Literal

from ticker.domain.cursor import Cursor

Kind = Literal["publish", "correct", "retract"]
Transport = Literal["ws", "sse", "poll"]


@dataclass(slots=True)
class Act:
    """One request of an editor, repeated with its key until it is answered."""

    kind: Kind
    key: str
    text: str
    """The headline that it publishes; for a retraction, the one that it withdraws."""
    began: float
    item: str = ""
    """The item's id, known with the answer; for changes from the start."""
    acknowledged: float | None = None
    tries: int = 0
    answers: set[str] = field(default_factory=set)
    """Ids of items in all answers to this key: more than one is an item published twice."""


@dataclass(frozen=True, slots=True)
class Shown:
    """An item as it was seen; a removal has no text."""

    item: str
    version: int
    text: str


@dataclass(frozen=True, slots=True)
class Seen:
    """One event, or one snapshot, at a reader."""

    at: float
    cursor: Cursor
    shown: tuple[Shown, ...]
    action: str
    """The event's action; ``snapshot`` for a snapshot."""
    reset: bool = False
    """The server said that events were missed."""


@dataclass(slots=True)
class ReaderLog:
    """Everything that one reader saw, in order. The first entry is a snapshot."""

    name: str
    transport: Transport
    seen: list[Seen] = field(default_factory=list)
    connects: int = 0


@dataclass(frozen=True, slots=True)
class LaneEntry:
    """One public event of the lane at the end of the run."""

    cursor: Cursor
    item: str
    action: str
    version: int


@dataclass(slots=True)
class Injected:
    """A fault as it happened."""

    name: str
    began: float
    ended: float
    wipes: bool = False
    """It deleted what was acknowledged before it ended."""
    may_lose: bool = False
    """A failover without a promise: what was acknowledged in its time may be lost."""
    must_answer: str = ""
    """The problem that editors must be told meanwhile."""
    refusals: Counter[str] = field(default_factory=Counter)
    """What editors were told instead of an acknowledgement: types of problems."""
    red: list[str] = field(default_factory=list)
    """Servers whose readiness was red, though it must stay green."""
    decided: float | None = None
    """Time at which a sentinel named another primary."""
    to_publish: float | None = None
    """Seconds from then to the next acknowledgement of an item that stayed."""
    to_screens: float | None = None
    """Seconds from then until every reader had an item that was acknowledged after it."""
    recovered: float | None = None
    """Time at which an item that was published after the fault was on every reader's screen."""

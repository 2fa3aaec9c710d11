"""The states of a subscriber, and the transitions between them as pure functions.

A connection begins as ``Connecting`` and ends as ``Closed``. In between its subscriber is exactly
one of ``Live``, ``Trailing``, ``CatchingUp``, ``Waiting``, ``Paused`` and ``Closing``. Each
function here takes the current state and returns the next one; ``SubscriberRegistry.move`` puts it
into effect.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias, assert_never

from ticker.domain.cursor import StreamId
from ticker.gateway.query_parser import Subscription
from ticker.gateway.response_cache import Rest
from ticker.stream.replay import Verdict


@dataclass(frozen=True, slots=True)
class Start:
    """Step: answer ``subscription`` with a welcome and what follows from its cursor."""

    subscription: Subscription


@dataclass(frozen=True, slots=True)
class ReplayFrom:
    """Step: send the events after ``position``.

    ``compacted`` sends the last version of each item only, for a subscriber that was paused.
    """

    position: StreamId
    compacted: bool


@dataclass(frozen=True, slots=True)
class SendPages:
    """Step: send the ``rest`` of a snapshot, as it was at ``position``, and go on from there.

    Constant in size: what has changed since is left out, because its event follows.
    """

    position: StreamId
    rest: Rest


@dataclass(frozen=True, slots=True)
class Reset:
    """Step: announce a reset for ``reason`` and send a snapshot."""

    reason: str


Step: TypeAlias = Start | ReplayFrom | SendPages | Reset
"""The next thing to send to a subscriber that is not up to date."""


@dataclass(frozen=True, slots=True)
class Connecting:
    """The connection has not subscribed yet."""


@dataclass(frozen=True, slots=True)
class Live:
    """The subscriber is up to date and its transport takes data: fan-out writes to it."""


@dataclass(frozen=True, slots=True)
class Trailing:
    """The subscriber has everything up to ``position``, and its transport takes data.

    It gets what comes after it in its turn, behind all live ones (``trailing``).
    """

    position: StreamId


@dataclass(frozen=True, slots=True)
class CatchingUp:
    """The subscriber is owed ``step``, and its transport takes data."""

    step: Step


@dataclass(frozen=True, slots=True)
class Waiting:
    """The subscriber's cursor is ahead of this process; it is judged at ``deadline`` (lane_end)."""

    subscription: Subscription
    deadline: float


@dataclass(frozen=True, slots=True)
class Paused:
    """The transport has been full since ``since``; ``step`` follows when it drains.

    ``step`` is None while the connection has not subscribed.
    """

    since: float
    step: Step | None


@dataclass(frozen=True, slots=True)
class Closing:
    """The connection's last bytes are written; at ``deadline`` it is cut."""

    deadline: float


@dataclass(frozen=True, slots=True)
class Closed:
    """The connection is gone."""


State: TypeAlias = Connecting | Live | Trailing | CatchingUp | Waiting | Paused | Closing | Closed

CONNECTING = Connecting()
LIVE = Live()
CLOSED = Closed()


def subscribed(state: State, subscription: Subscription) -> State:
    """Return the state after the client subscribes, for the first time or to change its filter."""
    match state:
        case Connecting() | Live() | Trailing() | CatchingUp() | Waiting():
            return CatchingUp(Start(subscription))
        case Paused(since, _):
            # An answer written into a full transport would pile up: the last subscription waits.
            return Paused(since, Start(subscription))
        case Closing() | Closed():
            return state
        case _:
            assert_never(state)


def paused(state: State, now: float, position: StreamId) -> State:
    """Return the state after the transport filled up; ``position`` is the end of the lane."""
    match state:
        case Live():
            return Paused(now, ReplayFrom(position, compacted=True))
        case Trailing(reached) | CatchingUp(ReplayFrom(reached, _)):
            return Paused(now, ReplayFrom(reached, compacted=True))
        case CatchingUp(step):
            return Paused(now, step)
        case Waiting(subscription, _):
            return Paused(now, Start(subscription))
        case Connecting():
            return Paused(now, None)
        case Paused() | Closing() | Closed():
            return state
        case _:
            assert_never(state)


def drained(state: State) -> State:
    """Return the state after the transport takes data again."""
    match state:
        case Paused(_, step):
            return CONNECTING if step is None else CatchingUp(step)
        case Connecting() | Live() | Trailing() | CatchingUp() | Waiting() | Closing() | Closed():
            return state
        case _:
            assert_never(state)


def replaced(state: State, reason: str, common: StreamId) -> State:
    """Return the state after the lane was replaced, because of ``reason``.

    Up to ``common`` both lanes are the same. A subscription that is still to be answered is
    answered from the new lane.
    """
    match state:
        case (
            Trailing(position)
            | CatchingUp(ReplayFrom(position, _))
            | Paused(_, ReplayFrom(position, _))
        ) if position <= common:
            return state
        case Live() | Trailing() | CatchingUp(ReplayFrom() | SendPages() | Reset()):
            return CatchingUp(Reset(reason))
        case Paused(since, ReplayFrom() | SendPages() | Reset()):
            return Paused(since, Reset(reason))
        case Connecting() | CatchingUp() | Waiting() | Paused() | Closing() | Closed():
            return state
        case _:
            assert_never(state)


def rewound(state: State, position: StreamId) -> State:
    """Return the state after the end of the lane moved back to ``position``, over no event."""
    match state:
        case Trailing(reached) if reached > position:
            return Trailing(position)
        case CatchingUp(ReplayFrom(reached, compacted)) if reached > position:
            return CatchingUp(ReplayFrom(position, compacted))
        case Paused(since, ReplayFrom(reached, compacted)) if reached > position:
            return Paused(since, ReplayFrom(position, compacted))
        case CatchingUp(SendPages(reached, rest)) if reached > position:
            return CatchingUp(SendPages(position, rest))
        case Paused(since, SendPages(reached, rest)) if reached > position:
            return Paused(since, SendPages(position, rest))
        case (
            Connecting()
            | Live()
            | Trailing()
            | CatchingUp()
            | Waiting()
            | Paused()
            | Closing()
            | Closed()
        ):
            return state
        case _:
            assert_never(state)


def waited(state: State, verdict: Verdict) -> State:
    """Return the state of a waiting subscriber after a ``verdict`` that keeps it here."""
    match state:
        case Waiting(subscription, _) if verdict == "reached":
            return CatchingUp(Start(subscription))
        case Waiting() if verdict == "ahead":
            return CatchingUp(Reset("ahead"))
        case (
            Connecting()
            | Live()
            | Trailing()
            | CatchingUp()
            | Waiting()
            | Paused()
            | Closing()
            | Closed()
        ):
            return state
        case _:
            assert_never(state)


def closing(state: State, deadline: float) -> State:
    """Return the state after the server decides to close; ``deadline`` ends the connection."""
    match state:
        case Connecting() | Live() | Trailing() | CatchingUp() | Waiting() | Paused():
            return Closing(deadline)
        case Closing() | Closed():
            return state
        case _:
            assert_never(state)

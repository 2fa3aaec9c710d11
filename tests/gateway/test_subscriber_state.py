"""The transitions of a subscriber, from every state."""

from __future__ import annotations

import pytest

from tests.support.in_memory import EPOCH, at
from ticker.domain.cursor import Cursor
from ticker.domain.filter import EVERYTHING
from ticker.gateway.query_parser import Subscription
from ticker.gateway.subscriber_state import (
    CLOSED,
    CONNECTING,
    LIVE,
    CatchingUp,
    Closing,
    Paused,
    ReplayFrom,
    Reset,
    Start,
    State,
    Trailing,
    Waiting,
    closing,
    drained,
    paused,
    replaced,
    rewound,
    subscribed,
    waited,
)
from ticker.stream.replay import Verdict

OLD = Subscription(EVERYTHING, Cursor(EPOCH, at(9)))
NEW = Subscription(EVERYTHING)
REPLAY = ReplayFrom(at(3), compacted=False)
COMPACTED = ReplayFrom(at(3), compacted=True)
EPOCH_RESET, AHEAD_RESET = Reset("epoch"), Reset("ahead")
TRAILING = Trailing(at(3))
WAITING = Waiting(OLD, deadline=5.0)
CLOSING = Closing(deadline=8.0)


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (CONNECTING, CatchingUp(Start(NEW))),
        (LIVE, CatchingUp(Start(NEW))),
        (TRAILING, CatchingUp(Start(NEW))),
        (CatchingUp(REPLAY), CatchingUp(Start(NEW))),
        (WAITING, CatchingUp(Start(NEW))),
        (Paused(2.0, COMPACTED), Paused(2.0, Start(NEW))),
        (Paused(2.0, Start(OLD)), Paused(2.0, Start(NEW))),
        (Paused(2.0, None), Paused(2.0, Start(NEW))),
        (CLOSING, CLOSING),
        (CLOSED, CLOSED),
    ],
)
def test_subscribed(state: State, expected: State) -> None:
    assert subscribed(state, NEW) == expected


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (CONNECTING, Paused(4.0, None)),
        (LIVE, Paused(4.0, ReplayFrom(at(7), compacted=True))),
        (TRAILING, Paused(4.0, COMPACTED)),
        (CatchingUp(REPLAY), Paused(4.0, COMPACTED)),
        (CatchingUp(EPOCH_RESET), Paused(4.0, EPOCH_RESET)),
        (CatchingUp(Start(NEW)), Paused(4.0, Start(NEW))),
        (WAITING, Paused(4.0, Start(OLD))),
        (Paused(2.0, COMPACTED), Paused(2.0, COMPACTED)),
        (CLOSING, CLOSING),
        (CLOSED, CLOSED),
    ],
)
def test_paused(state: State, expected: State) -> None:
    assert paused(state, 4.0, at(7)) == expected


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (Paused(2.0, None), CONNECTING),
        (Paused(2.0, COMPACTED), CatchingUp(COMPACTED)),
        (Paused(2.0, EPOCH_RESET), CatchingUp(EPOCH_RESET)),
        (Paused(2.0, Start(NEW)), CatchingUp(Start(NEW))),
        (CONNECTING, CONNECTING),
        (LIVE, LIVE),
        (TRAILING, TRAILING),
        (CatchingUp(REPLAY), CatchingUp(REPLAY)),
        (WAITING, WAITING),
        (CLOSING, CLOSING),
        (CLOSED, CLOSED),
    ],
)
def test_drained(state: State, expected: State) -> None:
    assert drained(state) == expected


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (LIVE, CatchingUp(EPOCH_RESET)),
        (TRAILING, CatchingUp(EPOCH_RESET)),
        (Trailing(at(2)), Trailing(at(2))),
        (CatchingUp(REPLAY), CatchingUp(EPOCH_RESET)),
        (CatchingUp(ReplayFrom(at(2), False)), CatchingUp(ReplayFrom(at(2), False))),
        (Paused(2.0, ReplayFrom(at(2), True)), Paused(2.0, ReplayFrom(at(2), True))),
        (CatchingUp(Reset("expired")), CatchingUp(EPOCH_RESET)),
        (CatchingUp(Start(NEW)), CatchingUp(Start(NEW))),
        (Paused(2.0, COMPACTED), Paused(2.0, EPOCH_RESET)),
        (Paused(2.0, Reset("expired")), Paused(2.0, EPOCH_RESET)),
        (Paused(2.0, Start(NEW)), Paused(2.0, Start(NEW))),
        (Paused(2.0, None), Paused(2.0, None)),
        (CONNECTING, CONNECTING),
        (WAITING, WAITING),
        (CLOSING, CLOSING),
        (CLOSED, CLOSED),
    ],
)
def test_replaced(state: State, expected: State) -> None:
    assert replaced(state, "epoch", at(2)) == expected


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (LIVE, LIVE),
        (TRAILING, Trailing(at(2))),
        (Trailing(at(1)), Trailing(at(1))),
        (CatchingUp(REPLAY), CatchingUp(ReplayFrom(at(2), compacted=False))),
        (Paused(2.0, COMPACTED), Paused(2.0, ReplayFrom(at(2), compacted=True))),
        (Paused(2.0, ReplayFrom(at(1), True)), Paused(2.0, ReplayFrom(at(1), True))),
        (Paused(2.0, EPOCH_RESET), Paused(2.0, EPOCH_RESET)),
        (WAITING, WAITING),
        (CLOSED, CLOSED),
    ],
)
def test_rewound(state: State, expected: State) -> None:
    assert rewound(state, at(2)) == expected


@pytest.mark.parametrize(
    ("state", "verdict", "expected"),
    [
        (WAITING, "wait", WAITING),
        (WAITING, "ahead", CatchingUp(AHEAD_RESET)),
        (WAITING, "reached", CatchingUp(Start(OLD))),
        *(
            (one, "reached", one)
            for one in (CONNECTING, LIVE, TRAILING, CatchingUp(REPLAY), CLOSED)
        ),
        *((state, "ahead", state) for state in (Paused(2.0, COMPACTED), CLOSING)),
    ],
)
def test_waited(state: State, verdict: Verdict, expected: State) -> None:
    assert waited(state, verdict) == expected


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        *(
            (state, Closing(6.0))
            for state in (
                *(CONNECTING, LIVE, TRAILING),
                *(CatchingUp(REPLAY), WAITING, Paused(2.0, COMPACTED)),
            )
        ),
        (CLOSING, CLOSING),
        (CLOSED, CLOSED),
    ],
)
def test_closing(state: State, expected: State) -> None:
    assert closing(state, 6.0) == expected

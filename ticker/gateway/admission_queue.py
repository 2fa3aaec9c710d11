"""Queue that admits connections and subscriptions a few at a time, so that events are not late.

A few connections are admitted in each turn of the event loop; between two turns the tail is read
and events go out. Subscribing anew is such work too, and comes after new connections.
``handshake_timeout`` bounds how long a connection stays here; ``WAITING_MAX`` bounds the queue.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from time import perf_counter

from ticker.gateway.call_soon import CallSoon

PER_TURN = 32
"""Pieces of work in one turn, at most."""
TURN_SECONDS = 0.001
"""Seconds after which a turn ends before that. An event passes several turns on its way."""
WAITING_MAX = 50_000
"""Connections that may wait; further ones are refused."""


class AdmissionQueue:
    """First come, first served. ``soon`` runs a callback in the event loop's next turn."""

    def __init__(self, soon: CallSoon, clock: Callable[[], float] = perf_counter) -> None:
        """``clock`` is seconds, for the length of a turn."""
        self._soon = soon
        self._clock = clock
        self._waiting: deque[Callable[[], None]] = deque()
        self._changes: deque[Callable[[], None]] = deque()
        self._scheduled = False

    def __len__(self) -> int:
        return len(self._waiting) + len(self._changes)

    @property
    def full(self) -> bool:
        """Tell whether new connections must be refused."""
        return len(self._waiting) >= WAITING_MAX

    def add(self, serve: Callable[[], None]) -> None:
        """Call ``serve`` in a later turn. It must tolerate a disconnected peer."""
        self._waiting.append(serve)
        self._schedule()

    def add_change(self, serve: Callable[[], None]) -> None:
        """Call ``serve`` after the new connections that wait. Each connection has one at a time."""
        self._changes.append(serve)
        self._schedule()

    def _schedule(self) -> None:
        if not self._scheduled:
            self._scheduled = True
            self._soon(self._turn)

    def _turn(self) -> None:
        end = self._clock() + TURN_SECONDS
        try:
            for _ in range(PER_TURN):
                if self._waiting:
                    self._waiting.popleft()()
                elif self._changes:
                    self._changes.popleft()()
                else:
                    break
                if self._clock() >= end:
                    break
        finally:  # an exception from one connection must not keep the others out
            if self._waiting or self._changes:
                self._soon(self._turn)
            else:
                self._scheduled = False

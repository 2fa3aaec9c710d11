"""Queue that admits new connections a few at a time, so that a storm does not delay events.

A few are admitted in each turn of the event loop; between two turns the tail is read and events go
out. ``handshake_timeout`` bounds how long a connection stays here, and so the queue's length.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from ticker.gateway.call_soon import CallSoon

PER_TURN = 32
"""Connections admitted in one turn: about three milliseconds of work."""


class AdmissionQueue:
    """First come, first served. ``soon`` runs a callback in the event loop's next turn."""

    def __init__(self, soon: CallSoon) -> None:
        self._soon = soon
        self._waiting: deque[Callable[[], None]] = deque()
        self._scheduled = False

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, serve: Callable[[], None]) -> None:
        """Call ``serve`` in a later turn. It must tolerate a disconnected peer."""
        self._waiting.append(serve)
        if not self._scheduled:
            self._scheduled = True
            self._soon(self._turn)

    def _turn(self) -> None:
        try:
            for _ in range(min(len(self._waiting), PER_TURN)):
                self._waiting.popleft()()
        finally:  # an exception from one connection must not keep the others out
            if self._waiting:
                self._soon(self._turn)
            else:
                self._scheduled = False

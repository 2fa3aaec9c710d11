"""Where new readers wait for their turn, so that a storm of them does not hold up the news.

A few are let in per turn of the event loop; between two turns the tail is read and events go out.
The lobby is as long as there are connections without a reader, which ``handshake_timeout`` bounds.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

PER_TURN = 32
"""Readers let in per turn: about three milliseconds of work."""


class AdmissionQueue:
    """First come, first served. ``soon`` runs a callback in the event loop's next turn."""

    def __init__(self, soon: Callable[[Callable[[], None]], object]) -> None:
        self._soon = soon
        self._waiting: deque[Callable[[], None]] = deque()
        self._open = False

    def __len__(self) -> int:
        return len(self._waiting)

    def enter(self, serve: Callable[[], None]) -> None:
        """Have ``serve`` called when its turn has come. It must bear that the peer has left."""
        self._waiting.append(serve)
        if not self._open:
            self._open = True
            self._soon(self._turn)

    def _turn(self) -> None:
        try:
            for _ in range(min(len(self._waiting), PER_TURN)):
                self._waiting.popleft()()
        finally:  # whatever becomes of one, the others get in
            if self._waiting:
                self._soon(self._turn)
            else:
                self._open = False

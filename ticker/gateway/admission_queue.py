"""Queue of the work that clients cause, done a little at a time, so that events are not late.

Each turn of the event loop does some of it; between two turns the tail is read and events go out.
A request that finds nothing waiting starts at once.
First come new connections, then what clients send on open ones, such as a change of the
subscription or the end of the connection, and readers that are behind. A proxy that restarts ends
thousands of connections at once, and each costs 20 µs.
``handshake_timeout`` bounds how long a connection stays here; ``WAITING_MAX`` bounds the
connections, and each open connection has at most one piece of every other kind.
Clients take turns in each of the three queues: what one has waiting delays its own work alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from time import perf_counter

from ticker.domain.fair_queue import FairQueue
from ticker.gateway.call_soon import CallSoon

PER_TURN = 8
"""Pieces of work in one turn, at most. uvloop writes what they have for their clients, up to 100 KB
each, after the turn, where ``TURN_SECONDS`` does not count it."""
TURN_SECONDS = 0.0003
"""Seconds after which a turn ends before that. An event passes several turns on its way."""
REQUEST_TURNS = 3
"""One HTTP request starts in so many turns of a gateway. A task of the loop does its work, some
tenths of a millisecond, after the turn, where ``TURN_SECONDS`` does not count it; an event passes
three turns on its way, and waits for one request at most."""
WAITING_MAX = 50_000
"""Connections that may wait; further ones are refused."""


class AdmissionQueue:
    """First come, first served, for each client.

    ``soon`` runs a callback in the event loop's next turn.
    """

    def __init__(
        self,
        soon: CallSoon,
        clock: Callable[[], float] = perf_counter,
        request_turns: int = REQUEST_TURNS,
    ) -> None:
        """``clock`` is seconds, for the length of a turn; ``request_turns``: see there."""
        self._request_turns = request_turns
        self._soon = soon
        self._clock = clock
        self._waiting: FairQueue[Callable[[], None]] = FairQueue()
        self._changes: FairQueue[Callable[[], None]] = FairQueue()
        self._requests: FairQueue[Callable[[], bool]] = FairQueue()
        self._scheduled = False
        self._no_request = 0
        """Turns in which no request starts, because one has started just before."""

    def __len__(self) -> int:
        return len(self._waiting) + len(self._changes) + len(self._requests)

    @property
    def full(self) -> bool:
        """Tell whether new connections must be refused."""
        return len(self._waiting) >= WAITING_MAX

    def add(self, address: str, serve: Callable[[], None]) -> None:
        """Call ``serve`` in a later turn of the client with ``address``.

        It must tolerate a disconnected peer.
        """
        self._waiting.append(address, serve)
        self._schedule()

    def add_change(self, address: str, serve: Callable[[], None]) -> None:
        """Call ``serve`` after the new connections that wait, in a turn of the client.

        Each connection has one at a time.
        """
        self._changes.append(address, serve)
        self._schedule()

    def add_end(self, address: str, transport: asyncio.Transport) -> bool:
        """Close ``transport`` in a turn of its client: perhaps many end at once.

        Its peer sends no more. Returns what the protocol's ``eof_received`` has to return.
        """
        if not transport.can_write_eof():  # TLS has no half-closed connections
            return False
        self._changes.append(address, transport.close)
        self._schedule()
        return True

    def add_request(self, address: str, start: Callable[[], bool]) -> None:
        """Call ``start``: now if nothing waits, else in a turn of the client with ``address``.

        It starts a task, or returns False because the client has left; then the next request need
        not wait. See ``REQUEST_TURNS``.
        """
        if self._scheduled:
            self._requests.append(address, start)
        else:
            self._no_request = self._request_turns - 1
            self._schedule()
            start()

    def _schedule(self) -> None:
        if not self._scheduled:
            self._scheduled = True
            self._soon(self._turn)

    def _turn(self) -> None:
        end = self._clock() + TURN_SECONDS
        changes = 1
        starts = self._no_request == 0
        self._no_request = max(0, self._no_request - 1)
        try:
            for _ in range(PER_TURN):
                if starts and len(self._requests):
                    if self._requests.popleft()():
                        starts = False
                        self._no_request = self._request_turns - 1
                elif len(self._waiting):
                    self._waiting.popleft()()
                elif len(self._changes):
                    changes = 0
                    self._changes.popleft()()
                else:
                    break
                if self._clock() >= end:
                    break
            # New connections without end must not keep it waiting.
            if len(self._changes) and changes:
                self._changes.popleft()()
        finally:  # an exception from one connection must not keep the others out
            if len(self) or self._no_request:
                self._soon(self._turn)
            else:
                self._scheduled = False

"""Accepts the connections of a listening socket, and starts them by turns of their clients.

The kernel queues new connections in the order of their arrival, and uvloop's own server takes one
of them in each turn of the event loop. So behind 800 connections that one client opens at once,
every other client waited a quarter of a second. Here the kernel's queue is emptied in a few turns,
which takes 6 µs for each connection; then the clients take turns, with a few connections in each
turn of the loop.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable, Coroutine
from typing import Any

from ticker.domain.fair_queue import FairQueue
from ticker.gateway.connection_gate import ConnectionGate

ACCEPTED = 32
"""Connections that are taken from the kernel in one turn, at most: about 0.2 ms."""
STARTED = 8
"""Connections that get a transport in one turn, at most. What their clients have sent is read in
the next turn, up to 48 KB of each."""
HELD_MAX = 1_024
"""Connections that wait here for their turn; further ones wait in the kernel."""
NO_DESCRIPTOR_PAUSE = 0.1
"""Seconds without a look at the socket after the process had no descriptor left."""


class Acceptor:
    """Serves a listening socket until it is closed."""

    def __init__(
        self,
        listening: socket.socket,
        gate: ConnectionGate,
        protocol: Callable[[], asyncio.Protocol],
    ) -> None:
        """Take ``listening`` over, which listens and does not block."""
        self._listening = listening
        self._family = int(listening.family)
        # What ``accept`` is made of, without its socket object and the looks at family and type.
        self._next: Callable[[], tuple[int, Any]] = listening._accept  # type: ignore[attr-defined]
        self._gate = gate
        self._protocol = protocol
        self._held: FairQueue[socket.socket] = FairQueue()
        self._starting: set[asyncio.Future[None]] = set()
        self._turn_due = False
        self._watching = False
        self._resting = False
        """Whether the process had no descriptor a moment ago."""
        self._closed = False
        self._loop = asyncio.get_running_loop()
        self._watch()

    def close(self) -> None:
        """Accept no more. What has been accepted is still served."""
        self._gate.closes.close_all()
        self._unwatch()
        self._closed = True
        self._listening.close()

    async def wait_closed(self) -> None:
        """Wait until every connection that was accepted has its transport."""
        while len(self._held):
            self._start_first()
        while self._starting:
            await asyncio.wait(self._starting)

    def _watch(self) -> None:
        if not (self._watching or self._resting or self._closed):
            self._watching = True
            self._loop.add_reader(self._listening, self._accept)

    def _unwatch(self) -> None:
        if self._watching:
            self._watching = False
            self._loop.remove_reader(self._listening)

    def _rest(self) -> None:
        """Leave the socket alone for a moment: it stays readable, and each look would fail."""
        self._unwatch()
        self._resting = True
        self._loop.call_later(NO_DESCRIPTOR_PAUSE, self._rested)

    def _rested(self) -> None:
        self._resting = False
        self._watch()

    def _accept(self) -> None:
        """Take connections from the kernel; start the first of them."""
        most = min(HELD_MAX, max(STARTED, self._gate.most - len(self._gate)))
        for _ in range(ACCEPTED):
            if len(self._held) >= most:
                self._unwatch()  # until some of them have started
                break
            try:
                descriptor, address = self._next()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                break
            except OSError:  # no descriptor is free, or no memory
                self._rest()
                break
            accepted = _Accepted(self._family, descriptor)
            client = str(address[0]) if address else ""
            if self._gate.shuts_out(client):
                self._gate.closes.add(accepted.close)
            else:
                self._held.append(client, accepted)
        if not self._turn_due:
            self._turn()

    def _turn(self) -> None:
        self._turn_due = False
        for _ in range(min(STARTED, len(self._held))):
            self._start_first()
        if len(self._held):
            self._turn_due = True
            self._loop.call_soon(self._turn)
        elif not self._watching:
            self._watch()

    def _start_first(self) -> None:
        """Give a connection its transport.

        asyncio offers that as a coroutine, which waits once: until the protocol has its transport.
        Its two steps are taken by hand, which saves a task for each connection of a storm.
        """
        accepted = self._held.popleft()
        starting = self._loop.connect_accepted_socket(self._protocol, accepted)
        try:
            made: asyncio.Future[None] = starting.send(None)
        except OSError:  # the client has cut it
            accepted.close()
            return
        self._starting.add(made)
        made.add_done_callback(lambda _: self._started(made, starting))

    def _started(self, made: asyncio.Future[None], starting: Coroutine[Any, Any, Any]) -> None:
        self._starting.discard(made)
        with contextlib.suppress(StopIteration, OSError):
            starting.send(None)


class _Accepted(socket.socket):
    """An accepted connection.

    The event loop asks for family and type several times: here they are numbers, where each answer
    of the base class is a search in an enumeration. The loop makes the descriptor non-blocking.
    """

    __slots__ = ("family",)
    type = socket.SOCK_STREAM.value  # type: ignore[assignment]  # an IntEnum in the base class

    def __init__(self, family: int, descriptor: int) -> None:
        """Take ``descriptor`` over."""
        super().__init__(family, socket.SOCK_STREAM, 0, descriptor)
        self.family = family  # type: ignore[assignment,misc]  # a property in the base class

"""Deadlines for connections whose request is not complete yet, or whose response is not read."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import TypeAlias

from ticker.domain.errors import Timeout
from ticker.gateway.call_soon import CallSoon, call_soon
from ticker.gateway.http_refusal import refusal
from ticker.gateway.limits import CLOSE_TIMEOUT

TOGETHER = 32
"""Connections that are closed in one turn of the loop. Hundreds may have come together."""

_TIMEOUT = refusal(Timeout("send the whole request sooner"))

_Deadlines: TypeAlias = dict[asyncio.Transport, float]


class RequestDeadlines:
    """Transports by the time at which their request must be complete."""

    def __init__(
        self,
        timeout: float,
        stall: float,
        clock: Callable[[], float],
        soon: CallSoon = call_soon,
    ) -> None:
        """A request has ``timeout`` seconds, a client ``stall`` seconds to read some response.

        ``clock`` is monotonic seconds; ``soon`` runs a callback in the event loop's next turn.
        """
        self._soon = soon
        self._expired: deque[tuple[_Deadlines, asyncio.Transport, float]] = deque()
        """What ``close_expired`` has found, with the deadlines that have passed."""
        self._timeout = timeout
        self._stall = stall
        self._stalls: _Deadlines = {}
        self._clock = clock
        self._deadlines: _Deadlines = {}

    def __len__(self) -> int:
        """Return the number of requests that have a deadline."""
        return len(self._deadlines)

    def __contains__(self, transport: object) -> bool:
        return transport in self._deadlines

    def start(self, transport: asyncio.Transport, seconds: float | None = None) -> None:
        """Give ``transport`` the timeout, or ``seconds``, from now on."""
        self._deadlines[transport] = self._clock() + (self._timeout if seconds is None else seconds)

    def remaining(self, transport: asyncio.Transport) -> float:
        """Return the seconds that ``transport`` has left; the timeout if it has no deadline."""
        deadline = self._deadlines.get(transport)
        return self._timeout if deadline is None else max(0.0, deadline - self._clock())

    def extend(self, transport: asyncio.Transport, seconds: float) -> None:
        """Give ``transport`` more time: a part of its request has arrived."""
        deadline = self._deadlines.get(transport)
        if deadline is not None:
            self._deadlines[transport] = deadline + seconds

    def stop(self, transport: asyncio.Transport) -> None:
        """Remove the deadline: the request is complete, or the connection gone."""
        self._deadlines.pop(transport, None)

    def stalled(self, transport: asyncio.Transport) -> None:
        """Note that the client does not read its response."""
        self._stalls.setdefault(transport, self._clock() + self._stall)

    def start_close(self, transport: asyncio.Transport) -> None:
        """Give the client ``CLOSE_TIMEOUT`` seconds to read a refusal and to close."""
        self._stalls[transport] = self._clock() + CLOSE_TIMEOUT

    def drained(self, transport: asyncio.Transport) -> None:
        """Note that the client reads, or is gone."""
        self._stalls.pop(transport, None)

    def close_expired(self) -> None:
        """Answer 408 and close where the deadline has passed; cut those that do not read.

        ``TOGETHER`` of them now, the others in the next turns of the loop.
        """
        if self._expired:
            return
        now = self._clock()
        for table in (self._stalls, self._deadlines):
            self._expired.extend((table, one, at) for one, at in table.items() if now >= at)
        self._close_some()

    def _close_some(self) -> None:
        try:
            for _ in range(min(TOGETHER, len(self._expired))):
                table, transport, deadline = self._expired.popleft()
                if table.get(transport) != deadline:
                    continue  # meanwhile it is complete, read or gone
                del table[transport]
                if table is self._stalls:
                    transport.abort()
                    continue
                transport.write(_TIMEOUT)
                transport.close()
                self.start_close(transport)  # an earlier response may keep the transport open
        finally:  # a failure of one must not keep the others
            if self._expired:
                self._soon(self._close_some)

"""Deadlines for connections whose request is not complete yet, or whose response is not read."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from ticker.domain.errors import Timeout
from ticker.gateway.http_refusal import refusal
from ticker.gateway.limits import CLOSE_TIMEOUT

_TIMEOUT = refusal(Timeout("send the whole request sooner"))


class RequestDeadlines:
    """Transports by the time at which their request must be complete."""

    def __init__(self, timeout: float, stall: float, clock: Callable[[], float]) -> None:
        """A request has ``timeout`` seconds, a client ``stall`` seconds to read some response.

        ``clock`` is monotonic seconds.
        """
        self._timeout = timeout
        self._stall = stall
        self._stalls: dict[asyncio.Transport, float] = {}
        self._clock = clock
        self._deadlines: dict[asyncio.Transport, float] = {}

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
        """Answer 408 and close where the deadline has passed; cut those that do not read."""
        now = self._clock()
        for transport, deadline in tuple(self._stalls.items()):
            if now >= deadline:
                del self._stalls[transport]
                transport.abort()
        for transport, deadline in tuple(self._deadlines.items()):
            if now >= deadline:
                del self._deadlines[transport]
                transport.write(_TIMEOUT)
                transport.close()
                self.start_close(transport)  # an earlier response may keep the transport open

"""Deadlines for connections whose request is not complete yet."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

_TIMEOUT = b"HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


class RequestDeadlines:
    """Transports by the time at which their request must be complete."""

    def __init__(self, timeout: float, clock: Callable[[], float]) -> None:
        """``timeout`` is in seconds, ``clock`` monotonic seconds."""
        self._timeout = timeout
        self._clock = clock
        self._deadlines: dict[asyncio.Transport, float] = {}

    def __len__(self) -> int:
        return len(self._deadlines)

    def start(self, transport: asyncio.Transport) -> None:
        """Give ``transport`` the timeout, from now on."""
        self._deadlines[transport] = self._clock() + self._timeout

    def extend(self, transport: asyncio.Transport, seconds: float) -> None:
        """Give ``transport`` more time: a part of its request has arrived."""
        deadline = self._deadlines.get(transport)
        if deadline is not None:
            self._deadlines[transport] = deadline + seconds

    def stop(self, transport: asyncio.Transport) -> None:
        """Remove the deadline: the request is complete, or the connection gone."""
        self._deadlines.pop(transport, None)

    def close_expired(self) -> None:
        """Answer 408 and close where the deadline has passed."""
        now = self._clock()
        for transport, deadline in tuple(self._deadlines.items()):
            if now >= deadline:
                del self._deadlines[transport]
                transport.write(_TIMEOUT)
                transport.close()

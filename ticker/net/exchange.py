"""One request under way: its parts, the response so far, and the future of its caller."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from ticker.net.headers import Field, Head
from ticker.net.reply import BODY_MAX, Reply, Unanswered


@dataclass(slots=True)
class Counts:
    """Counters of a client."""

    requests: int = 0
    opened: int = 0
    """Connections that could be used."""
    failed: int = 0
    """Connections that could not be made."""
    timeouts: int = 0
    goaways: int = 0
    resets: int = 0
    """Streams that the peer reset, refused ones included."""
    retried: int = 0
    """Requests whose kept-alive connection was closed under them."""
    discarded: int = 0
    """Connections given up: they went silent, or their peer broke the protocol."""


class Carrier(Protocol):
    """A connection, as the requests on it know it."""

    def cancel(self, exchange: Exchange, *, expired: bool) -> None:
        """Forget a request; ``expired`` if its time is out."""


class Exchange:
    """A request, the response as it comes in, and the future that its caller awaits."""

    __slots__ = (
        "_timer",
        "answer",
        "body",
        "body_max",
        "body_timeout",
        "carrier",
        "deadline",
        "extra",
        "head",
        "headers",
        "kept",
        "method",
        "path",
        "pieces",
        "retried",
        "status",
        "stream",
        "unsent",
    )

    def __init__(
        self,
        method: bytes,
        path: bytes,
        head: Head,
        extra: Sequence[Field],
        body: bytes,
        answer: asyncio.Future[Reply],
        deadline: float,
        body_timeout: float | None = None,
        body_max: int = BODY_MAX,
    ) -> None:
        self.method = method
        self.path = path
        self.head = head
        self.extra = extra
        self.body = body
        self.answer = answer
        self.deadline = deadline
        self.body_timeout = body_timeout
        """Seconds that the response's body may take after its headers; what is there then counts.
        None: until the deadline."""
        self.body_max = body_max
        self._timer: asyncio.TimerHandle | None = None
        self.carrier: Carrier | None = None
        """The connection that carries it; None while it waits for one, and when it is over."""
        self.retried = False
        self.stream = 0
        self.status = 0
        """0 until the headers of the response are there."""
        self.headers: Mapping[bytes, bytes] = {}
        self.pieces: list[bytes] = []
        self.kept = 0
        """Bytes in ``pieces``: at most ``body_max``."""
        self.unsent: bytes | memoryview = body
        """The part of the body that waits for the peer's window (HTTP/2)."""

    def content_length(self) -> tuple[Field, ...]:
        """Return the content-length field; none for a GET without a body (RFC 9110 §8.6)."""
        if not self.body and self.method == b"GET":
            return ()
        return ((b"content-length", b"%d" % len(self.body)),)

    def begin(self, status: int, headers: Mapping[bytes, bytes]) -> None:
        """Note the beginning of the response."""
        self.status = status
        self.headers = headers
        if self.body_timeout is not None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(self.body_timeout, self._cut)

    def keep(self, data: bytes) -> bool:
        """Keep a piece of the response's body; return False if ``body_max`` cut it off."""
        piece = data[: self.body_max - self.kept]
        if piece:
            self.kept += len(piece)
            self.pieces.append(piece)
        return len(piece) == len(data)

    def answered(self) -> None:
        """Give the caller the response that has come in."""
        body = b"".join(self.pieces) if self.pieces else b""
        self.settle(Reply(self.status, self.headers, body))

    def settle(self, outcome: Reply | Unanswered) -> None:
        """Give the caller the outcome, unless it no longer waits."""
        self.carrier = None
        if self._timer is not None:
            self._timer.cancel()
        if self.answer.done():
            return
        if isinstance(outcome, Reply):
            self.answer.set_result(outcome)
        else:
            self.answer.set_exception(outcome)

    def _cut(self) -> None:
        if self.carrier is not None:
            self.carrier.cancel(self, expired=False)
        self.answered()

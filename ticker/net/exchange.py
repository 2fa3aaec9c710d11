"""One request under way: what is sent, what came back so far, and who waits for the rest."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ticker.net.header_block import Field, Head
from ticker.net.reply import Reply, Unanswered

if TYPE_CHECKING:
    from ticker.net.connection import Connection
    from ticker.net.origin import Origin


@dataclass(slots=True)
class Counts:
    """What a pool has done so far."""

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
    """Connections given up because nothing came any more, and those that broke the protocol."""


class Request:
    """What a connection sends, and the answer as it comes in."""

    __slots__ = (
        "body",
        "extra",
        "head",
        "headers",
        "kept",
        "path",
        "pieces",
        "status",
        "stream",
        "unsent",
        "window",
    )

    def __init__(self, path: bytes, head: Head, extra: Sequence[Field], body: bytes) -> None:
        self.path = path
        self.head = head
        self.extra = extra
        self.body = body
        self.stream = 0
        self.status = 0
        """0 until the headers of the answer are there."""
        self.headers: Mapping[bytes, bytes] = {}
        self.pieces: list[bytes] = []
        self.kept = 0
        """Bytes in ``pieces``: at most BODY_MAX."""
        self.unsent: memoryview | None = None
        """What of the body waits for the peer's window."""
        self.window = 0
        """Bytes that the stream may still send; kept only while something is unsent."""


class Exchange(Request):
    """A request and the future that its caller awaits."""

    __slots__ = ("answer", "connection", "deadline", "origin", "retried")

    def __init__(
        self,
        origin: Origin,
        path: bytes,
        head: Head,
        extra: Sequence[Field],
        body: bytes,
        answer: asyncio.Future[Reply],
        deadline: float,
    ) -> None:
        Request.__init__(self, path, head, extra, body)
        self.origin = origin
        self.answer = answer
        self.deadline = deadline
        self.connection: Connection | None = None
        """What it was given to. None while it waits for a place, and when it is over."""
        self.retried = False

    def settle(self, outcome: Reply | Unanswered) -> None:
        """Give the caller the outcome, unless it no longer waits."""
        self.connection = None
        if self.answer.done():
            return
        if isinstance(outcome, Reply):
            self.answer.set_result(outcome)
        else:
            self.answer.set_exception(outcome)

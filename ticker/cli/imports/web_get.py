"""One request for a feed: what is sent, and the answer while it comes in."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Limits:
    """The bounds of one download."""

    size: int
    """Bytes, decompressed."""
    total: float = 120.0
    """Seconds for everything."""
    pause: float = 30.0
    """Seconds for a connection, and without any byte."""


@dataclass(frozen=True, slots=True)
class Reply:
    """The head of an answer: ``headers`` by their names in lower case, and what follows.

    ``server`` is the address that answered, None behind a proxy. ``cookies`` are the values of
    ``Set-Cookie``. ``pieces`` is the body as it comes, not decompressed.
    """

    status: int
    reason: str
    headers: Mapping[str, str]
    cookies: list[str]
    server: str | None
    pieces: AsyncIterator[bytes]


class Get(Protocol):
    """Sends a GET and gives its answer; redirects are not followed.

    The connection goes to ``address`` if there is one, and in the name of the host of ``url``. All
    of it, the pieces too, raises Unreadable with a message for the user.
    """

    def __call__(
        self, url: str, headers: Mapping[str, str], limits: Limits, address: str | None = None
    ) -> AbstractAsyncContextManager[Reply]:
        """Send the request; the connection is closed with the context."""

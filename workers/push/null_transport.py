"""A transport that connects to nothing, for the senders of dry runs."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from ticker.net.headers import Field, Head
from ticker.net.reply import Reply
from workers.push.bearer_tokens import Bearer

PLACEHOLDER = b"Bearer dry-run"
VALID = 3_600.0
"""Seconds for which a placeholder token is valid."""


class NullTransport:
    """Answers every request as accepted. ``requests`` counts them."""

    def __init__(self, status: int) -> None:
        self.requests = 0
        self._status = status

    async def post(
        self, origin: str, path: bytes, head: Head, extra: Sequence[Field], body: bytes
    ) -> Reply:
        """Return the answer of a provider that accepts the request."""
        self.requests += 1
        return Reply(self._status, {}, b"")

    async def aclose(self) -> None:
        """Do nothing."""


class PlaceholderTokens:
    """Stands in for Google's access tokens: a dry run asks the provider for none."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock

    def ready(self) -> Bearer:
        """Return a placeholder token."""
        now = self._clock()
        return Bearer(PLACEHOLDER, now, now + VALID)

    async def get(self) -> Bearer:
        """Return a placeholder token."""
        return self.ready()

    async def renewed(self, refused: Bearer) -> Bearer:
        """Return the same token: no provider refuses it."""
        return refused

    async def aclose(self) -> None:
        """Do nothing."""

"""A pool that leads nowhere: what a dry run's sender is given in place of the network."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from ticker.net.headers import Field, Head
from ticker.net.reply import Reply
from workers.push.tokens import Bearer

PLACEHOLDER = b"Bearer dry-run"
FOREVER = 3_600.0


class NullTransport:
    """Takes every finished request and says that it was accepted. ``requests`` counts them."""

    def __init__(self, status: int) -> None:
        self.requests = 0
        self._status = status

    async def post(
        self, origin: str, path: bytes, head: Head, extra: Sequence[Field], body: bytes
    ) -> Reply:
        """Return an answer as the provider gives it for what it accepts."""
        self.requests += 1
        return Reply(self._status, {}, b"")

    async def aclose(self) -> None:
        """Close nothing."""


class Placeholder:
    """Stands for Google's access tokens: they are the provider's, which a dry run leaves alone."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock

    def ready(self) -> Bearer:
        """Return something that looks like a token."""
        now = self._clock()
        return Bearer(PLACEHOLDER, now, now + FOREVER)

    async def get(self) -> Bearer:
        """Return the same."""
        return self.ready()

    async def renewed(self, refused: Bearer) -> Bearer:
        """Return the same: nobody refuses it."""
        return refused

    async def aclose(self) -> None:
        """Close nothing."""

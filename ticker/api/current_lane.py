"""The lane in this process's memory, as the routes read it."""

from __future__ import annotations

from typing import Protocol

from ticker.api.request_rights import current
from ticker.domain.cursor import Cursor
from ticker.domain.errors import Unavailable
from ticker.stream.readable_lane import ReadableLanes
from ticker.stream.replay import Lane, Verdict


class ReadView(Protocol):
    """The lane in this process's memory. The gateway provides it; the API does not import it."""

    @property
    def lane(self) -> Lane:
        """Return the lane as far as the tail has read it; another object after a rewrite."""

    @property
    def ready(self) -> bool:
        """Return whether the tail has loaded the lane."""

    async def look(self) -> None:
        """Take in what is in the lane by now; wait a quarter of a second for it at most."""

    async def reach(self, cursor: Cursor) -> Verdict:
        """Wait until the lane can answer ``cursor``, at most ``settings.ahead_wait`` seconds."""


class CurrentLane:
    """The lane, once it is loaded."""

    def __init__(self, view: ReadView) -> None:
        self._view = view
        self._readable = ReadableLanes()

    def lane(self) -> Lane:
        """Return what the request may read of the lane. Raises Unavailable until it is loaded."""
        return self._readable.of(self.whole(), current().readable)

    def whole(self) -> Lane:
        """Return the whole lane; what is shown of it must be checked for the request's rights."""
        if not self._view.ready:
            raise Unavailable("the server is starting and has not loaded the lane yet")
        return self._view.lane

    async def reach(self, cursor: Cursor) -> None:
        """Wait until the lane can answer ``cursor``, for a bounded time.

        After that an ``Ahead`` of the lane is a reset. Raises Unavailable if it is this server that
        is behind: another one may have the events that the cursor has seen.
        """
        if await self._view.reach(cursor) == "behind":
            raise Unavailable("this server is behind the cursor", retry_after=1)

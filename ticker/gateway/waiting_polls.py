"""HTTP polls whose cursor is ahead of this process: they wait until the tail has reached it."""

from __future__ import annotations

import asyncio

from ticker.domain.cursor import Cursor
from ticker.stream.replay import Ahead, Lane


class WaitingPolls:
    """Polls with their deadlines. ``retry`` is called after every event and on every tick."""

    def __init__(self) -> None:
        self._waiting: dict[asyncio.Future[bool], tuple[Cursor, float]] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    async def wait(self, cursor: Cursor, deadline: float) -> bool:
        """Wait until the lane has ``cursor``; return False if ``deadline`` passes before."""
        future: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting[future] = (cursor, deadline)
        try:
            return await future
        finally:
            self._waiting.pop(future, None)

    def retry(self, lane: Lane, now: float) -> None:
        """Answer the polls whose cursor ``lane`` has, and those whose deadline has passed."""
        for future, (cursor, deadline) in tuple(self._waiting.items()):
            reached = not isinstance(lane.resume(cursor), Ahead)
            if (reached or now >= deadline) and not future.done():
                future.set_result(reached)

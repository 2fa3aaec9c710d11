"""HTTP polls whose cursor is ahead of this process: they wait until the tail has reached it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from ticker.domain.cursor import Cursor
from ticker.stream.replay import Verdict


class WaitingPolls:
    """Polls with their deadlines. ``retry`` is called after every event and on every tick."""

    def __init__(self) -> None:
        self._waiting: dict[asyncio.Future[Verdict], tuple[Cursor, float]] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    async def wait(self, cursor: Cursor, deadline: float) -> Verdict:
        """Wait for the verdict about ``cursor``, which is due at ``deadline``."""
        future: asyncio.Future[Verdict] = asyncio.get_running_loop().create_future()
        self._waiting[future] = (cursor, deadline)
        try:
            return await future
        finally:
            self._waiting.pop(future, None)

    def retry(self, judge: Callable[[Cursor, float], Verdict]) -> None:
        """Answer the polls of which ``judge`` (cursor, deadline) says something else than wait."""
        for future, (cursor, deadline) in tuple(self._waiting.items()):
            verdict = judge(cursor, deadline)
            if verdict != "wait" and not future.done():
                future.set_result(verdict)

"""Searches through the lane in memory that take several turns of the event loop.

A search is a generator: each of its steps does a bounded amount of work, and its return value is
the result. The first step runs at once, the further ones one search after the other, with turns of
the loop between them in which events go out to live readers.
"""

from __future__ import annotations

import asyncio
from collections.abc import Generator, Hashable
from typing import Generic, TypeAlias, TypeVar

from ticker.domain.errors import Unavailable
from ticker.telemetry.retrieved import retrieve

Result = TypeVar("Result")
Search: TypeAlias = Generator[None, None, Result]

WAITING_MAX = 256
"""Searches that may be under way or wait for those before them. The next one is refused with 503.
A search of the largest board takes about twenty steps, each of them below a millisecond."""
TURNS_BETWEEN = 3
"""Turns of the loop between two steps. An event passes three turns on its way, so it waits for one
step at most."""


class SearchTurns(Generic[Result]):
    """Runs searches. Equal ones that run at the same time are one."""

    def __init__(self, waiting_max: int = WAITING_MAX) -> None:
        self._waiting_max = waiting_max
        self._running: dict[Hashable, asyncio.Task[Result]] = {}
        self._one_at_a_time = asyncio.Lock()

    def __len__(self) -> int:
        """Return the number of searches that have taken more than one step."""
        return len(self._running)

    async def run(self, key: Hashable, search: Search[Result]) -> Result:
        """Return the result of ``search``, or of the one that runs under the same ``key``.

        Raises Unavailable if too many wait. An exception of the search passes through. A caller
        that is cancelled leaves the search to the others that wait for it.
        """
        task = self._running.get(key)
        if task is None:
            try:
                next(search)
            except StopIteration as done:
                result: Result = done.value
                return result
            if len(self._running) >= self._waiting_max:
                raise Unavailable("too many searches at once; try again", 1)
            task = self._running[key] = asyncio.create_task(self._rest(search))
            task.add_done_callback(lambda _: self._running.pop(key))
            task.add_done_callback(retrieve)  # its callers may all have gone
        return await asyncio.shield(task)

    async def _rest(self, search: Search[Result]) -> Result:
        async with self._one_at_a_time:
            while True:
                for _ in range(TURNS_BETWEEN):
                    await asyncio.sleep(0)
                try:
                    next(search)
                except StopIteration as done:
                    result: Result = done.value
                    return result

"""Turns of those who sign in: one at a time, and nobody's many attempts delay the others' first.

Clients take turns, so an editor waits for one attempt of each address that guesses, not for all of
its attempts. People who are known come before all others: they have signed in from this address
before, or have a session. The number of their attempts is bounded elsewhere
(``ticker.people.attempts``).
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import TypeAlias

from ticker.domain.errors import Unavailable
from ticker.domain.fair_queue import FairQueue
from ticker.domain.messages import said

WAITING_MAX = 16
"""Sign-ins that wait, of known people and of all others apart. One more takes the place of the last
one of the client with the most, or gets 503 if none has two more than its own client; whoever gets
503 may try again."""

Place: TypeAlias = "asyncio.Future[None]"


class PasswordTurns:
    """Gives the turn to one after the other."""

    def __init__(self) -> None:
        self._taken = False
        self._known: FairQueue[Place] = FairQueue()
        self._others: FairQueue[Place] = FairQueue()

    def __len__(self) -> int:
        """Return how many wait."""
        return len(self._known) + len(self._others)

    @contextlib.asynccontextmanager
    async def turn(self, client: str, *, known: bool) -> AsyncIterator[None]:
        """Hold the turn within the block. Raises Unavailable if too many wait."""
        if self._taken:
            await self._wait(self._known if known else self._others, client)
        self._taken = True
        try:
            yield
        finally:
            self._pass_on()

    async def _wait(self, queue: FairQueue[Place], client: str) -> None:
        if len(queue) >= WAITING_MAX:
            displaced = queue.displace(client)
            if displaced is None:
                raise _too_many()
            if not displaced.done():
                displaced.set_exception(_too_many())
        place: Place = asyncio.get_running_loop().create_future()
        queue.append(client, place)
        try:
            await place
        except asyncio.CancelledError:
            if not place.cancelled() and place.exception() is None:  # the turn was given to it
                self._pass_on()
            raise

    def _pass_on(self) -> None:
        """Give the turn to the next one that still waits."""
        for queue in (self._known, self._others):
            while queue:
                place = queue.popleft()
                if not place.done():
                    place.set_result(None)
                    return
        self._taken = False


def _too_many() -> Unavailable:
    return Unavailable(said("sign-ins-at-once"), 2)

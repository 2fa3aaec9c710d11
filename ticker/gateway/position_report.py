"""Reports of how far this process has read the lane: one small write to Redis a second at most."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
from collections.abc import Callable

from ticker.domain.cursor import StreamId
from ticker.domain.errors import TickerError
from ticker.stream.process_store import ProcessStore, Role

EVERY = 1.0
"""Seconds between two reports that differ."""
REPEAT = 3.0
"""Seconds after which a report is repeated although nothing has changed: an old one is doubtful."""

log = logging.getLogger(__name__)


class PositionReport:
    """Reports ``position`` while it runs. Without Redis it drops a report; the next is whole."""

    def __init__(
        self,
        store: ProcessStore,
        id: str,
        role: Role,
        position: Callable[[], StreamId],
        clock: Callable[[], float],
    ) -> None:
        """``id`` names this process in the store; ``clock`` is monotonic seconds."""
        self._store = store
        self._id = id
        self._role = role
        self._name = f"{socket.gethostname()}:{os.getpid()}"
        self._position = position
        self._clock = clock
        self._last: tuple[StreamId, float] | None = None
        self._failing = False

    async def run(self) -> None:
        """Report until cancelled, and then take this process off."""
        try:
            while True:
                await self.step()
                await asyncio.sleep(EVERY)
        finally:
            with contextlib.suppress(TickerError):  # then it is listed until it is forgotten
                await self._store.remove(self._id)

    async def step(self) -> None:
        """Report if the position has changed, or if the last report is old."""
        position, now = self._position(), self._clock()
        if self._last is not None and self._last[0] == position and now - self._last[1] < REPEAT:
            return
        try:
            await self._store.report(self._id, self._role, self._name, position)
        except TickerError as error:
            if not self._failing:
                log.warning("the position in the lane cannot be reported: %s", error)
            self._failing = True
            return
        self._failing = False
        self._last = position, now

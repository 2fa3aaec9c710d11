"""Reading the lane in a consumer group: what is new, and what a dead worker has left."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ticker.domain.errors import Unavailable
from ticker.stream.consumer_group import ConsumerGroup
from ticker.stream.store import Entry

BLOCK_MS = 5_000
"""How long one look waits for news."""
CLAIM_EVERY = 10.0
"""Seconds between two looks for what a dead worker has left."""


class Consumer:
    """One worker's ear at the lane. Methods raise Unavailable when Redis is away; call ``lost``."""

    def __init__(self, group: ConsumerGroup, clock: Callable[[], float], batch: int) -> None:
        """``clock`` gives seconds that only grow; ``batch`` entries come at most at a time."""
        self._group = group
        self._clock = clock
        self._batch = batch
        self._open = False
        self._claim_at = 0.0

    def lost(self) -> None:
        """Make sure of the group again, and look for what was left."""
        self._open = False
        self._claim_at = 0.0

    async def open(self) -> bool:
        """Make sure of the group; return whether that was to be done."""
        if self._open:
            return False
        await self._group.open()
        self._open = True
        return True

    async def entries(self) -> list[Entry]:
        """Return what is to be done next; wait ``BLOCK_MS`` for it. It comes again if not done."""
        if self._clock() >= self._claim_at:
            self._claim_at = self._clock() + CLAIM_EVERY
            if left := await self._group.claim(self._batch):
                return left
        return await self._group.read(self._batch, BLOCK_MS)

    async def done(self, entries: Sequence[Entry]) -> None:
        """Note that ``entries`` are done with."""
        await self._group.done(id for id, _ in entries)

    async def aclose(self) -> None:
        """Leave the group."""
        if not self._open:
            return
        try:
            await self._group.leave()
        except Unavailable:
            return  # an idle consumer is forgotten by itself

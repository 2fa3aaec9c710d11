"""Reading the lane in a consumer group: new entries, and entries that a dead worker left."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence

from ticker.domain.cursor import StreamId
from ticker.domain.errors import Unavailable
from ticker.stream.consumer_group import ConsumerGroup
from ticker.stream.lane_store import Entry
from workers.look import until_next_look

LOOK_EVERY = 0.2
"""Seconds between two looks at the lane when nothing is new. A read that waits would be served by
Redis with the commit of every event, before the readers on screens, and would wake this process
beside theirs; the jobs made here wait for arq's next poll anyway."""
CLAIM_EVERY = 10.0
"""Seconds between two claims of entries that a dead worker left."""


class Consumer(ABC):
    """A task that takes the lane's entries, each once among all workers.

    ``step`` and ``reset`` are for ``SupervisedTask``; call ``aclose`` at the end. Entries for which
    ``take`` has returned are acknowledged with the next read; the others are read again.
    """

    def __init__(self, group: ConsumerGroup, clock: Callable[[], float], batch: int) -> None:
        """``clock`` is monotonic seconds; at most ``batch`` entries are read at a time."""
        self._group = group
        self._clock = clock
        self._batch = batch
        self._open = False
        self._claim_at = 0.0
        self._taken: list[StreamId] = []
        """Entries that are not acknowledged yet: at most one batch."""

    @abstractmethod
    async def take(self, entries: Sequence[Entry]) -> None:
        """Do the work of ``entries``. Raises Unavailable when Redis is away."""

    async def opened(self) -> None:
        """Do what has to be done once after the group was opened. Raises Unavailable."""
        return

    def reset(self) -> None:
        """Open the group again and claim left entries with the next step, after a failure."""
        self._open = False
        self._claim_at = 0.0

    async def step(self) -> float:
        """Take the next entries, if there are any; return the seconds until the next step.

        Raises Unavailable when Redis is away.
        """
        if not self._open:
            await self._group.open()
            self._open = True
            await self.opened()
        entries = await self._entries()
        if entries:
            await self.take(entries)
            self._taken = [id for id, _ in entries]
        if len(entries) == self._batch:
            return 0.0
        return until_next_look(self._clock(), LOOK_EVERY)

    async def _entries(self) -> list[Entry]:
        if self._clock() >= self._claim_at:
            await self._acknowledge()  # or they would be claimed again
            self._claim_at = self._clock() + CLAIM_EVERY
            if left := await self._group.claim(self._batch):
                return left
        entries = await self._group.read(self._batch, self._taken)
        self._taken = []
        return entries

    async def _acknowledge(self) -> None:
        await self._group.done(self._taken)
        self._taken = []

    async def aclose(self) -> None:
        """Acknowledge what was taken, and leave the group."""
        if not self._open:
            return
        try:
            await self._acknowledge()
            await self._group.leave()
        except Unavailable:
            return  # an idle consumer is forgotten by itself, and what it took is taken again

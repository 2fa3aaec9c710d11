"""Reading the lane in a consumer group: new entries, and entries that a dead worker left."""

from __future__ import annotations

from collections.abc import Callable, Sequence

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


class Consumer:
    """A consumer-group reader of the lane.

    Methods raise Unavailable when Redis is away; call ``reset`` then.
    """

    def __init__(self, group: ConsumerGroup, clock: Callable[[], float], batch: int) -> None:
        """``clock`` is monotonic seconds; at most ``batch`` entries are read at a time."""
        self._group = group
        self._clock = clock
        self._batch = batch
        self._open = False
        self._claim_at = 0.0

    def reset(self) -> None:
        """Open the group again and claim left entries with the next read."""
        self._open = False
        self._claim_at = 0.0

    async def open(self) -> bool:
        """Create the group if necessary; return False if it is open already."""
        if self._open:
            return False
        await self._group.open()
        self._open = True
        return True

    async def entries(self) -> list[Entry]:
        """Return the next entries, if there are any; look again after ``pause``.

        Pass them to ``done`` after use; otherwise they are read again.
        """
        if self._clock() >= self._claim_at:
            self._claim_at = self._clock() + CLAIM_EVERY
            if left := await self._group.claim(self._batch):
                return left
        return await self._group.read(self._batch)

    def pause(self) -> float:
        """Return the seconds until the next look."""
        return until_next_look(self._clock(), LOOK_EVERY)

    async def done(self, entries: Sequence[Entry]) -> None:
        """Acknowledge ``entries``."""
        await self._group.done(id for id, _ in entries)

    async def aclose(self) -> None:
        """Leave the group."""
        if not self._open:
            return
        try:
            await self._group.leave()
        except Unavailable:
            return  # an idle consumer is forgotten by itself

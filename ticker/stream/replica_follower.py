"""Follows the lane on a replica, and on the primary while the replica is away or lags.

A replica spares the primary the reads of many gateways. It is only followed: what a process loads
and verifies, it asks of the primary, so a cursor that a lagging replica has not reached is a
process that lags, and no reader is reset for it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Protocol

from ticker.domain.cursor import StreamId
from ticker.domain.errors import Unavailable
from ticker.domain.event import Record

log = logging.getLogger(__name__)

REST = 10.0
"""Seconds on the primary after a replica has failed or fallen silent."""


class Follower(Protocol):
    """A connection that reads the lane."""

    async def read(
        self, after: StreamId, block_ms: int, count: int
    ) -> tuple[list[tuple[StreamId, Record]], StreamId]:
        """Return entries after ``after``, and the floor. Raises Unavailable."""

    async def aclose(self) -> None:
        """Close the connection."""


class ReplicaFollower:
    """A follower that reads from ``replica``, and from ``primary`` when that is better."""

    def __init__(
        self,
        replica: Follower,
        primary: Follower,
        silence: float,
        clock: Callable[[], float],
    ) -> None:
        """``silence`` is the seconds without an entry after which the replica lags: heartbeats
        come more often. ``clock`` is monotonic seconds.
        """
        self._replica = replica
        self._primary = primary
        self._silence = silence
        self._clock = clock
        self._heard = clock()
        self._rest_until = float("-inf")

    async def read(
        self, after: StreamId, block_ms: int, count: int
    ) -> tuple[list[tuple[StreamId, Record]], StreamId]:
        """Return what the replica has after ``after``, or what the primary has.

        Raises Unavailable when the primary is away too.
        """
        if self._clock() >= self._rest_until:
            try:
                found = await self._replica.read(after, block_ms, count)
            except Unavailable as error:
                self._rest(str(error.detail))
            else:
                if found[0]:
                    self._heard = self._clock()
                elif self._clock() - self._heard > self._silence:
                    self._rest(f"nothing for {self._silence:g} s")
                return found
        found = await self._primary.read(after, block_ms, count)
        self._heard = self._clock()  # the replica has its time again when it is asked next
        return found

    async def aclose(self) -> None:
        """Close both connections."""
        await self._replica.aclose()
        await self._primary.aclose()

    def _rest(self, why: str) -> None:
        log.warning("replica: %s; the lane is read from the primary for %g s", why, REST)
        self._rest_until = self._clock() + REST

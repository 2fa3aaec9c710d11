"""Follows the lane on a replica, and on the primary while the replica is away or lags.

A replica spares the primary the reads of many gateways. It is only followed: what a process loads
and verifies, it asks of the primary, so a cursor that a lagging replica has not reached is a
process that lags, and no reader is reset for it.

A server is followed only after it has shown that it is a replica of this primary: that it has its
epoch, and has reached a position that was read from the primary. Meanwhile, and for ``REST``
seconds after it has failed, the lane is read from the primary: a replica that hangs delays nothing
twice.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any, Protocol, TypeAlias

from ticker.domain.cursor import StreamId
from ticker.domain.errors import Unavailable
from ticker.domain.event import Record

log = logging.getLogger(__name__)

REST = 10.0
"""Seconds on the primary after a replica has failed, fallen silent or shown another history."""

Proof: TypeAlias = Callable[[StreamId], Coroutine[Any, Any, bool]]
"""Tells whether the replica has the primary's epoch and has reached a position of it. Raises
Unavailable, and returns within seconds."""


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
        prove: Proof,
        silence: float,
        clock: Callable[[], float],
    ) -> None:
        """``silence`` is the seconds without an entry after which the replica lags: heartbeats
        come more often. ``clock`` is monotonic seconds.
        """
        self._replica = replica
        self._primary = primary
        self._prove = prove
        self._silence = silence
        self._clock = clock
        self._heard = clock()
        self._rest_until = float("-inf")
        self._proof: asyncio.Task[bool] | None = None
        self._told = ""
        self.on_replica = False
        """Whether the last read came from the replica."""

    async def read(
        self, after: StreamId, block_ms: int, count: int
    ) -> tuple[list[tuple[StreamId, Record]], StreamId]:
        """Return what the replica has after ``after``, or what the primary has.

        Raises Unavailable when the primary is away. No error of the replica leaves this class.
        """
        if not self.on_replica:
            self._consider(after)
        if self.on_replica:
            try:
                found = await self._replica.read(after, block_ms, count)
            except Exception as error:  # noqa: BLE001 - the primary has the lane, whatever it is
                await self.leave(_reason(error))
            else:
                if found[0]:
                    self._heard = self._clock()
                elif self._clock() - self._heard > self._silence:
                    await self.leave(f"nothing for {self._silence:g} s")
                return found
        return await self._primary.read(after, block_ms, count)

    async def leave(self, why: str) -> bool:
        """Read from the primary for a while; return whether the last read was the replica's."""
        was, self.on_replica = self.on_replica, False
        if was:
            self._rest(why)
            await self._replica.aclose()
        return was

    async def aclose(self) -> None:
        """Close both connections. The next read is one of the primary."""
        self.on_replica = False
        if self._proof is not None:
            self._proof.cancel()
            await asyncio.wait([self._proof])
            self._proof = None
        await self._replica.aclose()
        await self._primary.aclose()

    def _consider(self, after: StreamId) -> None:
        """Go to the replica if it has proved itself, or begin to ask it, beside the reads."""
        if self._proof is None:
            if self._clock() >= self._rest_until:
                self._proof = asyncio.create_task(self._prove(after), name="replica proof")
            return
        if not self._proof.done():
            return
        proof, self._proof = self._proof, None
        error = proof.exception()
        if error is not None:  # also one that is no state of a server, such as a wrong database
            self._rest(_reason(error))
        elif proof.result():
            self.on_replica = True
            self._heard = self._clock()
            self._told = ""
            log.info("replica: the lane is read from it")
        else:
            self._rest("it is behind, or not a replica of the primary")

    def _rest(self, why: str) -> None:
        self._rest_until = self._clock() + REST
        if why != self._told:
            log.warning("replica: %s; the lane is read from the primary", why)
        self._told = why


def _reason(error: BaseException) -> str:
    return str(error.detail) if isinstance(error, Unavailable) else str(error) or repr(error)

"""What wakes those who deliver webhooks: the lane, and the desk's wishes, behind a consumer group.

Each entry goes to one of the workers that ask, and stays pending until it is acknowledged; what a
dead one left is claimed by another.
"""

from __future__ import annotations

from dataclasses import dataclass

from redis.exceptions import ResponseError

from ticker.core.cursor import StreamId
from ticker.core.event import Record
from ticker.store.connect import BLOCK_MAX, Redis, translate
from ticker.store.keys import Keys
from ticker.store.scripts import Arg, command

GROUP = "webhooks"
CLAIM_MS = 30_000
"""What a worker has not acknowledged for so long another takes over."""
IDLE_MS = 600_000
"""A consumer that has not asked for so long, and leaves nothing pending, is forgotten."""


@dataclass(frozen=True, slots=True)
class Batch:
    """What came: entries of the lane, and endpoints that the desk named. Acknowledge it."""

    lane: list[tuple[StreamId, Record]]
    due: list[tuple[StreamId, Record]]

    def __bool__(self) -> bool:
        return bool(self.lane or self.due)


class Wakes:
    """One consumer of the group. Methods raise Unavailable when Redis is away."""

    def __init__(self, redis: Redis, reader: Redis, keys: Keys, consumer: str) -> None:
        """``reader`` is made with ``connect(blocking=True)``."""
        self._redis = redis
        self._reader = reader
        self._lane = keys.live
        self._due = keys.webhooks_due
        self._consumer = consumer

    async def open(self) -> None:
        """Make the group where there is none. The lane must exist (``LiveLane.open``).

        It begins with what comes from now on; who is behind is found by the sweep.
        """
        for stream, start in ((self._lane, "$"), (self._due, "0")):
            with translate():
                try:
                    await command(self._redis, "XGROUP CREATE", stream, GROUP, start, "MKSTREAM")
                except ResponseError as error:
                    if not str(error).startswith("BUSYGROUP"):
                        raise

    async def read(self, block_ms: int, count: int) -> Batch | None:
        """Return up to ``count`` new entries of each; wait ``block_ms`` for one.

        None: there is no group (any more), call ``open``.
        """
        if block_ms > BLOCK_MAX * 1000:
            raise ValueError(f"block_ms is at most {BLOCK_MAX * 1000:.0f}")
        block: tuple[Arg, ...] = ("BLOCK", block_ms) if block_ms > 0 else ()
        with translate():
            try:
                reply = await command(
                    self._reader,
                    *("XREADGROUP", "GROUP", GROUP, self._consumer, "COUNT", count, *block),
                    *("STREAMS", self._lane, self._due, ">", ">"),
                )
            except ResponseError as error:
                if str(error).startswith("NOGROUP") or "no longer exists" in str(error):
                    return None
                raise
        found = dict(reply or ())
        return Batch(_read(found.get(self._lane.encode())), _read(found.get(self._due.encode())))

    async def claim(self, count: int) -> Batch:
        """Take over up to ``count`` entries of each that somebody else left."""
        return Batch(await self._claim(self._lane, count), await self._claim(self._due, count))

    async def done(self, batch: Batch) -> None:
        """Acknowledge ``batch``: nobody gets it again."""
        with translate():
            for stream, entries in ((self._lane, batch.lane), (self._due, batch.due)):
                if entries:
                    ids = [str(id) for id, _ in entries]
                    await command(self._redis, "XACK", stream, GROUP, *ids)

    async def tidy(self) -> int:
        """Forget consumers that are gone; return how many."""
        gone = 0
        with translate():
            for stream in (self._lane, self._due):
                for one in await command(self._redis, "XINFO CONSUMERS", stream, GROUP):
                    if one["pending"] == 0 and one["idle"] > IDLE_MS:
                        name = one["name"]
                        gone += 1
                        await command(self._redis, "XGROUP DELCONSUMER", stream, GROUP, name)
        return gone

    async def _claim(self, stream: str, count: int) -> list[tuple[StreamId, Record]]:
        with translate():
            reply = await command(
                self._redis,
                *("XAUTOCLAIM", stream, GROUP, self._consumer, CLAIM_MS, "0-0", "COUNT", count),
            )
        return _read(reply[1])


def _read(
    entries: list[tuple[bytes | None, Record | None]] | None,
) -> list[tuple[StreamId, Record]]:
    # What was deleted since (a heartbeat, a retracted line) has no record any more; Redis takes it
    # off the pending list by itself.
    return [(StreamId.parse(id), record or {}) for id, record in entries or () if id is not None]

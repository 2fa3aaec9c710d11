"""Reads the lane for a tail, on a connection of its own: every event waits for this read."""

from __future__ import annotations

from typing import Any

from ticker.domain.cursor import ZERO, StreamId
from ticker.domain.event import Record
from ticker.storage.connection import Redis, translate
from ticker.storage.kept_connection import KeptConnection, pack
from ticker.storage.keys import Keys
from ticker.stream.stream_info import raw_entries

ANSWER_WITHIN = 2.0
"""Seconds beyond its wait after which a read has failed: the peer hangs."""


class TailConnection:
    """Reads from position to position. One task at a time; ``connect(blocking=True)``."""

    def __init__(self, redis: Redis, keys: Keys) -> None:
        self._connection = KeptConnection(redis)
        self._live = keys.live
        self._floor = pack(("GET", keys.floor))

    async def read(
        self, after: StreamId, block_ms: int, count: int
    ) -> tuple[list[tuple[StreamId, Record]], StreamId]:
        """Return up to ``count`` entries after ``after``, and the lane's floor if it matters.

        Waits ``block_ms`` for an entry, 0: not at all. A floor above ``after`` means that entries
        were trimmed which the caller has not seen: what came may follow a gap. Load again then. The
        floor is asked for only if the first entry does not name ``after`` as the one before it.
        Raises Unavailable; the next call connects anew.
        """
        # BLOCK 0 would wait forever.
        block = ("BLOCK", block_ms) if block_ms > 0 else ()
        position = str(after)
        read = pack(("XREAD", "COUNT", count, *block, "STREAMS", self._live, position))
        [reply] = await self._connection.run(read, 1, block_ms / 1000 + ANSWER_WITHIN)
        _raise(reply)
        if not reply:
            return [], ZERO
        entries = raw_entries(reply[0][1])
        if entries[0][1].get(b"p") == position.encode():
            return entries, ZERO
        [floor] = await self._connection.run(self._floor, 1)
        _raise(floor)
        return entries, StreamId.parse(floor or b"0-0")

    async def aclose(self) -> None:
        """Close the connection. The next read takes another."""
        await self._connection.aclose()


def _raise(reply: Any) -> None:
    if isinstance(reply, Exception):
        with translate():
            raise reply

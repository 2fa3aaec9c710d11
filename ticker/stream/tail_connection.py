"""The one read that every event waits for: a tail's, on a connection of its own.

It is the pipeline XREAD BLOCK, GET floor without redis-py's pipeline, whose bookkeeping costs more
than the read. One task at a time.
"""

from __future__ import annotations

from typing import Any

from ticker.domain.cursor import StreamId
from ticker.domain.event import Record
from ticker.storage.connection import Redis, translate
from ticker.storage.keys import Keys


class TailConnection:
    """Reads the lane from position to position, with a client of ``connect(blocking=True)``."""

    def __init__(self, redis: Redis, keys: Keys) -> None:
        self._pool = redis.connection_pool
        self._live = keys.live.encode()
        self._floor = _pack(b"GET", keys.floor.encode())
        self._connection: Any = None

    async def read(
        self, after: StreamId, block_ms: int, count: int
    ) -> tuple[list[tuple[StreamId, Record]], StreamId]:
        """Return up to ``count`` entries after ``after``, and the floor as it is after the read.

        Waits ``block_ms`` for an entry, 0: not at all. A floor above ``after`` means that entries
        were trimmed which the caller has not seen: what came may follow a gap. Load again then.
        Raises Unavailable; the next call connects anew.
        """
        # BLOCK 0 would wait for ever.
        block = (b"BLOCK", b"%d" % block_ms) if block_ms > 0 else ()
        position = str(after).encode()
        command = _pack(b"XREAD", b"COUNT", b"%d" % count, *block, b"STREAMS", self._live, position)
        with translate():
            connection = self._connection
            if connection is None:
                connection = self._connection = await self._pool.get_connection()
            try:
                await connection.send_packed_command([command + self._floor])
                reply = await connection.read_response()
                floor = await connection.read_response()
            except BaseException:  # an answer may still be under way: nobody may read it as his
                await self.aclose()
                raise
        entries = reply[0][1] if reply else ()
        return (
            [(StreamId.parse(id), dict(zip(f[::2], f[1::2], strict=True))) for id, f in entries],
            StreamId.parse(floor or b"0-0"),
        )

    async def aclose(self) -> None:
        """Give the connection up. The next read takes another."""
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.disconnect(nowait=True)
            await self._pool.release(connection)


def _pack(*args: bytes) -> bytes:
    """Return a command as RESP (redis.io, serialization protocol)."""
    parts = [b"*%d\r\n" % len(args)]
    parts += [b"$%d\r\n%b\r\n" % (len(arg), arg) for arg in args]
    return b"".join(parts)

"""Connections that are kept between commands, for the reads and writes that every item waits for.

redis-py takes a connection from its pool, packs and unpacks for every call; that costs more than
the commands themselves. These skip the bookkeeping and share everything else: how to connect, to
which server, and with which time limits.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import Any

import hiredis

from ticker.storage.connection import NoScriptError, Redis, translate
from ticker.storage.scripts import Arg, Script

KEPT = 8
"""Idle connections that ``KeptConnections`` keeps; others go back to the client's pool."""


class KeptConnection:
    """One connection of ``redis``'s pool, for one task at a time."""

    def __init__(self, redis: Redis) -> None:
        self._pool = redis.connection_pool
        self._connection: Any = None

    async def run(self, commands: bytes, replies: int, timeout: float | None = None) -> list[Any]:
        """Send packed ``commands`` in one piece; return their replies, errors among them.

        ``timeout`` is the seconds for all of them; without it the client's own limit is for each.
        Raises Unavailable; the next call connects anew.
        """
        with translate():
            if self._connection is not None and self._connection.lost:  # closed while it was idle
                await self.aclose()
            if self._connection is None:
                self._connection = await self._pool.get_connection()
            try:
                replied: list[Any] = await self._connection.exchange(commands, replies, timeout)
            except BaseException:  # a reply may still be under way: nobody else may read it
                await self.aclose()
                raise
        return replied

    async def send(
        self, commands: Sequence[Sequence[Arg]], scripts: Sequence[Script] = ()
    ) -> list[Any]:
        """Do what ``run`` does with commands that are not packed yet.

        If the server does not know one of the ``scripts``, it learns them and gets the commands
        again: a script that was not found has done nothing, and the others must bear repetition.
        """
        packed = b"".join(map(pack, commands))
        replies = await self.run(packed, len(commands))
        if any(isinstance(reply, NoScriptError) for reply in replies):
            loads = [pack(("SCRIPT", "LOAD", script.text)) for script in scripts]
            await self.run(b"".join(loads), len(loads))
            replies = await self.run(packed, len(commands))
        return replies

    async def aclose(self) -> None:
        """Close the connection. The next call takes another."""
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.disconnect(nowait=True)
            await self._pool.release(connection)


class KeptConnections:
    """Up to ``KEPT`` idle connections of one client, for any number of tasks."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self.idle: list[KeptConnection] = []

    async def run(self, commands: Sequence[Sequence[Arg]]) -> list[Any]:
        """Send ``commands`` over one connection in one piece; return their replies, errors too.

        Raises Unavailable; then no old connection is used again, since all lead to the same server.
        """
        async with self.borrowed() as connection:
            return await connection.send(commands)

    def borrowed(self) -> Loan:
        """Lend one connection for a block: what is sent on it reaches one server, or fails."""
        return Loan(self, self.idle.pop() if self.idle else KeptConnection(self._redis))

    async def aclose(self) -> None:
        """Close the idle connections."""
        while self.idle:
            await self.idle.pop().aclose()


class Loan:
    """A connection that ``connections`` get back at the end of the block."""

    __slots__ = ("_connection", "_connections")

    def __init__(self, connections: KeptConnections, connection: KeptConnection) -> None:
        self._connections = connections
        self._connection = connection

    async def __aenter__(self) -> KeptConnection:
        return self._connection

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is not None:  # also a cancellation: the others lead to the same server
            await self._connection.aclose()
            await self._connections.aclose()
        elif len(self._connections.idle) < KEPT:
            self._connections.idle.append(self._connection)
        else:
            await self._connection.aclose()


def pack(command: Sequence[Arg]) -> bytes:
    """Return ``command`` as RESP (redis.io, serialization protocol)."""
    packed: bytes = hiredis.pack_command(tuple(command))  # type: ignore[arg-type]  # any length
    return packed

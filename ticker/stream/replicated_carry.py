"""Carrying with durability ``replicated``: only what enough replicas have enters the lane.

Redis replicates its writes in order. So after a write, and a WAIT on the same connection,
everything that was on the wire before it is on the replicas. All steps use one connection: what the
replicas of one server have says nothing about another's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

from ticker.domain.cursor import StreamId
from ticker.domain.store_errors import StoreNoReplicas
from ticker.storage.connection import Redis, RedisError, translate
from ticker.storage.kept_connection import KeptConnection, KeptConnections
from ticker.storage.keys import Keys
from ticker.storage.scripts import script
from ticker.stream.lane_store import Carried, read_carried


@dataclass(frozen=True, slots=True)
class NoLane:
    """There is no lane: open it."""


CarryResult: TypeAlias = Carried | NoLane | None


class ReplicatedCarry:
    """Carries what ``replicas`` replicas have. Methods raise Unavailable."""

    def __init__(self, redis: Redis, keys: Keys, replicas: int, timeout: float) -> None:
        """``timeout`` is the seconds to wait for the replicas."""
        self._connections = KeptConnections(redis)
        self._keys = keys
        self._replicas = replicas
        self._timeout_ms = int(timeout * 1000)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._connections.aclose()

    async def step(self, count: int) -> CarryResult:
        """Carry up to ``count`` entries; return None if none waits.

        Raises StoreNoReplicas if the replicas do not get what waits in time: it stays on the wire.
        """
        mark, keys = script("stream", "mark"), self._keys
        names = (keys.live, keys.wire, keys.write_check)
        async with self._connections.borrowed() as connection:
            [marked] = await _sent(connection, [mark.call(names)], mark)
            if not marked:
                return None
            [acknowledged] = await _sent(connection, [("WAIT", self._replicas, self._timeout_ms)])
            if acknowledged < self._replicas:
                raise StoreNoReplicas(
                    f"{acknowledged} of {self._replicas} replicas have the newest events, which "
                    "stay on the wire until then"
                )
            return await carry_upto(connection, keys, count, StreamId.parse(marked)) or NoLane()


async def carry_upto(
    connection: KeptConnection, keys: Keys, count: int, upto: StreamId
) -> Carried | None:
    """Carry up to ``count`` entries, none after ``upto``; return None if there is no lane."""
    carry = script("stream", "carry")
    names = (keys.live, keys.wire, keys.current, keys.dead, keys.heartbeat)
    [reply] = await _sent(connection, [carry.call(names, [count, str(upto)])], carry)
    return read_carried(reply)


async def _sent(connection: KeptConnection, commands: list[Any], *scripts: Any) -> list[Any]:
    replies = await connection.send(commands, scripts)
    with translate():
        for reply in replies:
            if isinstance(reply, RedisError):
                raise reply
    return replies

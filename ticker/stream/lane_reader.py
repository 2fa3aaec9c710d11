"""The lane for a process that may not read the wire: a gateway, whose user of Redis cannot."""

from __future__ import annotations

from typing import Any

from ticker.domain.cursor import StreamId
from ticker.domain.errors import Unavailable
from ticker.domain.health import HeartbeatTimes
from ticker.storage.connection import Redis, translate
from ticker.storage.keys import Keys
from ticker.storage.scripts import Arg, pipeline
from ticker.stream.lane_store import LaneStore
from ticker.stream.stream_info import last_id


class NoLaneYet(Unavailable):
    """A newsroom that has just begun: a worker or the web process makes its lane."""


class LaneReader(LaneStore):
    """A lane that others make: workers and the web process, which read the wire.

    Of the other methods it offers only those that do not read the wire.
    """

    async def open(self) -> tuple[int, StreamId, StreamId]:
        """Return epoch, floor and top of the lane. Raises NoLaneYet while there is none."""
        keys = self._keys
        with translate():
            async with self._redis.pipeline(transaction=True) as pipe:
                pipe.execute_command("HGET", keys.epochs, "current")
                pipe.execute_command("GET", keys.floor)
                pipe.execute_command("EXISTS", keys.live)
                pipe.execute_command("XINFO STREAM", keys.live)
                epoch, floor, exists, info = await pipe.execute(raise_on_error=False)
            for reply in (epoch, floor, exists):
                if isinstance(reply, Exception):
                    raise reply
            if not epoch or not exists:
                raise NoLaneYet("there is no lane yet; a worker or the web process makes it")
            if isinstance(info, Exception):
                raise info
        return int(epoch), StreamId.parse(floor or b"0-0"), last_id(info)


async def heartbeat_times(redis: Redis, keys: Keys) -> HeartbeatTimes:
    """Return when the newest heartbeat reached wire and lane, without reading either.

    Raises Unavailable when Redis is away.
    """
    commands: list[tuple[Arg, ...]] = [("TIME",), ("HMGET", keys.heartbeat, "wire_ms", "live_ms")]
    with translate():
        replies: list[Any] = list(await pipeline(redis, commands))
        for reply in replies:
            if isinstance(reply, Exception):
                raise reply
    now, times = replies
    wire_ms, live_ms = (int(one) if one else None for one in times)
    return HeartbeatTimes(int(now[0]) * 1000 + int(now[1]) // 1000, wire_ms, live_ms)

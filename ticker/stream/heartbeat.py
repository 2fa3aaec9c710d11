"""Reads in one round trip how far the newsroom's heartbeat has come, for /readyz."""

from __future__ import annotations

from dataclasses import dataclass

from ticker.domain.cursor import ZERO, StreamId
from ticker.storage.connection import Redis
from ticker.storage.keys import Keys
from ticker.storage.scripts import script


@dataclass(frozen=True, slots=True)
class HeartbeatState:
    """The heartbeat as Redis has seen it. Times in ms by Redis' clock; None: never."""

    now_ms: int
    wire_ms: int | None
    """When a worker last put a heartbeat on the wire."""
    live_ms: int | None
    """When the heartbeat that last reached the lane was sent."""
    wire_top: StreamId
    live_top: StreamId
    epoch: int
    dead: int
    """Dead letters kept."""
    scheduled: int
    published: int
    """Items whose state is live."""


async def heartbeat_state(redis: Redis, keys: Keys) -> HeartbeatState:
    """Return the state of now. Raises Unavailable when Redis is away: that hop is ``redis``."""
    names = (keys.heartbeat, keys.wire, keys.live, keys.epochs, keys.dead, keys.due, keys.published)
    reply = await script("stream", "heartbeat_state")(redis, names)
    now, wire_ms, live_ms, wire_top, live_top, epoch, dead, due, published = reply
    return HeartbeatState(
        int(now),
        int(wire_ms) if wire_ms else None,
        int(live_ms) if live_ms else None,
        StreamId.parse(wire_top) if wire_top else ZERO,
        StreamId.parse(live_top) if live_top else ZERO,
        int(epoch or 0),
        dead,
        due,
        published,
    )

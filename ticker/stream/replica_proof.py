"""The proof that a server is a replica of a primary, and not of another newsroom's or an old one.

An epoch begins with each change of primary, at a microsecond of its own. So two servers that name
the same epoch have the same history up to the point that both have reached.
"""

from __future__ import annotations

import asyncio

from ticker.domain.cursor import ZERO, StreamId
from ticker.storage.connection import Redis, ResponseError, translate
from ticker.storage.keys import Keys
from ticker.storage.scripts import command, pipeline
from ticker.stream.stream_info import last_id

LOOKS = 20
LOOK_EVERY = 0.05
"""Seconds between two looks: a good replica is some milliseconds behind."""


async def prove(primary: Redis, replica: Redis, keys: Keys, position: StreamId) -> bool:
    """Tell whether ``replica`` has the epoch of ``primary`` and reaches ``position``.

    It has about a second for that. Raises Unavailable if one of them is away.
    """
    with translate():
        epoch = await command(primary, "HGET", keys.epochs, "current")
    for _ in range(LOOKS):
        found, top = await _state(replica, keys)
        if found != epoch:
            return False
        if top >= position:
            return True
        await asyncio.sleep(LOOK_EVERY)
    return False


async def _state(replica: Redis, keys: Keys) -> tuple[object, StreamId]:
    with translate("the replica"):
        asked = [("HGET", keys.epochs, "current"), ("XINFO STREAM", keys.live)]
        epoch, info = await pipeline(replica, asked)
        if isinstance(info, ResponseError) and "no such key" in str(info):
            return epoch, ZERO
        for reply in (epoch, info):
            if isinstance(reply, Exception):
                raise reply
    assert isinstance(info, dict)
    return epoch, last_id(info)

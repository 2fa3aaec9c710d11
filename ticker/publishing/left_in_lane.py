"""The end of the lane, and entries of a retracted item that are still in it."""

from __future__ import annotations

from typing import Any

from ticker.domain.cursor import ZERO, StreamId
from ticker.storage.connection import Redis, RedisError, ResponseError, translate
from ticker.storage.keys import Keys
from ticker.storage.scripts import Arg, command, pipeline

READ_AT_ONCE = 500
"""Versions of an item that one round trip looks for."""


async def lane_top(redis: Redis, keys: Keys) -> StreamId:
    """Return the lane's last id."""
    with translate():
        try:
            info = await command(redis, "XINFO", "STREAM", keys.live)
        except ResponseError as error:
            if "no such key" not in str(error):
                raise
            return ZERO
    fields = info if isinstance(info, dict) else dict(zip(info[::2], info[1::2], strict=True))
    return StreamId.parse(fields.get("last-generated-id") or fields[b"last-generated-id"])


async def left_in_lane(redis: Redis, keys: Keys, id: str, event: StreamId) -> int:
    """Return how many entries of an item before ``event`` the lane and its items still have."""
    left, start, more = 0, 0, True
    reads: list[tuple[Arg, ...]] = [("HGET", keys.current, id)]
    with translate():
        while reads or more:  # an item may have thousands of versions
            page = ("LRANGE", keys.log(id), start, start + READ_AT_ONCE - 1)
            replies: list[Any] = await pipeline(redis, [*reads, page] if more else reads)
            for reply in replies:
                if isinstance(reply, RedisError):
                    raise reply
            ids = replies.pop() if more else []
            left += sum(bool(reply) for reply in replies)
            before = [one for one in ids if StreamId.parse(one) < event]
            reads = [("XRANGE", keys.live, one, one) for one in before]
            start, more = start + READ_AT_ONCE, len(ids) == READ_AT_ONCE
    return left

"""Reading an item's receipts from Redis. Workers write them with ``lua/advance.lua``."""

from __future__ import annotations

from ticker.push.model.receipts import Receipts, read_receipts
from ticker.storage.connection import Redis, translate
from ticker.storage.keys import Keys
from ticker.storage.scripts import command


async def receipts(redis: Redis, keys: Keys, item: str) -> Receipts:
    """Return the receipts of ``item``, empty if it was never sent.

    Raises Unavailable when Redis is away.
    """
    with translate():
        return read_receipts(await command(redis, "HGETALL", keys.receipts(item)))

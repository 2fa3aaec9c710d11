"""What became of an item at the bridges, out of Redis. The workers write it (``push_advance``)."""

from __future__ import annotations

from ticker.push.model.receipts import Receipts, read_receipts
from ticker.storage.connection import Redis, translate
from ticker.storage.keys import Keys
from ticker.storage.scripts import command


async def receipts(redis: Redis, keys: Keys, item: str) -> Receipts:
    """Return the receipts of ``item``, empty if no bridge ever had to do with it.

    Raises Unavailable when Redis is away.
    """
    with translate():
        return read_receipts(await command(redis, "HGETALL", keys.receipts(item)))

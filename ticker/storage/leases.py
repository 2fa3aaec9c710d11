"""Leases: a key that one worker has for a while.

Redis keeps the end of a lease as a time of day. If its clock is set back, a lease that a dead
worker left would hold for as long as the step was.
"""

from __future__ import annotations

from ticker.storage.connection import Redis, translate
from ticker.storage.scripts import command


async def take(redis: Redis, key: str, holder: str, ms: int) -> int:
    """Take a free lease for ``ms`` and return 0, or return the ms until the other's lease ends.

    Everybody must ask for the same ``ms``: a lease that ends later is one from before a step of the
    clock, and is shortened. Raises Unavailable.
    """
    with translate():
        if await command(redis, "SET", key, holder, "NX", "PX", ms):
            return 0
        await command(redis, "PEXPIRE", key, ms, "LT")
        return max(1, int(await command(redis, "PTTL", key)))


async def hold(redis: Redis, key: str, holder: str, ms: int) -> bool:
    """Take or renew a lease for ``ms``; return whether ``holder`` has it. Raises Unavailable."""
    if not await take(redis, key, holder, ms):
        return True
    with translate():
        if await command(redis, "GET", key) != holder.encode():
            return False
        await command(redis, "PEXPIRE", key, ms)
        return True


async def release(redis: Redis, key: str, holder: str) -> None:
    """Release the lease of ``holder``, so that another can take it at once. Raises Unavailable."""
    with translate():
        if await command(redis, "GET", key) == holder.encode():
            await command(redis, "DEL", key)

"""WebSub progress in Redis: the position each hub was notified of, and the worker that notifies it.

Two workers may briefly notify a hub of the same events; that is harmless, and cheaper than a lock.
"""

from __future__ import annotations

import hashlib

from ticker.domain.cursor import StreamId
from ticker.storage import leases
from ticker.storage.connection import Redis, translate
from ticker.storage.keys import Keys
from ticker.storage.scripts import command


class HubProgress:
    """Progress and lease of one hub. Methods raise Unavailable."""

    def __init__(self, redis: Redis, keys: Keys, hub: str) -> None:
        self._redis = redis
        self._hub = hashlib.sha256(hub.encode()).hexdigest()[:16]
        self._positions = keys.websub_positions
        self._lease = keys.websub_lease(self._hub)

    async def position(self) -> StreamId | None:
        """Return the lane id up to which the hub was notified, None before the first time."""
        with translate():
            found = await command(self._redis, "HGET", self._positions, self._hub)
        return None if found is None else StreamId.parse(found)

    async def save(self, position: StreamId) -> None:
        """Store that the hub was notified up to ``position``."""
        with translate():
            await command(self._redis, "HSET", self._positions, self._hub, str(position))

    async def acquire(self, worker: str, for_ms: int) -> bool:
        """Take or renew the lease for ``for_ms``; return whether ``worker`` has it."""
        return await leases.hold(self._redis, self._lease, worker, for_ms)

    async def release(self, worker: str) -> None:
        """Release the lease of ``worker``, so that another worker can take it at once."""
        await leases.release(self._redis, self._lease, worker)

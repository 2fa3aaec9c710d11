"""Names of a newsroom's keys that change, told by Redis itself (``CLIENT TRACKING … BCAST``).

A reader that copies many keys one after the other learns with it which copies are out of date
(redis.io, "Client-side caching", broadcasting mode). Redis sends the name of every key that changed
to a second connection, before it answers what it is asked after the change. So a PING on it, sent
after an answer on another connection, is answered behind the names of all earlier changes.
"""

from __future__ import annotations

from typing import Any

from ticker.storage.connection import Redis, RedisError, ResponseError, translate
from ticker.storage.kept_connection import KeptConnection, pack

CHANNEL = "__redis__:invalidate"


class ChangedKeys:
    """The names of changed keys since ``start``. Methods raise Unavailable."""

    def __init__(self, redis: Redis, prefix: str) -> None:
        """``prefix`` is that of the keys to watch."""
        self._prefix = prefix
        self._names = KeptConnection(redis)
        self._tracking = KeptConnection(redis)

    async def start(self) -> None:
        """Begin. Raises ResponseError where the server does not permit it."""
        [number] = await self._names.run(pack(("CLIENT", "ID")), 1)
        _check(number)
        [subscribed] = await self._names.run(pack(("SUBSCRIBE", CHANNEL)), 1)
        _check(subscribed)
        track = ("CLIENT", "TRACKING", "ON", "REDIRECT", number, "BCAST", "PREFIX", self._prefix)
        [tracking] = await self._tracking.run(pack(track), 1)
        _check(tracking)

    async def since_last(self) -> set[bytes]:
        """Return the keys that changed since the last call, up to now."""
        changed: set[bytes] = set()
        reply = await self._next(pack(("PING",)))
        while reply[0] != b"pong":
            if reply[0] == b"message":
                if reply[2] is None:
                    raise ResponseError("all keys were deleted")
                changed.update(reply[2])
            reply = await self._next()
        return changed

    async def _next(self, request: bytes = b"") -> Any:
        """Send ``request`` and return the next message on the connection of the names."""
        [reply] = await self._names.run(request, 1)
        _check(reply)
        return reply

    async def run(self, commands: list[tuple[Any, ...]]) -> list[Any]:
        """Run ``commands`` in one transaction; return their replies, errors among them."""
        packed = b"".join(pack(one) for one in [("MULTI",), *commands, ("EXEC",)])
        replies = await self._tracking.run(packed, len(commands) + 2)
        _check(replies[0])
        _check(replies[-1])
        found: list[Any] = replies[-1]
        return found

    async def aclose(self) -> None:
        """Stop. The connections are closed: neither can be used for anything else."""
        await self._names.aclose()
        await self._tracking.aclose()


def _check(reply: Any) -> None:
    if isinstance(reply, RedisError):
        with translate():
            raise reply

"""Editor keys at a gateway: editors read protected editions with them.

The gateway's Redis user may read the keys' digests. A result is cached for ``TTL`` seconds; so a
revoked key opens no connection after them. A connection that is open stays open.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from hashlib import sha256

from ticker.domain.errors import Unavailable

TTL = 5.0
"""Seconds for which a result is cached."""
CACHED_MAX = 1_024
LOOKUPS_MAX = 16
"""Look-ups at once; a key beyond them is told to come back."""


class EditorRights:
    """Results of look-ups by ``is_key``. ``clock`` is monotonic seconds."""

    def __init__(
        self, is_key: Callable[[str], Awaitable[bool]], clock: Callable[[], float]
    ) -> None:
        self._is_key = is_key
        self._clock = clock
        self._results: OrderedDict[bytes, tuple[bool, float]] = OrderedDict()
        self._running = 0

    def known(self, secret: str) -> bool | None:
        """Return whether the key is valid; None if it must be looked up."""
        result = self._results.get(_digest(secret))
        return result[0] if result is not None and self._clock() < result[1] else None

    async def look_up(self, secret: str) -> None:
        """Ask Redis about the key. Without an answer ``known`` goes on returning None."""
        if self._running >= LOOKUPS_MAX:
            return
        self._running += 1
        now = self._clock()
        try:
            valid = await self._is_key(secret)
        except Unavailable:
            return
        finally:
            self._running -= 1
        self._results[_digest(secret)] = valid, now + TTL
        self._results.move_to_end(_digest(secret))
        if len(self._results) > CACHED_MAX:
            self._results.popitem(last=False)


def _digest(secret: str) -> bytes:
    return sha256(secret.encode(errors="replace")).digest()

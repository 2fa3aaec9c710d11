"""The bounds of a hub."""

from __future__ import annotations

from dataclasses import dataclass

CLOSE_TIMEOUT = 3.0
"""Seconds that a closing connection has to take its last bytes and answer the close frame."""
RECONNECTS_PER_SECOND = 2_000
"""Readers of a stopping server that come back in one second, unless ``drain`` is too short for
that: a server admits about three times as many."""
RECONNECT_WITHIN = 0.5
"""Seconds after its close within which a reader of a stopping server comes back."""

UNSENT_MAX = 8_192
"""Bytes of a reader's events that the kernel holds back unsent (``TCP_NOTSENT_LOWAT``).

More is held as state of the subscriber: it costs no memory, and a retraction can still remove it.
The kernel takes the bytes of one write together, so it may hold about four times as many."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Times in seconds; ``max_connections`` counts subscribers."""

    heartbeat: int = 25
    lag_limit: float = 30.0
    ahead_wait: float = 2.0
    max_connections: int = 50_000
    drain: float = 5.0
    unread: int = 256 * 1_048_576
    """Bytes that all paused readers may leave unread in their transports. Beyond it, the longest
    paused are cut: a snapshot has up to 200 items, and a client that never reads costs it."""

    def drain_over(self, connections: int) -> float:
        """Return the seconds over which a stopping server closes so many readers."""
        return min(self.drain, connections / RECONNECTS_PER_SECOND)

    def retry_within(self, connections: int) -> float:
        """Return the seconds within which each of so many readers tries again in vain."""
        return max(RECONNECT_WITHIN, connections / RECONNECTS_PER_SECOND)

"""The bounds of a hub."""

from __future__ import annotations

from dataclasses import dataclass

CLOSE_TIMEOUT = 3.0
"""Seconds that a closing connection has to take its last bytes and answer the close frame."""

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

"""The limits of push registrations, besides their number."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

UNPROVEN_MS = 14 * 86_400_000
"""How long a browser at an unknown push service may stay without accepting a message."""
FAILURES_MAX = 3
"""Messages that may fail for such a browser before it is deleted."""

REFUSALS: Mapping[bytes, str] = {
    b"full": "this newsroom accepts no more subscriptions",
    b"unknown_full": (
        "this newsroom accepts no more subscriptions at push services that it does not know"
    ),
    b"host_full": (
        "this newsroom accepts no more subscriptions at this push service, which it does not know"
    ),
}
"""The script's answer at a limit, and the text for the client."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of one provider. A registration beyond them is refused."""

    bytes_max: int = 4_000_000_000
    """Bytes in Redis, as the script estimates them."""
    unknown_max: int = 5_000
    """Browsers at unknown push services together."""
    unknown_host_max: int = 100
    """Browsers at one unknown host."""

    @property
    def fields(self) -> dict[str, int]:
        """Return the limits by their names in the script that registers."""
        return {
            "bytes": self.bytes_max,
            "unknown": self.unknown_max,
            "unknown_host": self.unknown_host_max,
            "unproven_ms": UNPROVEN_MS,
        }

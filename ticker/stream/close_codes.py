"""Close codes: every one says come back or stop (PROTOCOL.md §7)."""

from __future__ import annotations

from enum import IntEnum


class CloseCode(IntEnum):
    """Why a connection ends. 1012 and 4000–4099: come back. 4400–4499: do not."""

    DRAIN = 1012
    LAGGING = 4001
    LANE_RESET = 4002
    TOO_MANY_CONNECTIONS = 4003
    STARTING = 4004
    BAD_REQUEST = 4400
    UNAUTHORISED = 4401
    ORIGIN = 4403
    TOO_LARGE = 4413
    TOO_FAST = 4429

    @property
    def come_back(self) -> bool:
        """Tell whether the client should reconnect."""
        return self < 4400

"""Close codes: each one tells the client to reconnect or to stop (PROTOCOL.md §7).

docs/reference/close-codes.md is made from the docstrings (``./scripts/docs --write``).
"""

from __future__ import annotations

from enum import IntEnum


class CloseCode(IntEnum):
    """Reasons to close a connection. 1002, 1012 and 4000–4099: reconnect. 4400–4499: stop."""

    PROTOCOL_ERROR = 1002
    """A frame that RFC 6455 does not allow. The client's library made it, or a proxy between: Caddy
    before 2.6.3 ends connections with such a frame when its configuration is loaded anew."""
    DRAIN = 1012
    """The server stops or is being replaced. Reconnect after `goodbye.delay_ms`."""
    LAGGING = 4001
    """The reader was paused for longer than `lag_limit`. Reconnect with the cursor."""
    LANE_RESET = 4002
    """Reserved. This version resets a reader in place."""
    TOO_MANY_CONNECTIONS = 4003
    """This server, or the reader's address, has its maximum number of readers (`max_connections`,
    `address_connections`, `address_connects`)."""
    STARTING = 4004
    """The server has not read the lane yet."""
    BEHIND = 4005
    """The cursor is newer than what this server can know now. Another server may know more."""
    BAD_REQUEST = 4400
    """The filter or message is not valid; the `error` message says why."""
    UNAUTHORISED = 4401
    """The edition needs a reader token, and there is none, or it is refused, does not permit the
    edition, or has expired. Reconnect with the cursor and a new token, if you can get one."""
    ORIGIN = 4403
    """This site is not allowed to embed the ticker (`allowed_origins`)."""
    TOO_LARGE = 4413
    """The message is larger than `max_message`."""
    TOO_FAST = 4429
    """More messages than `max_messages` in ten seconds."""

    @property
    def come_back(self) -> bool:
        """Tell whether the client should reconnect."""
        return self < 4400

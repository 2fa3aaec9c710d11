"""Settings: limits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from ticker.config.fields import Record
from ticker.config.values import Bounds

if TYPE_CHECKING:
    pass


class LimitSettings(Record):
    """Limits."""

    max_connections: Annotated[int, Bounds(ge=1)] = 50_000
    """Live readers of one process. Further ones are told to reconnect later (4003 or 503)."""
    audience_public: bool = False
    """Whether readers may ask how many readers there are (`GET /v1/audience`): rounded down to two
    digits, without counts below ten. Editors always may, and get exact counts."""
    favicon_badge: bool = True
    """Whether a tab of the site has a dot on its icon while an alert has arrived unread in it."""
    max_subscribes: Annotated[float, Bounds(gt=0, le=100)] = 1.0
    """Times in a second that a WebSocket client may change its subscription, after a burst of five.
    A change beyond that waits; of several that wait, the last one counts."""
    send_buffer: Annotated[int, Bounds(ge=4_096)] = 262_144
    """Bytes of a reader's socket buffer in the kernel. A reader that does not accept more is paused
    and resumes from the window."""
    lag_limit: Annotated[float, Bounds(gt=0)] = 30.0
    """Seconds for which a reader may stay paused. Then it is closed with 4001 and reconnects."""
    ahead_wait: Annotated[float, Bounds(ge=0, le=30)] = 2.0
    """Seconds for which a cursor that is ahead of this server waits for the tail before a reset."""
    handshake_timeout: Annotated[float, Bounds(gt=0)] = 10.0
    """Seconds within which a whole request must arrive; then 408."""
    max_message: Annotated[int, Bounds(ge=256, le=1_048_576)] = 8_192
    """Bytes of the largest message that a WebSocket client may send (4413)."""
    max_messages: Annotated[int, Bounds(ge=1, le=1_000)] = 20
    """Messages that a WebSocket client may send in ten seconds (4429)."""
    max_body: Annotated[int, Bounds(ge=1_024)] = 65_536
    """Bytes of the largest request body (413)."""
    max_import_body: Annotated[int, Bounds(ge=1_024)] = 8 * 1_048_576
    """Bytes of the largest import (413)."""
    max_media_body: Annotated[int, Bounds(ge=1_024, le=200_000_000)] = 24 * 1_048_576
    """Bytes of the largest picture that may be uploaded (413)."""

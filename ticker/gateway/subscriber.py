"""One reader's connection as the hub sees it, whatever the transport."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from typing import TYPE_CHECKING

from ticker.domain.cursor import StreamId
from ticker.gateway.direct_socket import DirectSocket
from ticker.gateway.subscription_group import Framing, SubscriptionGroup
from ticker.stream import frames
from ticker.stream.close_codes import CloseCode

if TYPE_CHECKING:
    from ticker.gateway.hub import Hub
    from ticker.gateway.query_parser import Subscription


class Subscriber(asyncio.Protocol):
    """A live reader. ``position`` is None while it is up to date; else where it stands.

    The transport calls ``pause_writing`` when the socket does not take all that is written. From
    then on nothing is written; when it drains, the hub resumes the reader from its position.
    """

    __slots__ = (
        "audience",
        "backlog",
        "closing",
        "compacted",
        "held",
        "hub",
        "line",
        "paused_at",
        "pending",
        "position",
        "slot",
        "stale",
        "transport",
    )

    framing: Framing

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        self.transport: asyncio.Transport = None  # type: ignore[assignment]  # connection_made
        self.audience: SubscriptionGroup | None = None
        self.position: StreamId | None = None
        self.paused_at: float | None = None
        self.pending: Subscription | None = None
        """What it asked for while paused; answered when it drains."""
        self.compacted = False
        self.stale: str | None = None
        self.closing = False
        self.line: DirectSocket | None = None
        self.held = b""
        self.backlog = 0
        self.slot = -1

    def attach(self, transport: asyncio.Transport) -> None:
        """Take ``transport``: it is to keep nothing back without saying so."""
        self.transport = transport
        transport.set_write_buffer_limits(high=0)

    def direct(self) -> Callable[[bytes], int]:
        """Return what sends on this reader's own line and says how many bytes went.

        The line is made when it is first asked for; the hub asks once the reader is live.
        """
        if self.line is None:
            if self.transport.get_extra_info("ssl_object") is not None:
                return self.take_nothing
            plug = self.transport.get_extra_info("socket")
            if plug is None:
                return self.take_nothing
            self.line = DirectSocket.to(self, plug.fileno())
        return self.line.send

    def detach(self) -> None:
        """Let go of the socket, which is the transport's to close."""
        if self.line is not None:
            self.line.detach()
            self.line = None

    def take_nothing(self, data: bytes) -> int:
        """Take none of ``data``: what has no line of its own is served by its transport."""
        return 0

    def hold(self, data: bytes) -> None:
        """Keep ``data`` for the next write: a handshake, a welcome and a replay are one packet."""
        self.held += data

    def write(self, data: bytes = b"") -> None:
        """Hand ``data`` to the transport, after what is held. Without ``data``, only that."""
        if self.held:
            data, self.held = self.held + data, b""
        if data:
            self.transport.write(data)

    def send(self, kind: str, payload: bytes, cursor: str | None = None) -> None:
        """Write one message, framed for this transport."""
        self.write(type(self).framing(kind, payload, cursor))

    def pause_writing(self) -> None:
        """Stop: the transport has more than it can send."""
        self.hub.pause(self)

    def resume_writing(self) -> None:
        """Go on: the transport has sent nearly all of it."""
        self.hub.resume(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Leave the hub; the reader comes back with its cursor."""
        self.hub.lost(self)

    def goodbye(self, reason: str, delay_ms: int) -> None:
        """Announce a planned close."""
        self.send("goodbye", frames.goodbye(reason, delay_ms))

    def refuse(self, code: CloseCode, name: str, message: str) -> None:
        """Say why, then close with ``code``."""
        self.send("error", frames.error(name, message))
        self.close(code, name)

    def shutdown(self) -> None:
        """Say goodbye now, close at this reader's own moment within the drain (PROTOCOL.md §8)."""
        if self.closing:
            return
        drain = self.hub.limits.drain
        self.goodbye("drain", int(random.uniform(0, drain) * 1000))  # jitter
        later = asyncio.get_running_loop().call_later
        later(random.uniform(0, drain), self.close, CloseCode.DRAIN, "drain")

    def close(self, code: CloseCode, reason: str) -> None:
        """End the connection; ``code`` tells the client whether to come back.

        The peer has ``hub.LINGER`` seconds to take what is written; then the connection is cut.
        """
        if not self.closing:
            self.closing = True
            self.hub.leave(self)
            self.hub.linger(self)
            self.finish(code, reason)

    def finish(self, code: CloseCode, reason: str) -> None:
        """Write the transport's own ending."""
        raise NotImplementedError

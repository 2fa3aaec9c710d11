"""The WebSocket edge: one small protocol object per connection, without a task or a timer.

``ConnectionRouter`` hands the transport over with the request head already parsed. A request that
did not arrive in one piece comes through uvicorn (``uvicorn.Config(ws=WebSocketProtocol)``), which
calls ``connection_made``, then ``data_received`` with the head as bytes. At shutdown uvicorn calls
``shutdown`` on everything in ``server_state.connections`` and waits until that is empty.
The tests of this module pin the parts of uvicorn used here.
"""

from __future__ import annotations

import asyncio
from typing import Any, assert_never, cast

from uvicorn.config import Config
from uvicorn.server import ServerState

from ticker.domain.errors import BadRequest
from ticker.gateway.app_state import gateway_of
from ticker.gateway.framing import websocket_framing
from ticker.gateway.handshake import Refused, respond
from ticker.gateway.request_head import Head, read_head
from ticker.gateway.subscriber import Subscriber
from ticker.gateway.subscriber_state import Paused
from ticker.gateway.websocket_session import (
    Closed,
    Effect,
    Fail,
    Reply,
    SendHeartbeat,
    Session,
    Subscribe,
)
from ticker.stream import frames
from ticker.stream.close_codes import CloseCode


class WebSocketProtocol(Subscriber):
    """One WebSocket connection."""

    __slots__ = ("_gateway", "_opened", "_session", "_state")

    framing = staticmethod(websocket_framing)

    def __init__(
        self, config: Config, server_state: ServerState, app_state: dict[str, Any]
    ) -> None:
        self._gateway = gateway_of(app_state)
        super().__init__(self._gateway.hub)
        self._state = server_state
        self._session: Session | None = None
        """Made when the client first sends something; most clients never do."""
        self._opened = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the transport over."""
        # uvloop's transports do not derive from asyncio's class, so this cannot be asserted.
        self.attach(cast(asyncio.Transport, transport))
        self._state.connections.add(self)  # type: ignore[arg-type]  # uvicorn's own union

    def connection_lost(self, exc: Exception | None) -> None:
        """Remove this connection from uvicorn and the hub."""
        self._state.connections.discard(self)
        super().connection_lost(exc)

    def eof_received(self) -> bool:
        """Close when the peer does: a half-open connection has no use."""
        return False

    def data_received(self, data: bytes) -> None:
        """Take the request head first, then frames."""
        if not self._opened:
            self.open(read_head(data))
            return
        session = self._session
        if session is None:
            settings = self._gateway.settings
            session = self._session = Session(
                self._gateway.query_parser, settings.max_message, settings.max_messages
            )
        if self.closing:
            if session.ended(data):
                self.transport.close()
            return
        for effect in session.receive(data, self._gateway.clock()):
            self._perform(effect)

    def open(self, head: Head | None) -> None:
        """Answer the upgrade request and subscribe, or refuse with the reason."""
        self._opened = True
        gateway, hub = self._gateway, self._gateway.hub
        outcome = respond(head)
        self.hold(outcome.response)
        if head is None or isinstance(outcome, Refused):
            hub.counters.refused("handshake")
            self.write()
            self.transport.close()
            return
        # A browser's script cannot see why an upgrade was refused. From here on the connection is
        # open, and an error message with a close code tells it.
        try:
            subscription = gateway.query_parser.from_query(head.query)
        except BadRequest as error:
            self._refuse(CloseCode.BAD_REQUEST, error.slug.replace("-", "_"), error.detail)
            return
        if not gateway.allows(head.headers.get("origin")):
            self._refuse(CloseCode.ORIGIN, "origin", "this site may not embed this ticker")
        elif hub.full:
            self._refuse(CloseCode.TOO_MANY_CONNECTIONS, "full", "too many connections; try again")
        elif not gateway.ready:
            self._refuse(CloseCode.STARTING, "starting", "this server has just started; try again")
        else:
            hub.join(self, subscription)

    def _refuse(self, code: CloseCode, name: str, message: str) -> None:
        self._gateway.hub.counters.refused(name)
        self.refuse(code, name, message)

    def _perform(self, effect: Effect) -> None:
        match effect:
            case Subscribe(subscription):
                self._gateway.hub.join(self, subscription)
            case SendHeartbeat():
                # Only a live subscriber has everything up to the lane's cursor: one that is behind
                # would miss events, and one that is ahead of this server would get them twice.
                if self.live:
                    cursor = str(self._gateway.lane.cursor)
                    self.send("heartbeat", frames.heartbeat(cursor), cursor)
            case Reply(data):
                self.transport.write(data)
            case Fail(code, name, message):
                self._refuse(code, name, message)
            case Closed():
                if self.hub.close(self, None):
                    self.transport.close()
            case _:
                assert_never(effect)

    def pause_writing(self) -> None:
        """Stop writing, and reading too: every answer would add to the full buffer."""
        super().pause_writing()
        if not self.closing:
            self.transport.pause_reading()

    def resume_writing(self) -> None:
        """Read and write again."""
        if not self.closing:
            self.transport.resume_reading()
        super().resume_writing()

    def close(self, code: CloseCode, reason: str) -> None:
        """End the connection; read again, if paused, for the client's close frame."""
        if isinstance(self.state, Paused):
            self.transport.resume_reading()
        super().close(code, reason)

    def finish(self, code: CloseCode, reason: str) -> None:
        """Write the close frame; the client's answer, or ``CLOSE_TIMEOUT``, ends the connection.

        A client that has lost its framing can send no answer that is readable: the connection is
        half-closed and the rest of its input dropped, so that it still reads the reason.
        """
        self.transport.write(frames.ws_close(code, reason))
        if self._session is not None and self._session.broken and self.transport.can_write_eof():
            self.transport.write_eof()

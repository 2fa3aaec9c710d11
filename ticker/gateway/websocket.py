"""The WebSocket edge: one small protocol object per reader, no task and no timer.

``Front`` hands a reader's transport over with its request head already read. A request that did
not come in one piece takes uvicorn's way instead (``uvicorn.Config(ws=WebSocketProtocol)``): it
calls ``connection_made``, then ``data_received`` with the head written out again. At shutdown
uvicorn calls ``shutdown`` on everything in ``server_state.connections`` and waits until that is
empty. tests/gateway/test_websocket.py pins what we use of it.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, cast

from uvicorn.config import Config
from uvicorn.server import ServerState

from ticker.domain.errors import BadRequest
from ticker.gateway import subscription_group
from ticker.gateway.handshake import Refused, answer
from ticker.gateway.request_head import Head, read_head
from ticker.gateway.subscriber import Subscriber
from ticker.gateway.websocket_session import Beat, Closed, Effect, Fail, Reply, Session, Subscribe
from ticker.stream import frames
from ticker.stream.close_codes import CloseCode

if TYPE_CHECKING:
    from ticker.gateway.gateway import Gateway


class WebSocketProtocol(Subscriber):
    """One WebSocket reader."""

    __slots__ = ("_gateway", "_greeted", "_session", "_state")

    framing = staticmethod(subscription_group.ws)

    def __init__(
        self, config: Config, server_state: ServerState, app_state: dict[str, Any]
    ) -> None:
        self._gateway: Gateway = app_state["gateway"]
        super().__init__(self._gateway.hub)
        self._state = server_state
        self._session: Session | None = None
        self._greeted = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the transport over from uvicorn's HTTP protocol."""
        # uvloop's transports do not derive from asyncio's class, so this cannot be asserted.
        self.attach(cast(asyncio.Transport, transport))
        self._state.connections.add(self)  # type: ignore[arg-type]  # uvicorn's own union

    def connection_lost(self, exc: Exception | None) -> None:
        """Let uvicorn and the hub forget this connection."""
        self._state.connections.discard(self)
        super().connection_lost(exc)

    def eof_received(self) -> bool:
        """Close when the peer does; nobody reads a half-open ticker."""
        return False

    def data_received(self, data: bytes) -> None:
        """Take the request head first, then frames."""
        if not self._greeted:
            self.greet(read_head(data))
            return
        session = self._session
        if session is None:
            settings = self._gateway.settings
            session = self._session = Session(
                self._gateway.reader, settings.max_message, settings.max_messages
            )
        if self.closing:
            if session.ended(data):
                self.transport.close()
            return
        for effect in session.receive(data, self._gateway.clock()):
            self._perform(effect)

    def greet(self, head: Head | None) -> None:
        """Answer the upgrade request and subscribe, or say why not."""
        self._greeted = True
        outcome = answer(head)
        self.hold(outcome.response)
        if head is None or isinstance(outcome, Refused):
            self.hub.counters.refused += 1
            self.write()
            self.transport.close()
            return
        # From here on a browser's script can see why; the status of a refused upgrade it cannot.
        try:
            subscription = self._gateway.reader.from_query(head.query)
        except BadRequest as error:
            self._refuse(CloseCode.BAD_REQUEST, error.slug.replace("-", "_"), error.detail)
            return
        if not self._gateway.admits(head.headers.get("origin")):
            self._refuse(CloseCode.ORIGIN, "origin", "this site may not embed this ticker")
        elif self.hub.full:
            self._refuse(CloseCode.TOO_MANY_CONNECTIONS, "full", "too many readers here; try again")
        elif not self._gateway.ready:
            self._refuse(CloseCode.STARTING, "starting", "this server has just started; try again")
        else:
            self.hub.join(self, subscription)

    def _refuse(self, code: CloseCode, name: str, message: str) -> None:
        self.hub.counters.refused += 1
        self.refuse(code, name, message)

    def _perform(self, effect: Effect) -> None:
        match effect:
            case Subscribe(subscription):
                self.hub.join(self, subscription)
            case Beat():
                cursor = str(self.hub.lane.cursor)
                # A reader that is behind must not be told a cursor beyond what it has, and one
                # that waits for this server must not be sent back.
                if self.audience is not None and self in self.audience.live:
                    self.send("heartbeat", frames.heartbeat(cursor), cursor)
            case Reply(data):
                self.transport.write(data)
            case Fail(code, name, message):
                self._refuse(code, name, message)
            case Closed():
                self.closing = True
                self.hub.leave(self)
                self.hub.linger(self)
                self.transport.close()

    def pause_writing(self) -> None:
        """Stop writing, and reading too: every answer would only add to what cannot be sent."""
        super().pause_writing()
        if not self.closing:
            self.transport.pause_reading()

    def resume_writing(self) -> None:
        """Read and write again."""
        if not self.closing:
            self.transport.resume_reading()
        super().resume_writing()

    def finish(self, code: CloseCode, reason: str) -> None:
        """Write the close frame; the client's answer, or ``LINGER``, ends the connection.

        From a client that has lost its framing no answer can be read: it is half-closed, and the
        rest of what it sends is dropped, so that it still gets to read why.
        """
        if self.paused_at is not None:
            self.transport.resume_reading()
        self.transport.write(frames.ws_close(code, reason))
        if self._session is not None and self._session.broken and self.transport.can_write_eof():
            self.transport.write_eof()

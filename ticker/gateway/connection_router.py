"""First protocol of every connection: reads the first bytes and picks the protocol that serves it.

A subscriber's whole request usually arrives in one piece and needs neither an HTTP parser nor an
ASGI scope: its head is parsed here, once, and the transport goes to the WebSocket or event-stream
protocol. In a storm these connections pass through ``AdmissionQueue``. Every other request, and
every one that is not plain, goes to ``HttpProtocol``.
"""

from __future__ import annotations

import asyncio
from typing import Any, cast

from uvicorn.config import Config
from uvicorn.server import ServerState

from ticker.domain.errors import TickerError, Unavailable
from ticker.gateway import handshake, sse
from ticker.gateway.app_state import gateway_of
from ticker.gateway.connection_gate import CloseUnread
from ticker.gateway.http_protocol import HEAD_MAX, HttpProtocol
from ticker.gateway.http_refusal import refusal
from ticker.gateway.request_head import read_head
from ticker.gateway.websocket import WebSocketProtocol


class ConnectionRouter(asyncio.Protocol):
    """Protocol that ``uvicorn.Config(http=ConnectionRouter)`` makes for every connection."""

    __slots__ = (
        "_app_state",
        "_config",
        "_data",
        "_gateway",
        "_refusal",
        "_refused",
        "_state",
        "_transport",
    )

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        self._config = config
        self._state = server_state
        self._app_state = app_state
        self._gateway = gateway_of(app_state)
        self._transport: asyncio.Transport | None = None
        self._data = b""
        self._refusal: TickerError | None = None
        """Why the connection is refused, once its request arrives."""
        self._refused = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Start the deadline for the request."""
        self._transport = cast("asyncio.Transport", transport)
        self._state.connections.add(self)  # type: ignore[arg-type]  # uvicorn's own union
        self._gateway.request_deadlines.start(self._transport)
        verdict = self._gateway.gate.open(self._transport)
        if isinstance(verdict, CloseUnread):
            self._transport.abort()
        else:
            self._refusal = verdict

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget a connection that ended before its request."""
        if self._transport is not None:
            self._gateway.gate.closed(self._transport)
            self._gateway.request_deadlines.drained(self._transport)
        self._release()

    def eof_received(self) -> bool:
        """Close when the peer does."""
        return False

    def data_received(self, data: bytes) -> None:
        """Queue a request that may be a subscriber's; serve every other one at once."""
        if self._refusal is not None and not self._admits(self._refusal, data):
            return
        if self._data:
            self._data += data  # queued already
            if len(self._data) > HEAD_MAX:
                self._serve_http()
        elif data.startswith(b"GET /v1/") and len(data) <= HEAD_MAX:
            self._data = data
            if self._gateway.admission_queue.full:
                self._refusal = Unavailable("too many readers at once; try again", 2)
                self._admits(self._refusal, data)
                return
            self._gateway.admission_queue.add(self._serve)
        else:
            self._data = data
            self._serve_http()

    def shutdown(self) -> None:
        """Close: there is no request to finish."""
        if self._transport is not None:
            self._transport.close()

    def _admits(self, why: TickerError, data: bytes) -> bool:
        """Tell whether a refused connection is served after all; answer it if it is not."""
        transport = self._transport
        if transport is None or self._refused:
            return False
        if self._gateway.gate.serves(transport, why, data):
            self._refusal = None
            return True
        self._refused = True
        self._gateway.hub.counters.refused(why.slug)
        self._gateway.request_deadlines.stop(transport)
        self._gateway.request_deadlines.linger(transport)
        transport.write(refusal(why))
        if transport.can_write_eof():
            transport.write_eof()
        return False

    def _serve(self) -> None:
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        head = read_head(self._data)
        if head is None or not (
            head.path == sse.PATH or (head.path == handshake.PATH and head.upgrades)
        ):
            self._serve_http()
            return
        self._release()
        if head.path == sse.PATH:
            stream = sse.EventStreamProtocol(self._gateway, self._state)
            transport.set_protocol(stream)
            stream.open(transport, head.query, head.headers)
        else:
            websocket = WebSocketProtocol(self._config, self._state, self._app_state)
            transport.set_protocol(websocket)
            websocket.connection_made(transport)
            websocket.open(head)

    def _serve_http(self) -> None:
        transport = self._transport
        if transport is not None:
            self._release()
            http = HttpProtocol(self._config, self._state, self._app_state)
            transport.set_protocol(http)
            http.connection_made(transport)
            http.data_received(self._data)

    def _release(self) -> None:
        if self._transport is not None:
            self._gateway.request_deadlines.stop(self._transport)
            self._state.connections.discard(self)
            self._transport = None

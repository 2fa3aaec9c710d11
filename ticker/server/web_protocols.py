"""The web process's protocol classes: uvicorn's, with limits, and without live readers."""

from __future__ import annotations

import asyncio
from typing import Any, cast

from uvicorn.config import Config
from uvicorn.server import ServerState

from ticker.domain.errors import TickerError
from ticker.gateway.app_state import gateway_of
from ticker.gateway.connection_gate import CloseUnread
from ticker.gateway.http_refusal import refusal
from ticker.gateway.shared_port_protocol import SharedPortProtocol

_NOT_HERE = b"WebSockets are at /v1/ws."
_REFUSED = (
    b"HTTP/1.1 404 Not Found\r\ncontent-type: text/plain; charset=utf-8\r\n"
    b"connection: close\r\ncontent-length: %d\r\n\r\n%s" % (len(_NOT_HERE), _NOT_HERE)
)


class WebHttpProtocol(SharedPortProtocol):
    """One HTTP connection, accepted here or handed over by a gateway."""

    streams = False

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
        seconds: float | None = None,
        internal: bool = False,
    ) -> None:
        """``seconds`` is the time for the first request, if it is not the whole timeout.

        An ``internal`` connection is a gateway's own, and none of its requests is a reader's.
        """
        super().__init__(config, server_state, app_state, _loop)
        if internal:
            self.shared_port = None
        self._first_seconds = seconds
        self._verdict: TickerError | None = None
        """Why the connection is refused, once its request arrives."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start the deadline for the first request."""
        super().connection_made(transport)
        verdict = self._gateway.gate.open(transport, known=self._first_seconds is not None)
        if isinstance(verdict, CloseUnread):
            transport.abort()
        else:
            self._verdict = verdict

    def data_received(self, data: bytes) -> None:
        """Parse, unless the connection is refused; at the limit an editor's is served."""
        verdict, self._verdict = self._verdict, None
        if verdict is not None and not self._gateway.gate.serves(self.transport, verdict, data):
            self._ended = True
            self._end(refusal(verdict))
            return
        super().data_received(data)


class NoWebSocket(asyncio.Protocol):
    """Refuses a WebSocket handshake: the gateway takes those that have the right address."""

    def __init__(
        self, config: Config, server_state: ServerState, app_state: dict[str, Any]
    ) -> None:
        self._gate = gateway_of(app_state).gate
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Refuse."""
        self._transport = cast("asyncio.Transport", transport)
        self._transport.write(_REFUSED)
        self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        if self._transport is not None:
            self._gate.closed(self._transport)

    def pause_writing(self) -> None:
        """Wait: the answer is written, and the connection closes after it."""

"""uvicorn's HTTP protocol with the limits that a public edge needs.

A request must arrive within ``handshake_timeout`` seconds, and one more for every ``BODY_RATE``
bytes of its body. Its head has a bound. ``GET /v1/events`` leaves ASGI for ``EventStreamProtocol``
on the same transport. The tests of this module pin the parts of uvicorn used here.
"""

from __future__ import annotations

import asyncio
from typing import cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from ticker.gateway.app_state import gateway_of
from ticker.gateway.gateway import Gateway
from ticker.gateway.sse import PATH, EventStreamProtocol
from ticker.gateway.websocket import WebSocketProtocol

HEAD_MAX = 32_768
"""Bytes of a request's line and headers; more is answered with 431."""
BODY_RATE = 16_384
"""Bytes of body that extend the deadline by a second: enough for a slow upload, not for a stall."""

_TOO_LARGE = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\n"
    b"content-length: 0\r\nconnection: close\r\n\r\n"
)


class HttpProtocol(HttpToolsProtocol):
    """One HTTP connection."""

    _stream = False
    """Whether the request asks for an event stream."""
    _in_head = True
    _head_size = 0

    @property
    def _gateway(self) -> Gateway:
        return gateway_of(self.app_state)

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start the deadline for the first request."""
        super().connection_made(transport)
        self._gateway.request_deadlines.start(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """Remove the deadline."""
        self._gateway.request_deadlines.stop(self.transport)
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        """Start the deadline for another request on the same connection."""
        super().on_message_begin()
        self._in_head = True
        self._head_size = 0
        self._gateway.request_deadlines.start(self.transport)

    def on_headers_complete(self) -> None:
        """Keep an event stream from becoming an ASGI request."""
        self._in_head = False
        path = self.url.partition(b"?")[0]
        if (
            path == PATH.encode()
            and self.parser.get_method() == b"GET"
            and not self.parser.should_upgrade()
        ):
            self._stream = True
            self.scope["method"] = "GET"
            return
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Extend the deadline; drop the body of a request for an event stream."""
        self._gateway.request_deadlines.extend(self.transport, len(body) / BODY_RATE)
        if not self._stream:
            super().on_body(body)

    def on_message_complete(self) -> None:
        """Remove the deadline: the request is complete."""
        self._gateway.request_deadlines.stop(self.transport)
        if not self._stream:
            super().on_message_complete()

    def handle_websocket_upgrade(self) -> None:
        """Remove the deadline and hand the transport over."""
        self._gateway.request_deadlines.stop(self.transport)
        if self._busy:
            self.transport.abort()
            return
        super().handle_websocket_upgrade()
        # uvicorn sets the transport's protocol last. A pause before that was reported to this
        # protocol, and the transport does not report it again.
        if self.flow.write_paused and not self.transport.is_closing():
            cast(WebSocketProtocol, self.transport.get_protocol()).pause_writing()

    @property
    def _busy(self) -> bool:
        """Tell whether an earlier request on this connection has no complete response yet."""
        return self.cycle is not None and not self.cycle.response_complete

    def data_received(self, data: bytes) -> None:
        """Parse; hand the transport over once a request for an event stream is complete."""
        super().data_received(data)
        if self._in_head:
            self._head_size += len(data)
            if self._head_size > HEAD_MAX and not self.transport.is_closing():
                self.transport.write(_TOO_LARGE)
                self.transport.close()
        if self._stream and not self.transport.is_closing():
            if self._busy:
                self.transport.abort()
                return
            self.connections.discard(self)
            self._gateway.request_deadlines.stop(self.transport)
            stream = EventStreamProtocol(self._gateway, self.server_state)
            self.transport.set_protocol(stream)
            if self.flow.write_paused:  # by an earlier response; it is not reported again
                stream.pause_writing()
            query = self.url.partition(b"?")[2].decode("latin-1")
            headers = {
                name.decode("latin-1"): value.decode("latin-1") for name, value in self.headers
            }
            stream.open(self.transport, query, headers)

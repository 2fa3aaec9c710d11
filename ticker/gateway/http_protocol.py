"""uvicorn's HTTP protocol with the limits that a public edge needs.

A request must arrive within ``handshake_timeout`` seconds, and one more for every ``BODY_RATE``
bytes of its body. Its head, the framing of its body, and the requests that wait on one connection
have bounds. Trailers are dropped: none of them becomes a header (RFC 9110 §6.5.1).
``GET /v1/events`` leaves ASGI for ``EventStreamProtocol`` on the same transport. The tests of this
module pin the parts of uvicorn and httptools used here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import partial
from typing import Any, cast
from urllib.parse import unquote_to_bytes

import httptools
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from ticker.domain.errors import BadRequest, HeadTooLarge, TickerError, TooMany
from ticker.gateway.app_state import gateway_of
from ticker.gateway.gateway import Gateway
from ticker.gateway.http_refusal import Refusal, refusal
from ticker.gateway.request_rules import (
    HEADERS_MAX,
    forwarded_for,
    origin_form,
    unreadable,
    violation,
)
from ticker.gateway.sse import PATH, EventStreamProtocol
from ticker.gateway.websocket import WebSocketProtocol

HEAD_MAX = 32_768
"""Bytes of a request's line and headers; more is answered with 431."""
BODY_RATE = 16_384
"""Bytes of body that extend the deadline by a second: enough for a slow upload, not for a stall."""
FRAMING_MAX = 2_048
"""Bytes of chunk sizes, chunk extensions and trailers that one body may have besides twice its own
size; more is answered with 400."""
DROPPED_MAX = 262_144
"""Bytes that are read and dropped after a refusal, so that the client reads it; then it is cut."""
PIPELINE_MAX = 16
"""Requests on one connection without a complete response; the next one is answered with 429."""

_PIECE = 4_096
"""Bytes that the parser gets at a time, so that no bound is passed by more than that."""


class HttpProtocol(HttpToolsProtocol):
    """One HTTP connection."""

    streams = True
    """Whether this process serves event streams; otherwise the application answers."""
    _stream = False
    """Whether the request asks for an event stream."""
    _in_message = False
    """Whether a request has begun and is not complete."""
    _in_head = True
    _first_seconds: float | None = None
    """Time for the first request, if it is not the whole timeout."""
    _size = 0
    """Bytes of the current request: of its head, then of its framed body."""
    _body_size = 0
    _chunks_due = False
    """Whether the body is chunked and none of it has arrived."""
    _ended = False
    """Whether no further request is read: one was refused, or the connection has been upgraded."""
    _dropped = 0
    _running: RequestResponseCycle | None = None
    """The request that the application answers now; others wait in the pipeline."""
    _refused: TickerError | None = None
    """Why the current request is refused."""
    _half_closed = False
    """Whether the client sends no more. It may still read, as ``nc -N`` does."""
    _upgrade_ignored = False
    """Whether the head that was just read asks for an upgrade that is not to happen."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._gateway: Gateway = gateway_of(app_state)

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start the deadline for the first request."""
        super().connection_made(transport)
        self._gateway.request_deadlines.start(transport, self._first_seconds)

    def connection_lost(self, exc: Exception | None) -> None:
        """Remove the deadline, and the requests that wait."""
        self._gateway.request_deadlines.stop(self.transport)
        self._gateway.request_deadlines.drained(self.transport)
        self._gateway.gate.closed(self.transport)
        self.pipeline.clear()
        if self._running is not None:  # uvicorn tells the newest request only, which may wait
            self._running.disconnected = True
            self._running.message_event.set()
        super().connection_lost(exc)

    def eof_received(self) -> bool:  # type: ignore[override]  # uvicorn closes in any case
        """Keep the connection for the responses that are due (RFC 9112 §9.6), and close then.

        Without one, or with a request of which a part will never arrive, the connection closes.
        """
        self._half_closed = True
        if self._due:
            return self.transport.can_write_eof()
        client = self._gateway.gate.holder(self.transport)
        return self._gateway.admission_queue.add_end(client, self.transport)

    @property
    def _due(self) -> bool:
        """Tell whether a complete request has no complete response yet."""
        return self._busy and not self.cycle.more_body and not self.cycle.disconnected

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        """Start the request in its turn: many at once must not delay an event."""
        self._running = cycle
        client = cycle.scope["client"]
        start = partial(self._start_task, cycle, app)
        self._gateway.admission_queue.add_request(client[0] if client else "", start)

    def _start_task(self, cycle: RequestResponseCycle, app: Any) -> bool:
        if cycle.disconnected:
            return False
        super()._start_asgi_task(cycle, app)
        return True

    # Callbacks of the parser.

    def on_message_begin(self) -> None:
        """Start the deadline for another request; the first one keeps what it came with."""
        if self._ended:
            return
        super().on_message_begin()
        self._in_message = self._in_head = True
        self._size = self._body_size = 0
        self._chunks_due = False
        self._gateway.request_deadlines.start(self.transport, self._first_seconds)
        self._first_seconds = None

    def on_url(self, url: bytes) -> None:
        """Take a part of the target."""
        if not self._ended:
            self.url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header; drop a trailer, and what comes after too many headers.

        It does what uvicorn's does, without another call: every request has several.
        """
        if self._in_head and not self._ended and len(self.headers) <= HEADERS_MAX:
            name = name.lower()
            if name == b"expect" and value.lower() == b"100-continue":
                self.expect_100_continue = True
            self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        """Refuse what breaks a rule; keep an event stream from becoming an ASGI request."""
        if self._ended:
            return
        if self.parser.should_upgrade() and self._ignores_upgrade():
            self._upgrade_ignored = True  # _feed reads the head again
            return
        self._in_head = False
        self._size = 0
        if self.url[:1] != b"/":
            absolute = origin_form(self.url, self.headers)
            if absolute is not None:
                self.url, self.headers[:] = absolute
        self._refused = self._check()
        if (
            self._refused is None
            and self.streams
            and unquote_to_bytes(self.url.partition(b"?")[0]) == PATH.encode()
            and self.parser.get_method() == b"GET"
            and not self.parser.should_upgrade()
        ):
            self._stream = True
            self.scope["method"] = "GET"
            return
        self._start_request()

    def _check(self) -> TickerError | None:
        """Return why the request is refused, or None. Its target is readable afterwards."""
        target, version = self.url.decode("latin-1"), self.parser.get_http_version()
        headers = dict(self.headers)
        codings: list[bytes] = []
        if b"transfer-encoding" in headers:
            codings = [value for name, value in self.headers if name == b"transfer-encoding"]
        lines = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in self.headers]
        broken = unreadable(version, self.parser.get_method(), self.url, codings) or violation(
            target, lines, http_1_1=version == "1.1"
        )
        if broken is not None:
            self.url = b"/"
            return broken
        if self.pipeline and len(self.pipeline) + self._busy >= PIPELINE_MAX:
            return TooMany(f"at most {PIPELINE_MAX} requests may wait on one connection", 1)
        gate = self._gateway.gate
        if b"x-forwarded-for" in headers or b"x-forwarded-proto" in headers:
            self._take_forwarded(headers)
        client = self.scope["client"]
        spent = gate.request(self.transport, client[0] if client else "")
        if spent is None and b"transfer-encoding" in headers:
            spent = gate.chunked(self.transport)
            self._chunks_due = True
        return spent

    def _take_forwarded(self, headers: Mapping[bytes, bytes]) -> None:
        """Put the client and the scheme that a trusted proxy reports into the request's scope."""
        gate = self._gateway.gate
        if not gate.is_proxy(self.transport):
            return
        self.scope["client"] = (gate.client(self.transport, forwarded_for(self.headers)), 0)
        scheme = headers.get(b"x-forwarded-proto", b"").strip()
        if scheme in (b"http", b"https"):
            self.scope["scheme"] = scheme.decode()

    def _should_upgrade(self) -> bool:
        """Tell whether it asks for a WebSocket; HTTP/1.0 has no upgrades (RFC 9110 §7.8)."""
        return self.parser.get_http_version() == "1.1" and super()._should_upgrade()

    def _ignores_upgrade(self) -> bool:
        """Tell whether the upgrade that it asks for is none here; every server may ignore it."""
        return self.parser.get_method() != b"CONNECT" and not self._should_upgrade()

    def _start_request(self) -> None:
        if self._refused is None:
            super().on_headers_complete()
            if self._gateway.hub.drained is not None:
                self.cycle.keep_alive = False  # the client's next request belongs elsewhere
            return
        self._ended = True
        if self.parser.should_upgrade() and self._should_upgrade():
            return  # handle_websocket_upgrade refuses it
        app, self.app = self.app, Refusal(self._refused)
        try:
            super().on_headers_complete()
        finally:
            self.app = app
        self._last_request()

    def _last_request(self) -> None:
        self._ended = True
        if self.cycle is not None:
            self.cycle.keep_alive = False

    def on_response_complete(self) -> None:
        """Give back what the request has held, and go on."""
        self._gateway.gate.answered(self.transport)
        super().on_response_complete()
        self._serve_waiting()
        if self._half_closed and not self._due and self.transport.get_protocol() is self:
            self.transport.close()

    def _serve_waiting(self) -> None:
        """Go on with a request that has arrived and that the parser has not got."""

    def on_body(self, body: bytes) -> None:
        """Extend the deadline; drop the body of a request for an event stream."""
        self._body_size += len(body)
        self._gateway.request_deadlines.extend(self.transport, len(body) / BODY_RATE)
        if not self._stream and self.cycle is not None and not self._ended:
            super().on_body(body)

    def on_message_complete(self) -> None:
        """Remove the deadline: the request is complete."""
        if self._upgrade_ignored:
            return
        self._gateway.request_deadlines.stop(self.transport)
        self._in_message = False
        self._in_head = True
        self._size = 0
        if not self._stream and self.cycle is not None:
            super().on_message_complete()

    # Bytes of the transport.

    def data_received(self, data: bytes) -> None:
        """Parse in pieces, until a bound is passed or the connection is handed over."""
        self._unset_keepalive_if_required()
        if self._ended:
            self._dropped += len(data)
            if self._dropped > DROPPED_MAX:
                self.transport.abort()
        else:
            self._read(data)
            self._restart_keep_alive()

    def _restart_keep_alive(self) -> None:
        """Start the timeout of an idle connection again, if what arrived has begun no request.

        That is a line end, or the rest of a body whose response is out: uvicorn starts the timeout
        with the response, and whatever arrives stops it.
        """
        if (
            self.timeout_keep_alive_task is None
            and self.cycle is not None
            and self.cycle.response_complete
            and not (self._in_message or self._ended or self.transport.is_closing())
        ):
            self.timeout_keep_alive_task = self.loop.call_later(
                self.timeout_keep_alive, self.timeout_keep_alive_handler
            )

    def _read(self, data: bytes) -> None:
        for start in range(0, len(data), _PIECE):
            if self._ended or self.transport.is_closing():
                return
            if self._chunks_due and self._refuses_chunks():
                return
            piece = data[start : start + _PIECE]
            body = self._body_size
            try:
                try:
                    self.parser.feed_data(piece)
                except httptools.HttpParserUpgrade as upgrade:
                    if not self._upgrade_ignored:
                        raise
                    self._feed_again(piece[upgrade.args[0] :])
            except httptools.HttpParserUpgrade:
                self._ended = True
                if self._should_upgrade():
                    self.handle_websocket_upgrade()
                return
            except httptools.HttpParserError:
                # Not logged: an untrusted client could fill the log with it.
                self._refuse(BadRequest("this is not an HTTP/1.1 request"))
                return
            self._count(len(piece), self._body_size - body)
        if self._stream and not self._ended and not self.transport.is_closing():
            self._hand_over_stream()

    def _refuses_chunks(self) -> bool:
        """Refuse a chunked body as its first bytes arrive, if the client may send no more of them.

        Many heads may have come at once, before any of their bodies was recognised as malformed.
        """
        if self._in_head or self._ended:
            return False
        self._chunks_due = False
        spent = self._gateway.gate.chunked(self.transport)
        if spent is not None:
            self._refuse(spent)
        return spent is not None

    def _feed_again(self, data: bytes) -> None:
        """Parse a head that was read whole without its ``Upgrade``, and ``data`` behind it.

        The parser skips the body of a request with ``Upgrade``, and Java's client sends one, for
        h2c, with every request. So such a head is read a second time, without that header, and the
        request is served with its body (RFC 9110 §7.8). Raises HttpParserUpgrade if ``data`` ends
        with a request for a WebSocket.
        """
        while self._upgrade_ignored:
            self._upgrade_ignored = False
            version = self.parser.get_http_version().encode()
            head = [b"%s %s HTTP/%s\r\n" % (self.parser.get_method(), self.url, version)]
            head += [b"%s: %s\r\n" % line for line in self.headers if line[0] != b"upgrade"]
            self.parser = httptools.HttpRequestParser(self)
            self.parser.set_dangerous_leniencies(lenient_data_after_close=True)  # as uvicorn does
            self.parser.feed_data(b"".join([*head, b"\r\n"]))
            try:
                self.parser.feed_data(data)
            except httptools.HttpParserUpgrade as upgrade:
                if not self._upgrade_ignored:
                    raise
                data = data[upgrade.args[0] :]

    def _count(self, size: int, body: int) -> None:
        """Refuse a head, a framing or an unread body that is too large."""
        if self._ended:
            return
        self._size += size
        if self._in_head:
            if self._size > HEAD_MAX:
                self._refuse(HeadTooLarge(f"at most {HEAD_MAX} bytes"))
            return
        self._size -= max(0, body)
        if self._size > FRAMING_MAX + 2 * self._body_size:
            self._gateway.gate.malformed(self.transport)
            self._refuse(BadRequest("the chunks of this body are too small, or its trailers large"))
        elif self._body_size > self._gateway.settings.max_import_body and not self._busy:
            self._last_request()
            self._end()  # the response is out, and a body without end goes on

    def _refuse(self, error: TickerError) -> None:
        """Answer the current request with ``error``, after the responses that are due; close."""
        busy = self._busy
        self._last_request()
        if self.pipeline and not self._in_head:
            self.pipeline[0] = (self.pipeline[0][0], Refusal(error))
        elif busy and (self._in_head or self.cycle.response_started):
            pass  # the connection is closed at the end of the last response that is due
        elif busy or self._in_head:
            self._end(refusal(error))
        else:
            self._end()  # this request has its response already

    def _end(self, response: bytes = b"") -> None:
        """Write ``response`` and half-close: the client reads it although it is still sending."""
        if self._busy:  # its application sees a client that has left
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        self.transport.write(response)
        if self.transport.can_write_eof():
            self.transport.write_eof()
            self._gateway.request_deadlines.stop(self.transport)
            self._gateway.request_deadlines.start_close(self.transport)
        else:
            self.transport.close()

    @property
    def _busy(self) -> bool:
        """Tell whether an earlier request on this connection has no complete response yet."""
        return self.cycle is not None and not self.cycle.response_complete

    def pause_writing(self) -> None:
        """Start the deadline for a client that does not read its response."""
        super().pause_writing()
        self._gateway.request_deadlines.stalled(self.transport)

    def resume_writing(self) -> None:
        """Remove that deadline."""
        self._gateway.request_deadlines.drained(self.transport)
        super().resume_writing()

    # Handing over.

    def handle_websocket_upgrade(self) -> None:
        """Remove the deadline and hand the transport over."""
        self._gateway.request_deadlines.stop(self.transport)
        if self._busy:
            self._last_request()  # the answers that are due are written; then the client comes back
            return
        if self._refused is not None:
            self._end(refusal(self._refused))
            return
        super().handle_websocket_upgrade()
        # uvicorn sets the transport's protocol last. A pause before that was reported to this
        # protocol, and the transport does not report it again.
        if self.flow.write_paused and not self.transport.is_closing():
            cast(WebSocketProtocol, self.transport.get_protocol()).pause_writing()

    def _hand_over_stream(self) -> None:
        """Hand the transport over: a request for an event stream is complete."""
        if self._busy:
            self._last_request()  # as for a WebSocket
            return
        self._ended = True
        self.connections.discard(self)
        self._gateway.request_deadlines.stop(self.transport)
        stream = EventStreamProtocol(self._gateway, self.server_state)
        self.transport.set_protocol(stream)
        if self.flow.write_paused:  # by an earlier response; it is not reported again
            stream.pause_writing()
        query = self.url.partition(b"?")[2].decode("latin-1")
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in self.headers}
        stream.open(self.transport, query, headers)
        if self._half_closed:
            self.transport.close()

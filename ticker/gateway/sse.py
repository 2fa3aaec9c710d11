"""The server-sent events edge: shared bytes on a bare transport.

``ConnectionRouter`` or ``HttpProtocol`` hands the transport over once the request is complete. The
response has no length and ends with the connection (RFC 9112 §6.3).
"""

from __future__ import annotations

import asyncio
import random

from uvicorn.server import ServerState

from ticker.domain.errors import BadRequest, TickerError, TooMany, Unavailable
from ticker.gateway.framing import event_stream_framing
from ticker.gateway.gateway import Gateway
from ticker.gateway.http_refusal import refusal
from ticker.gateway.permitted import permitted
from ticker.gateway.subscriber import Subscriber
from ticker.reader_access.presented import without_token
from ticker.stream import frames
from ticker.stream.close_codes import CloseCode

PATH = "/v1/events"
RETRY_MS = 2_000
"""Milliseconds after which an EventSource reconnects. The line is a part of the first event, as
several clients take a block without data for an event, and fail to parse it."""

_HEAD = (
    b"HTTP/1.1 200 OK\r\n"
    b"content-type: text/event-stream; charset=utf-8\r\n"
    b"cache-control: no-cache, no-transform\r\n"
    b"x-accel-buffering: no\r\n"
    b"access-control-allow-origin: %s\r\n"
    b"access-control-allow-credentials: true\r\n"
    b"vary: origin\r\n"
    b"connection: close\r\n\r\n"
    b"retry: %d\n"
)
_PRIVATE_HEAD = _HEAD.replace(b"no-cache", b"private, no-store", 1)


class EventStreamProtocol(Subscriber):
    """One event stream. Bytes that the client sends after its request are ignored."""

    __slots__ = ("_gateway", "_state")

    def __init__(self, gateway: Gateway, server_state: ServerState) -> None:
        super().__init__(gateway.hub, event_stream_framing)
        self._gateway = gateway
        self._state = server_state

    def open(self, transport: asyncio.Transport, query: str, headers: dict[str, str]) -> None:
        """Answer the request and subscribe, or refuse with the reason."""
        self.attach(transport)
        self._state.connections.add(self)  # type: ignore[arg-type]  # uvicorn's own union
        origin = headers.get("origin")
        allowed = (origin or "*").encode("latin-1")
        last = headers.get("last-event-id")
        gateway, hub = self._gateway, self._gateway.hub
        forwarded_for = headers.get("x-forwarded-for", "")
        self.client = gateway.gate.client(transport, forwarded_for)
        try:
            given = gateway.access.presented(headers, query)
            if gateway.access.enabled:
                query = without_token(query)
            subscription = gateway.query_parser.from_query(query, last)
        except BadRequest as error:
            # A status other than 200 makes an EventSource stop (WHATWG HTML §9.2.3).
            self._problem(b"400 Bad Request", error.slug, error.title, error.detail, error.sub)
            return
        if not gateway.allows(origin):
            detail = "this site may not embed this ticker"
            self._problem(b"403 Forbidden", "origin", "Origin not allowed", detail)
            return
        if hub.drained is not None:
            self.hold(_HEAD % (allowed, RETRY_MS))
            self.leave()
            return
        full = hub.full or gateway.gate.reader(transport, self.client) is not None
        if full or not gateway.ready:
            hub.counters.refused("full" if hub.full else "starting")
            self._come_back(allowed, "full" if full else "starting")
            return
        try:
            rights = gateway.judge.rights(self.client, given)
            chosen = permitted(subscription, rights)
        except (TooMany, Unavailable) as error:
            hub.counters.refused(error.slug.replace("-", "_"))
            self._come_back(allowed, "starting" if isinstance(error, Unavailable) else "full")
            return
        except TickerError as error:
            hub.counters.refused(error.slug.replace("-", "_"))
            transport.write(refusal(error))
            self.close(CloseCode.UNAUTHORISED, error.slug)
            return
        self.hold((_HEAD if rights.granted is None else _PRIVATE_HEAD) % (allowed, RETRY_MS))
        self.crowd = gateway.gate.crowd(transport)
        self.warn(subscription.warning)
        hub.join(self, chosen)
        if rights.granted is not None:
            gateway.tokens.watch(self, rights.granted)

    def _come_back(self, allowed: bytes, reason: str) -> None:
        """Refuse for now. The client must come back: an EventSource does if a stream ends."""
        delay = RETRY_MS + int(random.uniform(0, 3_000))  # jitter
        self.hold(_HEAD % (allowed, delay))
        self.goodbye(reason, delay)
        self.close(CloseCode.STARTING, reason)

    def _problem(
        self, status: bytes, slug: str, title: str, detail: str, sub: int | None = None
    ) -> None:
        self._gateway.hub.counters.refused(slug.replace("-", "_"))
        body = frames.problem(int(status[:3]), slug, title, detail, sub)
        self.transport.write(
            b"HTTP/1.1 %s\r\ncontent-type: application/problem+json\r\n"
            b"access-control-allow-origin: *\r\ncontent-length: %d\r\nconnection: close\r\n\r\n%s"
            % (status, len(body), body)
        )
        self.close(CloseCode.BAD_REQUEST, slug)

    def data_received(self, data: bytes) -> None:
        """Ignore ``data``: an event stream flows one way."""

    def eof_received(self) -> bool:
        """Close when the peer does."""
        return self._gateway.admission_queue.add_end(self.client, self.transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """Remove this connection from uvicorn and the hub."""
        self._state.connections.discard(self)
        self._gateway.gate.closed(self.transport)
        self._gateway.tokens.forget(self)
        super().connection_lost(exc)

    def goodbye(self, reason: str, delay_ms: int, retry_ms: int | None = None) -> None:
        """Announce a planned close, to an EventSource by its reconnection time."""
        self.hold(b"retry: %d\n" % delay_ms)
        super().goodbye(reason, delay_ms, retry_ms)

    def charge(self, items: int) -> None:
        """Charge a page of so many items to the client's address."""
        self._gateway.gate.served(self.transport, items)

    def finish(self, code: CloseCode, reason: str) -> None:
        """End the stream once everything is written."""
        self.transport.close()

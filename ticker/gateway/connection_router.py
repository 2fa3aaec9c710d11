"""First protocol of every connection: reads the first bytes and picks the protocol that serves it.

A subscriber's whole request usually arrives in one piece and needs neither an HTTP parser nor an
ASGI scope: its head is parsed here, once, and the transport goes to the WebSocket or event-stream
protocol. Another request of a reader, and every one that is not plain, goes to
``SharedPortProtocol``.
The connection of any other request is handed over to the web process, if one shares the port.
In a storm the connections pass through ``AdmissionQueue``.
"""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.config import Config
from uvicorn.server import ServerState

from ticker.domain.errors import BadRequest, TickerError, Unavailable
from ticker.gateway import handshake, sse
from ticker.gateway.app_state import SharedPort, gateway_of, shared_port_of
from ticker.gateway.connection_gate import CloseUnread
from ticker.gateway.http_protocol import HEAD_MAX
from ticker.gateway.http_refusal import refusal
from ticker.gateway.request_head import Head, read_head
from ticker.gateway.shared_port_protocol import SharedPortProtocol
from ticker.gateway.websocket import WebSocketProtocol
from ticker.one_port.request_owner import HEALTH_TARGETS, Owner, owner
from ticker.reader_access.presented import Presented

REFUSED_DROPPED_MAX = 65_536
"""Bytes that a refused client may go on sending, so that it reads the refusal; then it is cut."""


class ConnectionRouter(asyncio.Protocol):
    """Protocol that ``uvicorn.Config(http=ConnectionRouter)`` makes for every connection."""

    __slots__ = (
        "_app_state",
        "_config",
        "_data",
        "_dropped",
        "_gateway",
        "_half_closed",
        "_preparing",
        "_queued",
        "_refusal",
        "_refused",
        "_seconds",
        "_shared_port",
        "_state",
        "_transport",
        "_whose",
    )

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
        seconds: float | None = None,
    ) -> None:
        """``seconds`` is the time for the request of a connection that came back."""
        self._config = config
        self._state = server_state
        self._app_state = app_state
        self._gateway = gateway_of(app_state)
        self._shared_port = shared_port_of(app_state)
        self._transport: asyncio.Transport | None = None
        self._data = b""
        self._dropped = 0
        """Bytes that came after the refusal."""
        self._half_closed = False
        """Whether the client sends no more; it may still read the answer."""
        self._preparing: asyncio.Task[None] | None = None
        """Looks up what the request's token needs, before the request is served."""
        self._queued = False
        self._refusal: TickerError | None = None
        """Why the connection is refused, once its request arrives."""
        self._refused = False
        self._seconds = seconds
        self._whose = Owner.UNDECIDED
        """Decided by the first line: what arrives after it changes nothing."""

    @property
    def received(self) -> int:
        """Return the number of bytes that have arrived of a request not served yet."""
        return len(self._data)

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start the deadline for the request."""
        self._transport = transport
        self._state.connections.add(self)  # type: ignore[arg-type]  # uvicorn's own union
        self._gateway.request_deadlines.start(transport, self._seconds)
        verdict = self._gateway.gate.open(transport, known=self._seconds is not None)
        if isinstance(verdict, CloseUnread):
            self._close_unread(transport, verdict)
        else:
            self._refusal = verdict

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget a connection that ended before its request."""
        if self._transport is not None:
            self._gateway.gate.closed(self._transport)
            self._gateway.request_deadlines.drained(self._transport)
        self._release()

    def eof_received(self) -> bool:
        """Keep the connection of a request that waits for its turn; else close."""
        self._half_closed = True
        if self._transport is None:
            return False
        if self._queued:
            return self._transport.can_write_eof()
        client = self._gateway.gate.waits_as(self._transport, self._data)
        return self._gateway.admission_queue.add_end(client, self._transport)

    def data_received(self, data: bytes) -> None:
        """Queue the request as soon as it is known whose it is."""
        if self._refusal is not None and not self._admits(self._refusal, data):
            return
        self._data += data
        if len(self._data) > HEAD_MAX and self._transport is not None:
            self._transport.pause_reading()  # whoever serves the request reads the rest
        if self._queued:
            return
        whose = self._whose = owner(self._data)
        if self._passes_on:
            self._queue_for_web()
        elif whose is Owner.UNDECIDED and len(self._data) <= HEAD_MAX:
            pass
        elif whose is Owner.WEB or self._data.startswith(HEALTH_TARGETS):
            self._serve_http()
        elif self._gateway.admission_queue.full:
            self._refusal = Unavailable("too many readers at once; try again", 2)
            self._admits(self._refusal, data)
        else:
            self._queued = True
            self._wait()

    def shutdown(self) -> None:
        """Close, unless the web process can have the connection: its request is on the way."""
        if self._transport is None or self._passes_on:
            return
        if self._shared_port is not None and not self._queued and self._refusal is None:
            self._hand_over(self._transport, self._shared_port)
        else:
            self._transport.close()

    @property
    def _passes_on(self) -> bool:
        """Tell whether the web process serves the request."""
        return self._whose is Owner.WEB and self._shared_port is not None

    def _queue_for_web(self) -> None:
        """Pass the connection on in its turn; at once, if readers fill the queue."""
        if self._queued or self._transport is None:
            return
        self._queued = True
        self._transport.pause_reading()  # the web process reads the rest
        if self._gateway.admission_queue.full:
            self._serve()
        else:
            self._wait()

    def _wait(self) -> None:
        """Be served in a later turn of the client."""
        if self._transport is not None:
            client = self._gateway.gate.waits_as(self._transport, self._data)
            self._gateway.admission_queue.add(client, self._serve)

    def _admits(self, why: TickerError, data: bytes) -> bool:
        """Tell whether a refused connection is served after all; answer it if it is not."""
        transport = self._transport
        if transport is None:
            return False
        if self._refused:
            self._dropped += len(data)
            if self._dropped > REFUSED_DROPPED_MAX:
                transport.abort()
            return False
        if self._gateway.gate.serves(transport, why, data):
            self._refusal = None
            return True
        self._refuse(transport, why)
        return False

    def _refuse(self, transport: asyncio.Transport, why: TickerError) -> None:
        """Answer, and half-close: the client reads the answer although it is still sending."""
        self._refusal = why
        self._refused = True
        self._gateway.hub.counters.refused(why.slug)
        self._gateway.request_deadlines.stop(transport)
        self._gateway.request_deadlines.start_close(transport)
        transport.write(refusal(why))
        if transport.can_write_eof():
            transport.write_eof()

    def _serve(self) -> None:
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        if self._whose is Owner.WEB and self._shared_port is not None:
            self._serve_web(transport, self._shared_port)
            return
        head = read_head(self._data)
        if head is None or not (
            head.path == sse.PATH or (head.path == handshake.PATH and head.upgrades)
        ):
            self._serve_http()
            return
        if self._preparing is None and self._prepares(head):
            return
        self._release()
        if head.path == sse.PATH:
            stream = sse.EventStreamProtocol(self._gateway, self._state)
            transport.set_protocol(stream)
            stream.open(transport, head.query, head.headers)
            self._end_half(transport, stream)
        else:
            websocket = WebSocketProtocol(self._config, self._state, self._app_state)
            transport.set_protocol(websocket)
            websocket.connection_made(transport)
            websocket.open(head)
            self._end_half(transport, websocket)

    def _prepares(self, head: Head) -> bool:
        """Tell whether the request's token needs a look-up; the request is served after it."""
        gateway = self._gateway
        try:
            given = gateway.access.presented(head.headers, head.query)
        except BadRequest:
            return False  # the request is refused for it
        if given is None or self._transport is None:
            return False
        forwarded_for = head.headers.get("x-forwarded-for", "")
        client = gateway.gate.client(self._transport, forwarded_for)
        if not gateway.judge.unprepared(client, given):
            return False
        self._preparing = asyncio.create_task(self._prepare(given))
        return True

    async def _prepare(self, given: Presented) -> None:
        await self._gateway.judge.prepare(given)
        self._wait()

    def _serve_web(self, transport: asyncio.Transport, shared_port: SharedPort) -> None:
        """Hand the connection to the web process, or refuse what that would refuse."""
        why = self._gateway.gate.turned_away(transport, self._data)
        if why is None:
            self._hand_over(transport, shared_port)
        elif isinstance(why, CloseUnread):
            self._close_unread(transport, why)
        else:
            self._queued = False
            self._data = b""
            self._whose = Owner.UNDECIDED
            self._refuse(transport, why)
            if self._half_closed:
                transport.close()
            else:
                transport.resume_reading()  # what the client goes on sending is dropped

    def _close_unread(self, transport: asyncio.Transport, verdict: CloseUnread) -> None:
        if verdict.at_once:
            transport.abort()
            return
        self._queued = True
        transport.pause_reading()
        self._gateway.gate.closes.add(transport.abort)

    def _hand_over(self, transport: asyncio.Transport, shared_port: SharedPort) -> None:
        seconds = self._gateway.request_deadlines.remaining(transport)
        self._release()
        self._gateway.gate.closed(transport)
        shared_port.pass_on(transport, self._data, seconds)

    def _serve_http(self) -> None:
        transport = self._transport
        if transport is not None:
            large = len(self._data) > HEAD_MAX
            self._release()
            http = SharedPortProtocol(self._config, self._state, self._app_state)
            transport.set_protocol(http)
            http.connection_made(transport)
            if large:
                transport.resume_reading()  # before the protocol decides otherwise
            http.data_received(self._data)
            self._end_half(transport, http)

    def _end_half(self, transport: asyncio.Transport, protocol: asyncio.Protocol) -> None:
        """Tell ``protocol`` if the client has closed its side already, and close if it wants so."""
        mine = self._half_closed and transport.get_protocol() is protocol
        if mine and not protocol.eof_received():
            transport.close()

    def _release(self) -> None:
        if self._transport is not None:
            self._gateway.request_deadlines.stop(self._transport)
            self._state.connections.discard(self)
            self._transport = None

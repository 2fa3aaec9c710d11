"""One HTTP/2 connection: requests as streams of ``h2``'s connection, on a transport (RFC 9113)."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from contextlib import suppress

from h2.errors import ErrorCodes
from h2.events import (
    ConnectionTerminated,
    DataReceived,
    Event,
    RemoteSettingsChanged,
    ResponseReceived,
    StreamEnded,
    StreamReset,
    WindowUpdated,
)
from h2.exceptions import FlowControlError, FrameTooLargeError, ProtocolError, StreamClosedError
from hpack import NeverIndexedHeaderTuple

from ticker.net.connection_interface import Connection, Owner
from ticker.net.exchange import Exchange
from ticker.net.h2_tuning import CREDIT, ClientConnection
from ticker.net.headers import Field, joined
from ticker.net.reply import Unanswered

SILENT_MAX = 3
"""Time-outs in a row without a byte from the peer after which the connection is in doubt. It gets a
PING, takes no request meanwhile, and is discarded when nothing comes."""
WRITE_MAX = 512 * 1024
"""Bytes at which the connection takes no further requests, of one turn and of those that the peer
does not read. They are more than a hundred notifications."""
OWED_MAX = 4 * WRITE_MAX
"""Unread bytes at which the peer is given up: it makes us acknowledge and does not read it."""


class Malformed(Exception):
    """A header block that is readable and not the beginning of a response (RFC 9113 §8.1.1)."""


class Http2(Connection):
    """Opened when the peer's settings are there, not before: they say how many requests it takes
    (APNs begins with one). ``streams`` bounds the requests under way, whatever the peer permits.
    """

    def __init__(
        self, owner: Owner, authority: bytes, *, secure: bool, streams: int, ping_timeout: float
    ) -> None:
        super().__init__(owner)
        self.h2 = ClientConnection()
        self._site: tuple[Field, ...] = (
            (b":scheme", b"https" if secure else b"http"),
            (b":authority", authority),
        )
        self._ready = False
        """Whether the peer's settings are known."""
        self._most = self._permitted = streams
        self._streams: dict[int, Exchange] = {}
        self._blocked: dict[int, Exchange] = {}
        """Streams whose body waits for the peer's window, the oldest first."""
        self._used = 0
        """Bytes of our window that were received since it was last widened."""
        self._unflushed = 0
        """Bytes of requests, roughly, that are written at the end of this turn."""
        self._flushing = False
        self._draining = False
        """Whether it takes no further requests, for good."""
        self._drained = False
        """Whether the owner has been told."""
        self._silent = 0
        self._doubt: asyncio.TimerHandle | None = None
        self._ping_timeout = ping_timeout

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.transport.set_write_buffer_limits(high=WRITE_MAX)
        self.transport.write(self.h2.data_to_send())

    def room(self) -> int:
        if not self._ready or self._draining or self.closing or not self.writable:
            return 0
        if self._doubt is not None or self._unflushed >= WRITE_MAX:
            return 0
        return self._permitted - len(self._streams)

    @property
    def busy(self) -> bool:
        return bool(self._streams)

    def start(self, exchange: Exchange) -> None:
        h2, body = self.h2, exchange.body
        stream = exchange.stream = h2.get_next_available_stream_id()
        h2.send_headers(
            stream,
            [
                (b":method", exchange.method),
                *self._site,
                NeverIndexedHeaderTuple(b":path", exchange.path),
                *exchange.head.h2,
                *[NeverIndexedHeaderTuple(name.lower(), value) for name, value in exchange.extra],
                *exchange.content_length(),
            ],
            end_stream=not body,
        )
        self._streams[stream] = exchange
        exchange.carrier = self
        self._unflushed += len(body) + 256
        if body and not self._send(exchange):
            self._blocked[stream] = exchange
        if stream + 2 > h2.HIGHEST_ALLOWED_STREAM_ID:
            self._draining = True  # stream numbers are used up (§5.1.1)
        if not self._flushing:
            self._flush_soon()

    def cancel(self, exchange: Exchange, *, expired: bool) -> None:
        exchange.carrier = None
        self._reset(exchange.stream, ErrorCodes.CANCEL)
        if expired and self._doubt is None:
            self._silent += 1
            if self._silent >= SILENT_MAX:
                self.h2.ping(bytes(8))
                loop = asyncio.get_running_loop()
                self._doubt = loop.call_later(self._ping_timeout, self._discard)
        self._flush_soon()
        self._look()

    def close(self) -> None:
        if not self.closing:
            self._draining = True
            self.h2.close_connection()
            self._leave("the connection was closed")

    def resume_writing(self) -> None:
        self.writable = True
        self._send_blocked()
        self._flush_soon()
        self.owner.on_room()

    def data_received(self, data: bytes) -> None:
        if self.closing:
            return
        self._silent = 0
        if self._doubt is not None:
            self._doubt.cancel()
            self._doubt = None
        try:
            self._see(self.h2.receive_data(data))
        except ProtocolError as error:
            self._broken(error)
            return
        self._flush_soon()
        self._look()

    def connection_lost(self, error: Exception | None) -> None:
        if self._doubt is not None:
            self._doubt.cancel()
        self._draining = True
        self._fail(f"the connection was lost: {error or 'closed by the peer'}")
        self._lost()

    # receiving

    def _see(self, events: Iterable[Event]) -> None:
        """Act on what has happened. Raises ProtocolError."""
        widened = False
        for event in events:
            match event:
                case ResponseReceived(stream_id=int(stream)):
                    self._on_response(stream, event.headers or ())
                case StreamEnded(stream_id=int(stream)):
                    self._on_end(stream)
                case DataReceived(stream_id=int(stream)):
                    self._on_data(stream, event)
                case WindowUpdated():
                    widened = True
                case StreamReset(stream_id=int(stream)):
                    self._on_reset(stream, event)
                case RemoteSettingsChanged():
                    self._ready = widened = True
                    permitted = self.h2.remote_settings.max_concurrent_streams
                    self._permitted = min(self._most, permitted)
                case ConnectionTerminated():
                    self._on_goaway(event)
                case _:
                    pass  # h2 has answered a PING; interim responses and trailers are not read
            if not self._ready:
                self.h2.close_connection(ErrorCodes.PROTOCOL_ERROR)
                raise ProtocolError("no settings at the beginning")
        if widened:
            self._send_blocked()

    def _on_response(self, stream: int, fields: Iterable[tuple[bytes, bytes]]) -> None:
        exchange = self._streams.get(stream)
        if exchange is None:
            return
        try:
            exchange.begin(*_response(fields))
        except Malformed as malformed:
            self._reset(stream, ErrorCodes.PROTOCOL_ERROR)
            exchange.settle(Unanswered(f"a malformed response: {malformed}", sent=True))

    def _on_data(self, stream: int, event: DataReceived) -> None:
        self._used += event.flow_controlled_length or 0
        if self._used >= CREDIT // 2:
            self.h2.increment_flow_control_window(self._used)
            self._used = 0
        exchange = self._streams.get(stream)
        if exchange is not None and not exchange.keep(event.data or b""):
            self._reset(stream, ErrorCodes.CANCEL)  # the rest is not read
            self._answered(exchange)

    def _on_end(self, stream: int) -> None:
        exchange = self._streams.get(stream)
        if exchange is None:
            return
        if stream in self._blocked:  # the response is there before the request was read (§8.1)
            self._reset(stream, ErrorCodes.NO_ERROR)
        else:
            del self._streams[stream]
        self._answered(exchange)

    def _answered(self, exchange: Exchange) -> None:
        exchange.answered()
        self.idle_since = self.time()
        self._note_response()

    def _on_reset(self, stream: int, event: StreamReset) -> None:
        exchange = self._forget(stream)
        if exchange is None:
            return
        if event.remote_reset:
            self.owner.counts.resets += 1
        code = event.error_code
        sent = code != ErrorCodes.REFUSED_STREAM
        exchange.settle(Unanswered(f"stream reset, error {code}", sent=sent))
        self.idle_since = self.time()

    def _on_goaway(self, event: ConnectionTerminated) -> None:
        """Fail the streams that the peer has not seen; the others may finish (§6.8)."""
        self.owner.counts.goaways += 1
        self._draining = True
        last = event.last_stream_id or 0
        text = (event.additional_data or b"")[:200].decode("ascii", "replace")
        said = "".join(one if one.isprintable() else "\ufffd" for one in text)  # it is logged
        why = f"the connection is closing, error {event.error_code} {said}".rstrip()
        for stream in [stream for stream in self._streams if stream > last]:
            exchange = self._forget(stream)
            if exchange is not None:
                exchange.settle(Unanswered(why, sent=False))

    def _broken(self, error: ProtocolError) -> None:
        """Close the connection; h2 has prepared the GOAWAY that says why."""
        self.owner.counts.discarded += 1
        self.failed = self._draining = True
        self._leave(f"the peer broke the protocol: {error}")

    # sending

    def _send(self, exchange: Exchange) -> bool:
        """Send as much of a body as the windows permit; return whether that was all."""
        h2, stream = self.h2, exchange.stream
        try:
            h2.send_data(stream, exchange.unsent, end_stream=True)
        except (FlowControlError, FrameTooLargeError):
            unsent = memoryview(exchange.unsent)
        else:
            return True
        while (size := min(h2.local_flow_control_window(stream), h2.max_outbound_frame_size)) > 0:
            piece, unsent = unsent[:size], unsent[size:]
            h2.send_data(stream, piece, end_stream=not unsent)
            if not unsent:
                return True
        exchange.unsent = unsent
        return False

    def _send_blocked(self) -> None:
        if self.writable:
            for stream, exchange in list(self._blocked.items()):
                if self._send(exchange):
                    del self._blocked[stream]

    def _reset(self, stream: int, code: ErrorCodes) -> None:
        """Tell the peer that a stream is over, and forget it."""
        self._forget(stream)
        with suppress(StreamClosedError):  # frames behind this one have ended it
            self.h2.reset_stream(stream, code)

    def _forget(self, stream: int) -> Exchange | None:
        self._blocked.pop(stream, None)
        return self._streams.pop(stream, None)

    def _flush_soon(self) -> None:
        if not self._flushing:
            self._flushing = True
            asyncio.get_running_loop().call_soon(self._flush)

    def _flush(self) -> None:
        """Write the frames of this turn at once."""
        self._flushing = False
        if self.closing:
            return
        full, self._unflushed = self._unflushed >= WRITE_MAX, 0
        if data := self.h2.data_to_send():
            self.transport.write(data)
            if not self.writable and self.transport.get_write_buffer_size() > OWED_MAX:
                self._discard()
        if full:
            self.owner.on_room()

    # the end

    def _look(self) -> None:
        """Do what follows from the state of the connection."""
        if self._ready and not self.opened.done():
            self.opened.set_result(True)
        if self._draining and not self._drained:
            self._drained = True
            self.failed = not self.answered
            self.owner.on_draining(self)
        if self._draining and not self._streams:
            self.close()
        else:
            self.owner.on_room()

    def _leave(self, why: str) -> None:
        """Send the last frames, close, and fail what is under way."""
        self.transport.write(self.h2.data_to_send())
        self._close_transport()
        self._fail(why)

    def _fail(self, why: str) -> None:
        streams, self._streams = self._streams, {}
        self._blocked.clear()
        for exchange in streams.values():
            exchange.settle(Unanswered(why, sent=True))

    def _discard(self) -> None:
        self.owner.counts.discarded += 1
        self.failed = True
        self.abort()


def _response(fields: Iterable[tuple[bytes, bytes]]) -> tuple[int, Mapping[bytes, bytes]]:
    """Return status and headers. Raises Malformed."""
    (name, status), *rest = fields or ((b"", b""),)
    if name != b":status":
        raise Malformed("no status at its beginning")
    if len(status) != 3 or not status.isdigit():
        raise Malformed(f"not a status: {status[:20]!r}")
    headers = joined(rest)
    if any(name[:1] == b":" for name in headers):
        raise Malformed("a pseudo-header that no response has")
    return int(status), headers

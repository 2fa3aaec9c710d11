"""One HTTP/1.1 connection (RFC 9112): a request at a time, kept alive between them."""

from __future__ import annotations

import asyncio

import httptools

from ticker.net.connection_interface import Connection, Owner
from ticker.net.exchange import Exchange
from ticker.net.headers import joined, lines
from ticker.net.reply import Unanswered

HEAD_MAX = 64 * 1024
"""Bytes until a response's headers are complete, interim responses included."""
ANSWER_MAX = 128 * 1024
"""Bytes of a response that is read to its end, so that the connection can be used again. A longer
one is cut off, and its connection closed."""


class Http1(Connection):
    """A connection that is usable from the beginning; also the callbacks of its parser."""

    def __init__(self, owner: Owner, authority: bytes) -> None:
        super().__init__(owner)
        self._host = b" HTTP/1.1\r\nhost: " + authority + b"\r\n"
        self._parser: httptools.HttpResponseParser | None = httptools.HttpResponseParser(self)
        self._exchange: Exchange | None = None
        self._received = 0
        """Bytes since the request was sent."""
        self._fields: list[tuple[bytes, bytes]] = []
        self._interim = False
        self._complete = False
        self._alive = False
        """Whether the response keeps the connection alive."""
        self._excess = False
        """Whether bytes came after the response."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.opened.set_result(True)

    def room(self) -> int:
        return int(self._exchange is None and self.writable and not self.closing)

    @property
    def busy(self) -> bool:
        return self._exchange is not None

    def start(self, exchange: Exchange) -> None:
        self._exchange = exchange
        exchange.carrier = self
        self._received = 0
        self._fields.clear()
        self._interim = self._complete = False
        self.transport.write(
            b"%b %b%b%b%b\r\n%b"
            % (
                exchange.method,
                exchange.path,
                self._host,
                exchange.head.h1,
                lines((*exchange.extra, *exchange.content_length())),
                exchange.body,
            )
        )

    def cancel(self, exchange: Exchange, *, expired: bool) -> None:
        self._exchange = None
        self.abort()  # the response would be taken for that of the next request

    def close(self) -> None:
        self._fail("the connection was closed")
        self._close_transport()

    def resume_writing(self) -> None:
        self.writable = True
        self.owner.on_room()

    def data_received(self, data: bytes) -> None:
        if self._exchange is None or self._parser is None:
            self.abort()  # a response without a request: a 408, or one meant for another
            return
        self._received += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._excess = True  # another protocol from here on
        except httptools.HttpParserError as error:
            if not self._complete:
                self._broken(f"not HTTP/1.1: {error}")
                return
            self._excess = True
        if self._complete:
            self._answered(reusable=self._alive and not self._excess)
        elif not self._exchange.status and self._received > HEAD_MAX:
            self._broken("endless headers")
        elif self._received > ANSWER_MAX:
            self._answered(reusable=False)

    def connection_lost(self, error: Exception | None) -> None:
        exchange, self._parser = self._exchange, None
        if exchange is not None and exchange.status and self._until_close():
            self._answered(reusable=False)
        elif exchange is not None and not self._received and self.answered and not exchange.retried:
            self._exchange = exchange.carrier = None
            exchange.retried = True
            self.owner.counts.retried += 1
            self.owner.on_unseen(exchange)
        else:
            self._fail(f"the connection was lost: {error or 'closed by the peer'}")
        self._lost()

    def _answered(self, *, reusable: bool) -> None:
        exchange = self._exchange
        assert exchange is not None
        self._exchange = None
        exchange.answered()
        self._note_response()
        self.idle_since = self.time()
        if reusable and self.writable:
            self.owner.on_room()
        else:
            self._close_transport()

    def _until_close(self) -> bool:
        """Tell whether the end of the connection is the end of the response (RFC 9112 §6.3)."""
        assert self._exchange is not None
        headers = self._exchange.headers
        return b"content-length" not in headers and b"transfer-encoding" not in headers

    def _broken(self, why: str) -> None:
        self.owner.counts.discarded += 1
        self.failed = True
        self._fail(why)
        self.abort()

    def _fail(self, why: str) -> None:
        exchange, self._exchange = self._exchange, None
        if exchange is not None:
            exchange.settle(Unanswered(why, sent=True))

    # called by the parser

    def on_message_begin(self) -> None:
        self._excess |= self._complete

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self._complete:
            self._fields.append((name, value))

    def on_headers_complete(self) -> None:
        exchange, parser = self._exchange, self._parser
        if exchange is None or parser is None or self._complete:
            return
        status = parser.get_status_code()
        self._interim = status < 200 and status != 101
        if not self._interim:
            exchange.begin(status, joined(self._fields))
        self._fields.clear()

    def on_body(self, data: bytes) -> None:
        if self._exchange is not None and not self._complete:
            self._exchange.keep(data)

    def on_message_complete(self) -> None:
        self._fields.clear()  # trailers
        if not self._interim:
            self._complete = True
            self._alive = self._parser is not None and self._parser.should_keep_alive()

"""One HTTP/2 connection: what ``Session`` decides, on a transport."""

from __future__ import annotations

import asyncio

from ticker.net.connection import Connection, Owner
from ticker.net.exchange import Exchange
from ticker.net.reply import Reply
from ticker.net.session import Outcome, Session

SILENT_MAX = 3
"""Time-outs in a row without a byte from the peer after which the connection is in doubt. It is
asked for a sign of life, takes no request meanwhile, and is discarded when none comes."""
WRITE_MAX = 512 * 1024
"""Bytes at which the connection takes no further requests, of one turn and of those that the peer
does not take off us. They are more than a hundred notifications."""


class Http2(Connection):
    """Opened when the peer's settings are there, not before: they say how many requests it takes
    (APNs begins with one).
    """

    def __init__(
        self,
        owner: Owner,
        authority: bytes,
        *,
        secure: bool,
        streams: int,
        ping_timeout: float,
        first_stream: int = 1,
    ) -> None:
        super().__init__(owner)
        self._session: Session[Exchange] = Session(
            authority,
            secure=secure,
            streams=streams,
            counts=owner.counts,
            first_stream=first_stream,
        )
        self._ping_timeout = ping_timeout
        self._flushing = False
        self._silent = 0
        self._doubt: asyncio.TimerHandle | None = None
        self._drained = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.transport.set_write_buffer_limits(high=WRITE_MAX)
        self.transport.write(self._session.out.take())

    def room(self) -> int:
        if not self.writable or self.closing or self._doubt is not None:
            return 0
        return self._session.room() if self._session.out.size < WRITE_MAX else 0

    @property
    def busy(self) -> bool:
        return self._session.busy

    def start(self, exchange: Exchange) -> None:
        self._session.start(exchange)
        exchange.connection = self
        if not self._flushing:
            self._flush_soon()

    def cancel(self, exchange: Exchange, *, expired: bool) -> None:
        exchange.connection = None
        self._session.cancel(exchange)
        if expired and self._doubt is None:
            self._silent += 1
            if self._silent >= SILENT_MAX:
                self._session.ping()
                loop = asyncio.get_running_loop()
                self._doubt = loop.call_later(self._ping_timeout, self._discard)
        self._flush_soon()
        self._look()

    def close(self) -> None:
        if not self.closing:
            self._session.leave()
            self.transport.write(self._session.out.take())
            self._leave()
            self._settle(self._session.lost("the connection was closed"))

    def resume_writing(self) -> None:
        self.writable = True
        self._flush_soon()
        self.owner.freed()

    def data_received(self, data: bytes) -> None:
        session = self._session
        self._silent = 0
        if self._doubt is not None:
            self._doubt.cancel()
            self._doubt = None
        self._settle(session.receive(data))
        if session.out:
            self._flush_soon()
        self._look()

    def connection_lost(self, error: Exception | None) -> None:
        if self._doubt is not None:
            self._doubt.cancel()
        why = f"the connection was lost: {error or 'closed by the peer'}"
        self._settle(self._session.lost(why))
        self._lost()

    def _look(self) -> None:
        """Do what follows from the state of the session."""
        session, owner = self._session, self.owner
        if session.broken is not None:
            if not self.closing:
                owner.counts.discarded += 1
                self.failed = True
                self.transport.write(session.out.take())
                self._leave()
            return
        if session.ready and not self.opened.done():
            self.opened.set_result(True)
        if session.draining and not self._drained:
            self._drained = True
            self.failed = not self.answered
            owner.draining(self)
        if session.draining and not session.busy:
            self.close()
        else:
            owner.freed()

    def _settle(self, finished: list[tuple[Exchange, Outcome]]) -> None:
        for exchange, outcome in finished:
            exchange.settle(outcome)
        if finished:
            self.idle_since = self.time()
            if not self.answered and any(isinstance(each, Reply) for _, each in finished):
                self._first_answer()

    def _flush_soon(self) -> None:
        if not self._flushing:
            self._flushing = True
            asyncio.get_running_loop().call_soon(self._flush)

    def _flush(self) -> None:
        self._flushing = False
        if self.writable and not self.closing:
            full = self._session.out.size >= WRITE_MAX
            if data := self._session.out.take():
                self.transport.write(data)
            if full:
                self.owner.freed()

    def _discard(self) -> None:
        self.owner.counts.discarded += 1
        self.failed = True
        self.abort()

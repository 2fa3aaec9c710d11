"""The interface between an origin and its connections, whatever protocol they speak."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from typing import Protocol, cast

from ticker.net.exchange import Counts, Exchange

CLOSE_TIMEOUT = 1.0
"""Seconds that a peer gets to read the last bytes and disconnect, once this side has closed."""


class Owner(Protocol):
    """Receives what happens to a connection."""

    counts: Counts

    def on_room(self) -> None:
        """Use the room that there may be for waiting requests."""

    def on_draining(self, connection: Connection) -> None:
        """Give it no further requests; it closes when those under way are over."""

    def on_closed(self, connection: Connection) -> None:
        """Forget it: it is closed, and everything on it is settled."""

    def on_first_response(self) -> None:
        """Note that a connection has brought its first response."""

    def on_unseen(self, exchange: Exchange) -> None:
        """Find another connection for a request that the peer has certainly not seen."""


class Connection(asyncio.Protocol, ABC):
    """A connection that is open or being opened. An origin makes it; ``on_closed`` is its end."""

    transport: asyncio.Transport

    def __init__(self, owner: Owner) -> None:
        self.owner = owner
        loop = asyncio.get_running_loop()
        self.time = loop.time
        self.opened: asyncio.Future[bool] = loop.create_future()
        """True when requests may be given to it, False if it was lost before."""
        self.closed: asyncio.Future[None] = loop.create_future()
        self.answered = False
        """Whether it has ever brought a response."""
        self.idle_since = self.time()
        self.writable = True
        self.closing = False
        """Whether this side has closed it."""
        self.failed = False
        """Whether it was of no use, so that the next one should not be opened at once."""
        self._close_timer: asyncio.TimerHandle | None = None

    @abstractmethod
    def room(self) -> int:
        """Return how many requests it takes right now."""

    @abstractmethod
    def start(self, exchange: Exchange) -> None:
        """Send a request. There must be room."""

    @abstractmethod
    def cancel(self, exchange: Exchange, *, expired: bool) -> None:
        """Forget a request of this connection; ``expired`` if its time is out."""

    @property
    @abstractmethod
    def busy(self) -> bool:
        """Whether a request is under way."""

    @abstractmethod
    def close(self) -> None:
        """Close in the protocol's own way; requests under way fail."""

    def abort(self) -> None:
        """Close it now, without a word to the peer."""
        self.closing = True
        self.transport.abort()

    def pause_writing(self) -> None:
        self.writable = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's class is not derived from it

    def _close_transport(self) -> None:
        """Close it when what was written is sent, or after ``CLOSE_TIMEOUT``."""
        if not self.closing:
            self.closing = True
            self.transport.close()
            loop = asyncio.get_running_loop()
            self._close_timer = loop.call_later(CLOSE_TIMEOUT, self.transport.abort)

    def _lost(self) -> None:
        """Report the end; everything on it is settled."""
        if self._close_timer is not None:
            self._close_timer.cancel()
        self.failed |= not self.answered and not self.closing
        self.closing = True
        if not self.opened.done():
            self.opened.set_result(False)
        self.closed.set_result(None)
        self.owner.on_closed(self)

    def _note_response(self) -> None:
        if not self.answered:
            self.answered = True
            self.owner.on_first_response()

"""What an origin knows of a connection, whatever protocol it speaks."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from typing import Protocol, cast

from ticker.net.exchange import Counts, Exchange

LINGER = 1.0
"""Seconds that a peer gets to take the last bytes and leave, once this side has closed."""


class Owner(Protocol):
    """Whom a connection tells what happens to it."""

    counts: Counts

    def freed(self) -> None:
        """There may be room for those who wait."""

    def draining(self, connection: Connection) -> None:
        """It takes no further requests, and will be gone when those under way are over."""

    def gone(self, connection: Connection) -> None:
        """It is closed, and everything on it is settled."""

    def works(self) -> None:
        """It has brought its first answer."""

    def again(self, exchange: Exchange) -> None:
        """The request was certainly not seen by anybody; find it another connection."""


class Connection(asyncio.Protocol, ABC):
    """A connection that is open or being opened; made by an origin, given up through ``gone``."""

    transport: asyncio.Transport

    def __init__(self, owner: Owner) -> None:
        self.owner = owner
        loop = asyncio.get_running_loop()
        self.time = loop.time
        self.opened: asyncio.Future[bool] = loop.create_future()
        """True when requests may be given to it, False if it was lost before."""
        self.closed: asyncio.Future[None] = loop.create_future()
        self.answered = False
        """Whether it has ever brought an answer."""
        self.idle_since = self.time()
        self.writable = True
        self._linger: asyncio.TimerHandle | None = None
        self.closing = False
        """Whether this side has closed it."""
        self.failed = False
        """Whether it was of no use, so that the next one should not be opened at once."""

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
        """Take leave; what is under way fails."""

    def abort(self) -> None:
        """Close it now, without taking leave."""
        self.closing = True
        self.transport.abort()

    def _leave(self) -> None:
        """Close it when what was written is sent, or after ``LINGER``."""
        if not self.closing:
            self.closing = True
            self.transport.close()
            loop = asyncio.get_running_loop()
            self._linger = loop.call_later(LINGER, self.transport.abort)

    def pause_writing(self) -> None:
        self.writable = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's own is none by class

    def _lost(self) -> None:
        """Report the end; everything on it is settled."""
        if self._linger is not None:
            self._linger.cancel()
        self.failed |= not self.answered and not self.closing
        self.closing = True
        if not self.opened.done():
            self.opened.set_result(False)
        self.closed.set_result(None)
        self.owner.gone(self)

    def _first_answer(self) -> None:
        if not self.answered:
            self.answered = True
            self.owner.works()

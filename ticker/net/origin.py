"""One origin: its connections, the requests that wait for one, and when another is opened."""

from __future__ import annotations

import asyncio
import ssl
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from ticker.domain.backoff import delay
from ticker.domain.tls_failure import readable
from ticker.net.connection_interface import Connection
from ticker.net.exchange import Counts, Exchange
from ticker.net.http1 import Http1
from ticker.net.http2 import Http2
from ticker.net.reply import Unanswered
from ticker.net.resolver import Addresses, Site

BACKOFF_MIN, BACKOFF_MAX = 0.1, 1.0
"""Seconds after a failure until the next connection is opened, doubled with each failure in a row.
Meanwhile requests fail at once, unless another connection is there."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of each origin."""

    connections: int
    """HTTP/2 connections. As many more may be draining."""
    connections_h1: int
    streams: int
    """Requests under way on one HTTP/2 connection."""
    waiting: int
    """Requests that wait for a connection; further ones fail at once."""
    connect_timeout: float
    """Seconds for the look-up, the connection, TLS and the peer's settings."""
    ping_timeout: float
    """Seconds that a silent connection gets to send any byte."""


class Origin:
    """The connections to one origin, and the requests that wait for one.

    Made by the client for the first request. Its connections report to it.
    """

    def __init__(
        self,
        site: Site,
        addresses: Addresses,
        limits: Limits,
        counts: Counts,
        clock: Callable[[], float],
        tls: ssl.SSLContext | None,
        *,
        prior_knowledge: bool,
    ) -> None:
        self.counts = counts
        self.used = clock()
        """The time of its last request."""
        self._site = site
        self._addresses = addresses
        self._limits = limits
        self._clock = clock
        self._tls = tls if site.secure else None
        self._h2 = prior_knowledge if not site.secure else None
        """Whether it speaks HTTP/2; None before the first connection."""
        self.connections: list[Connection] = []
        self._draining: list[Connection] = []
        self._opening: set[asyncio.Task[None]] = set()
        self._waiting: OrderedDict[Exchange, None] = OrderedDict()
        self._failures = 0
        """Failures in a row, without a response between them."""
        self._retry_at = 0.0
        self._last_failure: Unanswered | None = None

    @property
    def busy(self) -> bool:
        """Whether something is under way."""
        return bool(self._waiting or self._opening or self._draining) or any(
            connection.busy for connection in self.connections
        )

    def submit(self, exchange: Exchange) -> None:
        """Send a request, or let it wait for a connection."""
        if not self._waiting:
            for connection in self.connections:
                if connection.room() > 0:
                    connection.start(exchange)
                    return
        if len(self._waiting) >= self._limits.waiting:
            exchange.settle(Unanswered("too many requests wait", sent=False))
            return
        self._waiting[exchange] = None
        self._open_connections()

    def abandon(self, exchange: Exchange, *, expired: bool) -> None:
        """Forget a request that no caller waits for."""
        if exchange.carrier is not None:
            exchange.carrier.cancel(exchange, expired=expired)
        else:
            self._waiting.pop(exchange, None)

    def close_idle(self, before: float) -> None:
        """Close the connections on which nothing happened since ``before``."""
        for connection in list(self.connections):
            if not connection.busy and connection.idle_since < before:
                connection.close()

    async def aclose(self) -> None:
        """Fail what is under way and close everything; that takes ``CLOSE_TIMEOUT`` at most."""
        self._fail_waiting(Unanswered("the client was closed", sent=False))
        for task in self._opening:
            task.cancel()
        await asyncio.gather(*self._opening, return_exceptions=True)
        connections = self.connections + self._draining
        for connection in connections:
            connection.close()
        await asyncio.gather(*(connection.closed for connection in connections))

    # called by connections

    def on_room(self) -> None:
        if not self._waiting:
            return
        for connection in list(self.connections):
            while self._waiting and connection.room() > 0:
                exchange = next(iter(self._waiting))
                if exchange.retried and connection.answered:
                    self._retire(connection)  # this request needs a fresh one
                    break
                del self._waiting[exchange]
                if not exchange.answer.done():  # it may have been cancelled in this turn
                    connection.start(exchange)
        self._open_connections()

    def on_draining(self, connection: Connection) -> None:
        if connection in self.connections:
            self.connections.remove(connection)
            self._draining.append(connection)
        self._open_connections()

    def _retire(self, connection: Connection) -> None:
        self.on_draining(connection)
        connection.close()

    def on_closed(self, connection: Connection) -> None:
        for those in (self.connections, self._draining):
            if connection in those:
                those.remove(connection)
                if connection.failed:
                    self._failed(Unanswered("its connections bring no response", sent=False))
        self._open_connections()

    def on_first_response(self) -> None:
        self._failures = 0
        self._retry_at = 0.0

    def on_unseen(self, exchange: Exchange) -> None:
        """Close the other idle connections, and send the request on a new one.

        A peer that closed one idle connection has probably closed the others.
        """
        for connection in list(self.connections):
            if not connection.busy:
                self._retire(connection)
        self._waiting[exchange] = None
        self._waiting.move_to_end(exchange, last=False)

    # opening

    def _open_connections(self) -> None:
        """Open as many connections as the waiting requests can use."""
        if not self._waiting:
            return
        if self._clock() < self._retry_at:
            if not self.connections and not self._opening and self._last_failure is not None:
                self._fail_waiting(self._last_failure)
            return
        limits, opening = self._limits, len(self._opening)
        if self._h2 is None:
            most, each = 1, len(self._waiting)
        elif self._h2:
            most, each = limits.connections, limits.streams
        else:
            most, each = limits.connections_h1, 1
        here = len(self.connections) + opening
        wanted = -(-len(self._waiting) // each) - opening
        for _ in range(min(wanted, most - here, 2 * most - here - len(self._draining))):
            self._opening.add(asyncio.get_running_loop().create_task(self._open()))

    async def _open(self) -> None:
        task = asyncio.current_task()
        assert task is not None
        limit = self._limits.connect_timeout
        try:
            async with asyncio.timeout(limit):
                connection = await self._connect()
        except TimeoutError:
            self._not_opened(task, f"no connection within {limit:g} s")
        except Unanswered as error:
            self._not_opened(task, error)
        except OSError as error:  # TLS errors among them
            self._not_opened(task, f"{type(error).__name__}: {readable(str(error))}")
        else:
            self._opening.discard(task)
            self.counts.opened += 1
            self._h2 = isinstance(connection, Http2)
            self.connections.append(connection)
            self.on_room()

    def _not_opened(self, task: asyncio.Task[None], why: str | Unanswered) -> None:
        self._opening.discard(task)
        self.counts.failed += 1
        self._addresses.forget()
        if isinstance(why, str):
            why = Unanswered(f"{self._site.authority.decode()}: {why}", sent=False)
        self._failed(why)

    async def _connect(self) -> Connection:
        """Return a connection that can be used. Raises Unanswered, OSError."""
        addresses = await self._addresses.find()
        share = self._limits.connect_timeout / len(addresses)
        for address in addresses[:-1]:
            try:
                async with asyncio.timeout(share):
                    return await self._connect_to(address)
            except (OSError, TimeoutError, Unanswered):
                continue  # the last one's error is raised
        return await self._connect_to(addresses[-1])

    async def _connect_to(self, address: str) -> Connection:
        loop, site = asyncio.get_running_loop(), self._site
        _, choice = await loop.create_connection(
            lambda: _ProtocolChoice(self._choose),
            address,
            site.port,
            ssl=self._tls,
            server_hostname=site.host if self._tls else None,
        )
        connection = choice.connection
        assert connection is not None
        try:
            usable = await connection.opened
        except asyncio.CancelledError:  # the time is out
            connection.abort()
            raise
        if not usable or connection.closing:
            raise Unanswered(f"{site.host} closed the connection at once", sent=False)
        return connection

    def _choose(self, transport: asyncio.Transport) -> Connection:
        """Return a connection of the protocol that was agreed on (RFC 7301)."""
        site, tls = self._site, transport.get_extra_info("ssl_object")
        h2 = self._h2 if tls is None else tls.selected_alpn_protocol() == "h2"
        if h2:
            limits = self._limits
            return Http2(
                self,
                site.authority,
                secure=site.secure,
                streams=limits.streams,
                ping_timeout=limits.ping_timeout,
            )
        return Http1(self, site.authority)

    def _failed(self, failure: Unanswered) -> None:
        now = self._clock()
        if now >= self._retry_at:  # connections opened together fail together
            self._failures += 1
            self._retry_at = now + delay(
                self._failures, first=BACKOFF_MIN, last=BACKOFF_MAX, jitter=1.0
            )
        self._last_failure = failure
        if not self.connections and not self._opening:
            self._fail_waiting(failure)

    def _fail_waiting(self, failure: Unanswered) -> None:
        waiting, self._waiting = self._waiting, OrderedDict()
        for exchange in waiting:
            exchange.settle(failure.copy())


class _ProtocolChoice(asyncio.Protocol):
    """Hands the transport to a connection of the agreed protocol, without losing a byte."""

    def __init__(self, choose: Callable[[asyncio.Transport], Connection]) -> None:
        self.connection: Connection | None = None
        self._choose = choose

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        channel = cast(asyncio.Transport, transport)  # uvloop's class is not derived from it
        self.connection = self._choose(channel)
        channel.set_protocol(self.connection)
        self.connection.connection_made(transport)

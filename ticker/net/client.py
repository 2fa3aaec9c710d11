"""The HTTP client for the outside world: every request ends in time, whatever the peer does."""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import Iterable, Sequence

from ticker.net.exchange import Counts, Exchange
from ticker.net.headers import Field, Head, check
from ticker.net.origin import Limits, Origin
from ticker.net.reply import BODY_MAX, Forbidden, Reply, TimedOut, Unanswered
from ticker.net.resolver import Addresses, parse
from ticker.net.ssrf_guard import Network

ORIGINS_MAX = 256
"""Origins with connections. For a further one, the least recently used is closed."""
IDLE = 60.0
"""Seconds after which an unused connection is closed."""

PING_TIMEOUT = 5.0
"""Most seconds that a silent connection gets to answer a PING."""

METHODS = frozenset((b"GET", b"POST", b"PUT"))

_TICK = 0.002
"""Seconds by which a timer may be early: some event loops count in milliseconds."""
_TARGET = re.compile(rb"/[\x21-\x7e]*")


class HttpClient:
    """A client with connections to many origins, for one event loop.

    ``timeout``: seconds from the call to the complete response, connecting included.
    ``allow``: None for addresses that the operator chose, which are not checked. Otherwise every
    address must be ``reachable`` (ssrf_guard), and connections are made to the very address that
    was checked; networks in ``allow`` are reachable besides the public ones.
    ``body_timeout``: seconds that a response's body may take after its headers; then the response
    is what is there. None: as long as ``timeout`` permits.
    ``body_max``: bytes of a response's body that are kept.
    ``tls``: a context of its own; the client sets what protocols it offers.
    ``connections``, ``streams``: HTTP/2 connections of an origin, and requests under way on each;
    the peer may allow fewer. ``connections_h1``: HTTP/1.1 connections of an origin.
    ``waiting``: requests of an origin that wait for a connection; further ones fail at once.
    ``prior_knowledge``: http:// origins speak HTTP/2 (RFC 9113 §3.3), otherwise HTTP/1.1.
    https:// origins choose between both.
    """

    def __init__(
        self,
        *,
        timeout: float,
        allow: Iterable[Network] | None,
        tls: ssl.SSLContext | None = None,
        connections: int = 4,
        streams: int = 100,
        connections_h1: int = 32,
        waiting: int = 1_024,
        origins: int = ORIGINS_MAX,
        connect_timeout: float = 5.0,
        body_timeout: float | None = None,
        body_max: int = BODY_MAX,
        idle: float = IDLE,
        prior_knowledge: bool = False,
    ) -> None:
        self.counts = Counts()
        self._timeout = timeout
        self._body_timeout = body_timeout
        self._body_max = body_max
        self._allow = None if allow is None else tuple(allow)
        self._tls = tls
        self._limits = Limits(
            connections=connections,
            connections_h1=connections_h1,
            streams=streams,
            waiting=waiting,
            connect_timeout=min(connect_timeout, timeout),
            ping_timeout=min(PING_TIMEOUT, timeout),
        )
        self._origins_max = origins
        self._idle = idle
        self._prior_knowledge = prior_knowledge
        self._loop: asyncio.AbstractEventLoop | None = None
        self.origins: dict[str, Origin] = {}
        self.pending: dict[Exchange, Origin] = {}
        """Requests without an outcome and their origins, by deadline: all have the same time."""
        self._deadline_timer: asyncio.TimerHandle | None = None
        self._sweep_timer: asyncio.TimerHandle | None = None
        self._closed = False

    async def post(
        self, origin: str, path: bytes, head: Head, extra: Sequence[Field], body: bytes
    ) -> Reply:
        """Send a POST and return the response (see ``request``)."""
        return await self.request(b"POST", origin, path, head, extra, body)

    async def request(
        self,
        method: bytes,
        origin: str,
        path: bytes,
        head: Head,
        extra: Sequence[Field],
        body: bytes,
    ) -> Reply:
        """Send a request and return its response, whatever the status. Redirects are not followed.

        ``method`` is one of ``METHODS``, ``origin`` is "https://host[:port]", ``path`` begins with
        a slash, ``extra`` are headers of this request alone. Raises Unanswered; ValueError for
        another method or a line break in a header. Cancelling is safe at any time: the peer is
        told, and nothing is left behind.
        """
        if method not in METHODS:
            raise ValueError(f"not a method of this client: {method!r}")
        loop = self._loop or self._begin()
        for _, value in extra:
            check(value)
        if not _TARGET.fullmatch(path):
            raise Forbidden(f"not a path: {path[:100]!r}")
        destination = self.origins.get(origin) or self._add_origin(origin)
        now = loop.time()
        destination.used = now
        answer: asyncio.Future[Reply] = loop.create_future()
        exchange = Exchange(
            method,
            path,
            head,
            extra,
            body,
            answer,
            now + self._timeout,
            self._body_timeout,
            self._body_max,
        )
        self.counts.requests += 1
        self.pending[exchange] = destination
        if self._deadline_timer is None:
            self._deadline_timer = loop.call_at(exchange.deadline, self._expire)
        destination.submit(exchange)
        try:
            if answer.done():
                await asyncio.sleep(0)  # a caller that retries in a loop lets others run
            return await answer
        except asyncio.CancelledError:
            if answer.cancelled():
                destination.abandon(exchange, expired=False)
            elif answer.done():
                answer.exception()  # marked as retrieved: no caller will
            raise
        finally:
            self.pending.pop(exchange, None)

    async def aclose(self) -> None:
        """Fail the requests under way and close all connections, for good."""
        self._closed = True
        for timer in (self._deadline_timer, self._sweep_timer):
            if timer is not None:
                timer.cancel()
        self._deadline_timer = self._sweep_timer = None
        origins, self.origins = self.origins, {}
        await asyncio.gather(*(origin.aclose() for origin in origins.values()))

    def _begin(self) -> asyncio.AbstractEventLoop:
        if self._closed:
            raise Unanswered("the client was closed", sent=False)
        self._loop = asyncio.get_running_loop()
        return self._loop

    def _add_origin(self, name: str) -> Origin:
        """Return a new origin; close the least recently used one if there are too many."""
        loop = self._loop
        assert loop is not None
        if self._closed:
            raise Unanswered("the client was closed", sent=False)
        site = parse(name)
        if len(self.origins) >= self._origins_max:
            self._evict()
        if self._tls is None and site.secure:
            self._tls = ssl.create_default_context()
        if site.secure and self._tls is not None:
            self._tls.set_alpn_protocols(["h2", "http/1.1"])
        origin = self.origins[name] = Origin(
            site,
            Addresses(site, self._allow, loop.time),
            self._limits,
            self.counts,
            loop.time,
            self._tls,
            prior_knowledge=self._prior_knowledge,
        )
        if self._sweep_timer is None:
            self._sweep_timer = loop.call_later(self._idle / 4, self._sweep)
        return origin

    def _evict(self) -> None:
        quiet = [name for name, origin in self.origins.items() if not origin.busy]
        if not quiet:
            raise Unanswered("too many origins at once", sent=False)
        name = min(quiet, key=lambda each: self.origins[each].used)
        self.origins.pop(name).close_idle(float("inf"))

    def _expire(self) -> None:
        """Fail the requests whose deadline has passed; set the timer for the next one."""
        loop = self._loop
        assert loop is not None
        self._deadline_timer = None
        now = loop.time() + _TICK
        late: list[tuple[Exchange, Origin]] = []
        for exchange, origin in self.pending.items():
            if exchange.deadline > now:
                self._deadline_timer = loop.call_at(exchange.deadline, self._expire)
                break
            late.append((exchange, origin))
        for exchange, origin in reversed(
            late
        ):  # those who wait come last, and must not get a destination now
            del self.pending[exchange]
            if exchange.answer.done():
                continue  # answered in this turn of the loop
            self.counts.timeouts += 1
            sent = exchange.carrier is not None
            origin.abandon(exchange, expired=True)
            exchange.settle(TimedOut(f"no answer within {self._timeout:g} s", sent=sent))

    def _sweep(self) -> None:
        """Close idle connections, and forget unused origins."""
        loop = self._loop
        assert loop is not None
        before = loop.time() - self._idle
        for name, origin in list(self.origins.items()):
            origin.close_idle(before)
            if origin.used < before and not origin.busy:
                self.origins.pop(name).close_idle(float("inf"))
        self._sweep_timer = None
        if self.origins:
            self._sweep_timer = loop.call_later(self._idle / 4, self._sweep)

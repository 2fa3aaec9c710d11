"""Counts the connections of this process and decides about each new one, before it costs anything.

When descriptors run out, load is shed in this order:

1. New connections are refused with 503. An editor's request is served from the reserve.
2. With half of the reserve in use, paused readers are cut, the longest paused first.
3. With the whole reserve in use, new connections are closed unread, and the log says so.

Readers that take what they are sent keep their connections throughout.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeAlias

from ticker.domain.budgets import Budgets, Kind
from ticker.domain.errors import TickerError, Unavailable
from ticker.gateway.crowd import Crowd
from ticker.gateway.delayed_close import DelayedClose
from ticker.stream.sight import PARTS_MAX
from ticker.telemetry.families import Family, counter, gauge

RESERVE_MAX = 512
"""Descriptors that are kept for the store, for refusals and for editors; with a low limit, a
quarter of it."""
REFUSED_MAX = 256
"""Refused connections that are still open, to be read and answered; with a small reserve, a half of
it. The next one cuts the oldest of them, so that refusals take no descriptors from others."""
CROWD = 100
"""Connections of one address; the readers beyond them get each event after all others, and so do
those of an IPv6 /48 beyond ``WIDER`` times as many. Direct writes to so many take half a
millisecond."""
SEVERAL_FILTERS_CROWD = CROWD // PARTS_MAX
"""The same for readers with several filters, of which one costs an event as much as ``PARTS_MAX``
others. 950 of them, from ten addresses, delayed it by 40 ms."""
ITEMS_PER_REQUEST = 32
"""Items of a snapshot that cost as much as a request: about ``ANSWER_BYTES`` of a poll."""
RETRY_AFTER = 10
"""Seconds after which a client that found the server full may come back."""
WARN_EVERY = 60.0
"""Seconds between two log lines that say the same."""

_CHUNKED = re.compile(rb"\r\ntransfer-encoding:", re.IGNORECASE)
_FORWARDED_FOR = re.compile(rb"\r\nx-forwarded-for:([^\r\n]*)", re.IGNORECASE)
_EDITOR = re.compile(rb"\r\nauthorization: *bearer +tk_[A-Za-z0-9_-]{32}\r\n", re.IGNORECASE)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class CloseUnread:
    """Verdict: close the connection without an answer, which would cost a descriptor that the
    process needs, or more work than an address gets that goes on after many refusals.
    """

    at_once: bool = False
    """Whether its descriptor is needed; otherwise it is closed a moment later."""


Verdict: TypeAlias = TickerError | CloseUnread | None
"""None: serve it. An error: answer the first request with it."""


@dataclass(slots=True)
class _Connection:
    """An open connection: who it comes from, and who pays for it."""

    peer: str
    """The address of the other side; empty for a unix socket."""
    is_proxy: bool
    """Whether the peer is a trusted proxy: each of its requests says who its client is."""
    client: str = ""
    """The client that holds a place with it; empty if nobody does."""


class ConnectionGate:
    """The open connections of one process."""

    def __init__(
        self,
        budgets: Budgets,
        descriptors: int,
        clock: Callable[[], float],
        shed: Callable[[int], int],
    ) -> None:
        """``descriptors`` is the limit of open files of this process.

        ``shed`` cuts at most so many laggards and returns how many it has cut. ``clock`` is
        monotonic seconds.
        """
        self._budgets = budgets
        self._reserve = min(RESERVE_MAX, descriptors // 4)
        self._most = descriptors - self._reserve
        self._clock = clock
        self._shed = shed
        self._open: dict[asyncio.Transport, _Connection] = {}
        self._refused: dict[asyncio.Transport, None] = {}
        self._refused_most = min(REFUSED_MAX, self._reserve // 2)
        self.closes = DelayedClose(self._refused_most, clock)
        """Connections that are closed unread, a moment later."""
        self._warned = -WARN_EVERY
        self.refused = 0
        self.closed_unread = 0
        self.laggards_shed = 0
        self._many = descriptors
        self._when_many: Callable[[], None] = _nothing

    def __len__(self) -> int:
        """Return the number of open connections."""
        return len(self._open)

    @property
    def most(self) -> int:
        """Return the number of connections from which on new ones are refused."""
        return self._most

    def open(self, transport: asyncio.Transport, *, known: bool = False) -> Verdict:
        """Count a connection and decide about it. ``closed`` must follow when it is gone.

        One that is ``known`` was new in the other process of this port, and has paid there.
        """
        connection = self._known(transport)
        verdict: Verdict = self._full()
        self._open[transport] = connection
        if verdict is None and not connection.is_proxy and connection.peer:
            client = connection.peer
            verdict = None if known else self._budgets.take("connects", client)
            verdict = verdict or self._budgets.enter(client)
            if verdict is None:
                connection.client = client
            elif self._budgets.take("refusals", client) is not None:
                verdict = CloseUnread()
        if isinstance(verdict, TickerError):
            while len(self._refused) >= self._refused_most:
                oldest = next(iter(self._refused))
                self.closed(oldest)
                oldest.abort()
            self._refused[transport] = None
        if isinstance(verdict, CloseUnread):
            self.closed_unread += 1
        if len(self._open) >= self._many:
            self._when_many()
        return verdict

    def watch(self, many: int, when_many: Callable[[], None]) -> None:
        """Call ``when_many`` after each new connection that is one of ``many`` or more."""
        self._many = many
        self._when_many = when_many

    def shuts_out(self, client: str) -> bool:
        """Tell whether ``open`` would have a new connection of ``client`` closed unread.

        Then it needs no transport, which costs several times as much as to close its socket.
        """
        budgets = self._budgets
        if client in budgets.trusted:
            return False
        if budgets.has("connects", client) or budgets.has("refusals", client):
            return False
        budgets.take("connects", client)  # counts the refusal
        self.closed_unread += 1
        return True

    def closed(self, transport: asyncio.Transport) -> None:
        """Forget a connection that is gone. A second call does nothing."""
        self._refused.pop(transport, None)
        connection = self._open.pop(transport, None)
        if connection is not None and connection.client:
            self._budgets.leave(connection.client)

    def serves(self, transport: asyncio.Transport, refusal: TickerError, head: bytes) -> bool:
        """Tell whether a request with ``head`` is served although its connection was refused.

        At the limit of descriptors an editor's is: it is served from the reserve. Wrong keys have
        a budget of their own.
        """
        if isinstance(refusal, Unavailable) and _EDITOR.search(_head(head)) is not None:
            self._refused.pop(transport, None)
            return True
        return False

    def reader(self, transport: asyncio.Transport, client: str) -> TickerError | None:
        """Charge a reader that comes through a trusted proxy; return the refusal if it may not.

        ``client`` is what ``client`` has returned for its request.
        """
        connection = self._known(transport)
        if not connection.is_proxy:
            return None  # it has paid when it came
        return self._charge(transport, connection, client, "connects")

    def crowd(self, transport: asyncio.Transport) -> Crowd:
        """Tell whether the client of ``transport`` holds many connections.

        The /48 around an IPv6 client may hold ``WIDER`` times as many.
        """
        client = self._holder(transport)
        if not self._budgets.exceeds(client, SEVERAL_FILTERS_CROWD):
            return Crowd.NONE
        many = self._budgets.exceeds(client, CROWD)
        return Crowd.FOR_ALL if many else Crowd.FOR_SEVERAL_FILTERS

    def request(self, transport: asyncio.Transport, client: str) -> TickerError | None:
        """Charge a request of ``client``; it holds a proxy's connection until ``answered``.

        ``client`` is what ``client`` has returned for it.
        """
        connection = self._open.get(transport) or self._known(transport)
        if not connection.is_proxy:
            return self._budgets.take("requests", connection.peer)
        return self._charge(transport, connection, client, "requests")

    def is_proxy(self, transport: asyncio.Transport) -> bool:
        """Tell whether the peer is a trusted proxy, whose headers say who its client is."""
        return self._known(transport).is_proxy

    def client(self, transport: asyncio.Transport, forwarded_for: str) -> str:
        """Return the address that answers for a request."""
        connection = self._known(transport)
        if connection.is_proxy and forwarded_for:
            return self._budgets.client(connection.peer, forwarded_for)
        return connection.peer

    def holder(self, transport: asyncio.Transport) -> str:
        """Return the client that holds a connection; its peer, if no client pays for it."""
        connection = self._known(transport)
        return connection.client or connection.peer

    def waits_as(self, transport: asyncio.Transport, data: bytes) -> str:
        """Return the client that a request waits for which begins with ``data``."""
        connection = self._known(transport)
        if not connection.is_proxy:
            return connection.peer
        lines = _FORWARDED_FOR.findall(_head(data))
        if not lines:
            return connection.peer
        return self.client(transport, b", ".join(lines).decode("latin-1"))

    def message(self, transport: asyncio.Transport) -> TickerError | None:
        """Charge a message on an open connection as a request; return the refusal."""
        client = self._holder(transport)
        return self._budgets.take("requests", client) if client else None

    def served(self, transport: asyncio.Transport, items: int) -> None:
        """Charge a snapshot of so many items: a large one costs as much as several requests."""
        client = self._holder(transport)
        if client and items > 0:
            self._budgets.pay("requests", client, items // ITEMS_PER_REQUEST)

    def malformed(self, transport: asyncio.Transport) -> None:
        """Charge a body whose framing is far larger than what it carries."""
        client = self._holder(transport)
        if client:
            self._budgets.take("malformed", client)

    def chunked(self, transport: asyncio.Transport) -> TickerError | None:
        """Return the refusal of a chunked body, if the client has sent too many malformed ones."""
        client = self._holder(transport)
        return self._budgets.spent("malformed", client) if client else None

    def turned_away(self, transport: asyncio.Transport, data: bytes) -> Verdict:
        """Return why a request that begins with ``data`` need not go to another process, or None.

        That process would refuse it, because its client has spent what requests cost; to hand the
        connection over costs several times as much as to refuse it here. An editor's request gets
        its answer in any case.
        """
        client = self._holder(transport)
        if not client:
            return None
        refusal = self._budgets.spent("requests", client)
        head = _head(data)
        if refusal is None and _CHUNKED.search(head) is not None:
            refusal = self._budgets.spent("malformed", client)
        if refusal is None or _EDITOR.search(head) is not None:
            return refusal
        return refusal if self._budgets.take("refusals", client) is None else CloseUnread()

    def answered(self, transport: asyncio.Transport) -> None:
        """Give back what the request of a proxy's client has held."""
        connection = self._known(transport)
        if connection.is_proxy and connection.client:
            self._budgets.leave(connection.client)
            connection.client = ""

    def _charge(
        self, transport: asyncio.Transport, connection: _Connection, client: str, kind: Kind
    ) -> TickerError | None:
        """Charge the client of a proxy, and have it hold the connection."""
        refusal = self._budgets.take(kind, client)
        if refusal is not None or connection.client == client or transport not in self._open:
            return refusal
        refusal = self._budgets.enter(client)
        if refusal is None:
            if connection.client:
                self._budgets.leave(connection.client)
            connection.client = client
        return refusal

    def _known(self, transport: asyncio.Transport) -> _Connection:
        """Return what is known of a connection, also of one that is not open (any more)."""
        connection = self._open.get(transport)
        if connection is None:
            peer = peer_of(transport)
            connection = _Connection(peer, peer in self._budgets.trusted)
        return connection

    def _holder(self, transport: asyncio.Transport) -> str:
        """Return the client that holds a connection, empty if none does."""
        connection = self._open.get(transport)
        return "" if connection is None else connection.client

    def _full(self) -> Verdict:
        over = len(self._open) - self._most
        if over < 0:
            return None
        self._warn()
        if over >= self._reserve // 2:
            self.laggards_shed += self._shed(1 + over - self._reserve // 2)
            over = len(self._open) - self._most
        if over >= self._reserve - self._reserve // 4:  # the last quarter is the store's and files'
            return CloseUnread(at_once=True)
        self.refused += 1
        return Unavailable("this server has no free connection; try again later", RETRY_AFTER)

    def _warn(self) -> None:
        now = self._clock()
        if now - self._warned >= WARN_EVERY:
            self._warned = now
            log.warning(
                "no free connection: %d are open. New ones are refused, editors' are served. "
                "Raise the limit of open files (nofile), or start more servers.",
                len(self._open),
            )

    def metrics(self) -> Iterable[Family]:
        """Return what the gate and the budgets count."""
        yield gauge("open_connections", "Open connections of every kind.", len(self._open))
        yield gauge(
            "open_connections_max",
            "Connections above which untrusted clients are refused.",
            self._most,
        )
        yield counter(
            "connections_refused_total",
            "Connections refused with 503 because descriptors run out.",
            self.refused,
        )
        yield counter(
            "connections_closed_unread_total",
            "Connections closed without an answer: the reserve is used up, or an address goes on "
            "after many refusals.",
            self.closed_unread,
        )
        yield counter(
            "laggards_shed_total",
            "Paused readers cut because descriptors run out.",
            self.laggards_shed,
        )
        yield counter(
            "budget_refused_total",
            "Refusals because an address, or all together, spent a budget.",
            self._budgets.refused,
            "budget",
        )
        yield gauge(
            "budget_holders", "Addresses and networks that hold connections.", self._budgets.holders
        )


def _nothing() -> None: ...


def _head(data: bytes) -> bytes:
    """Return the lines of the first request's head; all of ``data`` if it is not complete.

    What comes behind it is a body, whose lines are no headers, or another request.
    """
    line = len(data) - len(data.lstrip(b"\r\n"))  # empty lines may come before it
    end = data.find(b"\r\n\r\n", line)
    return data if end < 0 else data[: end + 2]


def peer_of(transport: asyncio.Transport) -> str:
    """Return the address of the other side; empty for a unix socket."""
    peer = transport.get_extra_info("peername")
    return str(peer[0]) if isinstance(peer, tuple | list) and peer else ""

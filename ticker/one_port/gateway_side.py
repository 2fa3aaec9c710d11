"""The gateway's side: hands connections to the web process, and takes back those of readers.

A connection that the web process has not confirmed is still held here: if that process dies, the
next one gets it. While none runs, or it stands still, connections wait ``WAIT`` seconds,
``WAITING_MAX`` at most; then they are answered 503. A process that goes on after a stop does not
serve what has been refused meanwhile. A confirmed connection belongs to the web process, and ends
with it.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from ticker.one_port.channel import Channel, Kind, Message
from ticker.one_port.transports import UNAVAILABLE, adopt, detach, refuse
from ticker.telemetry.families import Family, counter, gauge

WAIT = 5.0
"""Seconds that a connection waits for a web process: a restart takes about one."""
WAITING_MAX = 1_024
"""Connections that wait; further ones are refused at once."""
GRACE = 1.0
"""Seconds from the moment at which the web process may no longer serve a connection to its refusal
here. A confirmation arrives within them."""
IN_FLIGHT_MAX = 64
"""Connections sent and not confirmed, the refused ones among them; further ones wait."""
RETRY = 0.05
"""Seconds between two attempts to connect."""
FETCH_TIMEOUT = 1.0
FETCH_MAX = 4 * 1_048_576


@dataclass(slots=True)
class _Waiting:
    descriptor: int
    """-1: refused, and the web process has not confirmed that it has it."""
    data: bytes
    deadline: float
    """Time at which the request must be complete."""
    until: float
    """Time until which it waits for the web process, and is then refused."""
    kind: Kind


class WebProcess:
    """The web process as the gateway sees it. ``run`` keeps the channel open."""

    def __init__(
        self,
        path: str,
        clock: Callable[[], float],
        protocol: Callable[[float], asyncio.Protocol],
    ) -> None:
        """``path`` is where it listens, ``clock`` monotonic seconds.

        ``protocol`` makes the protocol of a connection that comes back; its argument is the seconds
        within which the request must be complete.
        """
        self._path = path
        self._clock = clock
        self._protocol = protocol
        self._channel: Channel | None = None
        self._ready = self._drained = False
        self._waiting: deque[_Waiting] = deque()
        self._in_flight: deque[_Waiting] = deque()
        self._expiry: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self.passed = self.returned = self.refused = 0

    @property
    def ready(self) -> bool:
        """Tell whether a web process takes connections."""
        return self._ready

    @property
    def waiting(self) -> int:
        """Return the number of connections that no web process has confirmed."""
        return len(self._waiting) + sum(one.descriptor >= 0 for one in self._in_flight)

    def metrics(self) -> Iterable[Family]:
        """Return gauges and counters."""
        yield gauge(
            "web_connected", "1 while the web process takes connections.", float(self._ready)
        )
        yield gauge("web_waiting", "Connections on their way to the web process.", self.waiting)
        yield counter(
            "web_connections_total",
            "Connections passed to the web process, returned by it, and refused without one.",
            {"passed": self.passed, "returned": self.returned, "refused": self.refused},
            "outcome",
        )

    def pass_on(self, transport: asyncio.Transport, data: bytes, seconds: float) -> None:
        """Hand the connection over with ``data``, the beginning of its next request.

        The transport has written everything and ends here. ``seconds`` is the time within which the
        request must be complete.
        """
        try:
            descriptor = detach(transport)
        except OSError:  # no free descriptor
            self.refused += 1
            transport.write(UNAVAILABLE)
            transport.close()
            return
        self._add(descriptor, data, seconds)

    async def fetch(self, path: str) -> tuple[int, bytes] | None:
        """Return status and body of a GET to the web process; None if it does not answer."""
        if not self._ready:
            return None
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        request = f"GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n"
        self._add(theirs.detach(), request.encode(), FETCH_TIMEOUT, Kind.INTERNAL)
        try:
            async with asyncio.timeout(FETCH_TIMEOUT):
                reader, writer = await asyncio.open_unix_connection(sock=ours, limit=FETCH_MAX)
                try:
                    head = await reader.readuntil(b"\r\n\r\n")
                    body = await reader.read(FETCH_MAX)
                    while more := await reader.read(FETCH_MAX - len(body)):
                        body += more
                finally:
                    writer.close()
            return int(head.split(b" ", 2)[1]), body
        except (OSError, TimeoutError, asyncio.IncompleteReadError, ValueError, IndexError):
            return None

    async def run(self) -> None:
        """Keep the channel open until cancelled."""
        try:
            while True:
                with contextlib.suppress(OSError):
                    await self._connected()
                if not self._drained:  # another web process may take its place already
                    await asyncio.sleep(RETRY)
                self._drained = False
        finally:
            if self._channel is not None:
                self._channel.close()
            self._take_back()
            for one in self._waiting:
                os.close(one.descriptor)
            self._waiting.clear()
            for task in tuple(self._tasks):
                task.cancel()

    async def _connected(self) -> None:
        sock = socket.socket(socket.AF_UNIX)
        try:
            sock.setblocking(False)
            await asyncio.get_running_loop().sock_connect(sock, self._path)
        except BaseException:  # also a cancellation: the descriptor is closed
            sock.close()
            raise
        ended = asyncio.Event()
        self._channel = Channel(sock, self._received, ended.set)
        try:
            await ended.wait()
        finally:
            self._channel.close()
            self._channel = None
            self._ready = False
            self._take_back()

    def _take_back(self) -> None:
        """Let what was not confirmed wait for the next web process."""
        self._waiting.extendleft(one for one in reversed(self._in_flight) if one.descriptor >= 0)
        self._in_flight.clear()

    def _add(
        self, descriptor: int, data: bytes, seconds: float, kind: Kind = Kind.CONNECTION
    ) -> None:
        now = self._clock()
        one = _Waiting(descriptor, data, now + seconds, now + WAIT, kind)
        if len(self._waiting) >= WAITING_MAX:
            self._refuse(one)
            return
        self._waiting.append(one)
        self._send()
        if self._expiry is None:
            self._expire_later()

    def _send(self) -> None:
        channel = self._channel
        while self._ready and self._waiting and len(self._in_flight) < IN_FLIGHT_MAX:
            assert channel is not None
            one = self._waiting[0]
            try:
                copy = os.dup(one.descriptor)
            except OSError:  # no free descriptor: it waits, and expires
                return
            self._waiting.popleft()
            self._in_flight.append(one)
            seconds = max(0.0, one.deadline - self._clock())
            channel.send(Message(one.kind, copy, one.data, seconds, one.until - GRACE))

    def _received(self, message: Message) -> None:
        match message.kind:
            case Kind.HELLO:
                self._ready = True
            case Kind.TAKEN if self._in_flight:
                descriptor = self._in_flight.popleft().descriptor
                if descriptor >= 0:
                    os.close(descriptor)
                    self.passed += 1
            case Kind.DRAIN:
                self._ready = False
                self._drained = True
                assert self._channel is not None
                self._channel.end()
            case Kind.CONNECTION:
                self.returned += 1
                self._spawn(message)
            case _:
                pass
        self._send()

    def _spawn(self, message: Message) -> None:
        protocol = self._protocol(message.seconds)
        task = asyncio.create_task(_adopt(message, protocol))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _expire_later(self) -> None:
        held = (one for one in (*self._in_flight, *self._waiting) if one.descriptor >= 0)
        oldest = next(held, None)
        if oldest is not None:
            delay = max(0.0, oldest.until - self._clock())
            self._expiry = asyncio.get_running_loop().call_later(delay + 0.01, self.expire)

    def expire(self) -> None:
        """Refuse the connections that have waited long enough."""
        if self._expiry is not None:
            self._expiry.cancel()
            self._expiry = None
        now = self._clock()
        for one in self._in_flight:
            if one.descriptor >= 0 and one.until <= now:
                self._refuse(one)
                one.descriptor, one.data = -1, b""
        while self._waiting and self._waiting[0].until <= now:
            self._refuse(self._waiting.popleft())
        self._expire_later()

    def _refuse(self, one: _Waiting) -> None:
        self.refused += 1
        refuse(one.descriptor)


async def _adopt(message: Message, protocol: asyncio.Protocol) -> None:
    with contextlib.suppress(OSError):  # the peer is gone
        await adopt(message.descriptor, protocol, message.data)

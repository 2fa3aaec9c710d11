"""Very many readers of one feed in one process: they connect, count what they get, and come back.

One object and one socket each, no task. A reader that loses its connection stays lost until
``Crowd.storm`` sends it back with its cursor: the run says what happened, and hides nothing.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast
from urllib.parse import urlencode

from ticker.bench.latencies import Latencies
from ticker.bench.ledger import Ledger, Position, Stretch
from ticker.bench.wire import (
    Codec,
    EventStream,
    Message,
    NotTicker,
    Parser,
    Transport,
    WebSocket,
    pong,
    request,
)

CONNECT_TIMEOUT = 10.0
"""Seconds for a connection and its welcome."""
IN_FLIGHT = 128
"""Handshakes under way at once, except in a storm."""

_STEP = 0.01

Advance = Callable[[int], None]


class Closed(ConnectionError):
    """The server ended a connection; ``code`` is the close code, 0 if it said none."""

    def __init__(self, reason: str, code: int = 0) -> None:
        super().__init__(reason)
        self.code = code


@dataclass(frozen=True, slots=True)
class Target:
    """Where the feed is. ``address`` is resolved once, so that no resolver is measured."""

    address: str
    port: int
    host: str
    """The Host header."""
    tls: ssl.SSLContext | None
    server_name: str
    transport: Transport
    path: str
    """With its query, which ``after`` is added to."""

    def request(self, after: str | None) -> bytes:
        """Return the request of a reader that resumes behind ``after``, if it has been here."""
        more = "" if after is None else "&" + urlencode({"after": after})
        return request(self.transport, self.host, self.path + more)


class Reader(asyncio.Protocol):
    """One reader: a connection at a time, a cursor for ever."""

    __slots__ = (
        "_code",
        "_crowd",
        "_parser",
        "_transport",
        "_why",
        "at",
        "back",
        "begun",
        "cursor",
        "live",
        "stretch",
        "welcomed",
    )

    def __init__(self, crowd: Crowd) -> None:
        self._crowd = crowd
        self._transport: asyncio.Transport | None = None
        self._parser: Parser | None = None
        self._why = ""
        self._code = 0
        self.at: Position | None = None
        self.cursor: str | None = None
        self.stretch: Stretch | None = None
        self.live = False
        self.begun = 0.0
        self.back: float | None = None
        self.welcomed: asyncio.Future[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the feed."""
        # uvloop's transports are asyncio's in all but name.
        self._transport = cast(asyncio.Transport, transport)
        self._why, self._code = "", 0
        codec = self._crowd.codec
        ws = self._crowd.target.transport == "ws"
        self._parser = WebSocket(codec) if ws else EventStream(codec)
        self._transport.write(self._crowd.target.request(self.cursor))

    def data_received(self, data: bytes) -> None:
        """Count what came."""
        assert self._parser is not None
        try:
            messages = self._parser.feed(data)
        except NotTicker as error:
            self._refused(error)
            return
        now = time.perf_counter()
        for message in messages:
            if message.kind == "item":
                self._item(message, now)
            else:
                self._other(message, now)

    def connection_lost(self, exc: Exception | None) -> None:
        """Note how it ended."""
        self._transport = self._parser = None
        reason = self._why or (str(exc) if exc else "the connection was closed")
        if self.welcomed is not None and not self.welcomed.done():
            self.welcomed.set_exception(Closed(reason, self._code))
        if self.live:
            self._leave()
            self._crowd.dropped(self, reason)

    def drop(self) -> None:
        """Hang up without a word, as a train in a tunnel does."""
        self._leave()
        if self._transport is not None:
            self._transport.abort()

    @property
    def connected(self) -> bool:
        """Whether there is a connection, welcome or not."""
        return self._transport is not None

    def _leave(self) -> None:
        if self.live:
            self.live = False
            self._crowd.live -= 1

    def _item(self, message: Message, now: float) -> None:
        crowd, at = self._crowd, message.at
        assert at is not None
        if self.at is not None and at <= self.at:
            crowd.ledger.doubled += 1  # or out of order, which is no better
            return
        self.at, self.cursor = at, message.cursor
        event = message.event
        if event is None:
            event = crowd.ledger.event(at, message.item, message.headline, now)
            message.event = event
        crowd.ledger.arrived(event, now)
        if crowd.goal is not None and at >= crowd.goal and self.back is None and self.live:
            crowd.is_back(self, now)

    def _other(self, message: Message, now: float) -> None:
        match message.kind:
            case "welcome":
                self._welcome(message, now)
            case "snapshot":
                self.at, self.cursor = message.at, message.cursor
                assert message.at is not None
                self.stretch = self._crowd.ledger.begin(message.at)
            case "heartbeat":
                if self.at is None or (message.at is not None and message.at > self.at):
                    self.at, self.cursor = message.at, message.cursor
            case "ping" if self._transport is not None:
                self._transport.write(pong(message))
            case "error" | "goodbye":
                self._why = message.detail
            case "close":
                self._code = message.code
                self._why = self._why or f"closed with {message.code} {message.detail}".rstrip()
                if self._transport is not None:
                    self._transport.close()
            case _:
                pass

    def _welcome(self, message: Message, now: float) -> None:
        crowd = self._crowd
        if message.reset and self.stretch is not None:
            # What follows is a snapshot: the gap was announced, and this stretch ends before it.
            crowd.resets += 1
            self.stretch.end = self.at or message.at or self.stretch.begin
        elif message.mode == "live" and self.stretch is None:
            self.at, self.cursor = message.at, message.cursor
            assert message.at is not None
            self.stretch = crowd.ledger.begin(message.at)
        if not self.live:
            self.live = True
            crowd.live += 1
        if self.welcomed is not None and not self.welcomed.done():
            self.welcomed.set_result(None)
            if not crowd.storming:
                crowd.connects.add(now - self.begun)
        goal = crowd.goal
        if self.back is None and (goal is None or (self.at is not None and self.at >= goal)):
            crowd.is_back(self, now)

    def _refused(self, error: NotTicker) -> None:
        self._why = str(error)
        if self.welcomed is not None and not self.welcomed.done():
            self.welcomed.set_exception(error)
        if self._transport is not None:
            self._transport.abort()


class Crowd:
    """All readers of a run, and what becomes of their connections."""

    def __init__(self, target: Target, ledger: Ledger) -> None:
        self.target = target
        self.ledger = ledger
        self.codec = Codec()
        self.readers: list[Reader] = []
        self.connects = Latencies()
        """Seconds from the first SYN to the welcome."""
        self.returns = Latencies()
        """Seconds from the moment of a storm until a reader had all that it had missed."""
        self.failures: Counter[str] = Counter()
        """Connections that did not come to a welcome, by reason."""
        self.drops: Counter[str] = Counter()
        """Connections that ended though nobody here wanted it, by reason."""
        self.trouble: Exception | None = None
        """Why the last connection that failed did so."""
        self.live = 0
        """How many readers are connected and welcome."""
        self.resets = 0
        self.goal: Position | None = None
        self.gone = asyncio.Event()
        """Set when connections were lost and none is left."""
        self._storm_began = 0.0
        self._advance: Advance | None = None

    @property
    def storming(self) -> bool:
        """Whether everybody is coming back just now."""
        return self._advance is not None

    async def connect(self, count: int, rate: float, advance: Advance) -> None:
        """Open ``count`` connections, at most ``rate`` a second. Failures are counted."""
        gate = asyncio.Semaphore(IN_FLIGHT)
        begun = time.perf_counter()

        async def one(reader: Reader) -> None:
            try:
                await self._open(reader)
            finally:
                gate.release()
                advance(1)

        async with asyncio.TaskGroup() as tasks:
            for number in range(count):
                await asyncio.sleep(max(0.0, begun + number / rate - time.perf_counter()))
                await gate.acquire()
                reader = Reader(self)
                self.readers.append(reader)
                tasks.create_task(one(reader))
        self.readers = [reader for reader in self.readers if reader.stretch is not None]

    async def hang_up(self) -> None:
        """End every connection, and wait until they are gone from here."""
        for reader in self.readers:
            reader.drop()
        await self._until_none(lambda reader: reader.connected)

    async def storm(self, goal: Position | None, advance: Advance) -> float:
        """Let everybody come back at once; return the seconds until all were live again.

        A reader is back when it has been welcomed and has had everything up to ``goal``. Returns
        also when some cannot come back: they are among ``failures``.
        """
        for reader in self.readers:
            reader.back = None
        self.goal = goal
        self.returns = Latencies()
        self._storm_began = time.perf_counter()

        self._advance = advance
        try:
            async with asyncio.TaskGroup() as tasks:
                for reader in self.readers:
                    tasks.create_task(self._open(reader))
            await self._until_none(lambda reader: reader.live and reader.back is None)
        finally:
            self.goal = self._advance = None
            for reader in self.readers:
                if not reader.live and reader.stretch is not None:
                    reader.stretch.end = reader.at or reader.stretch.begin
        return self.returns.longest

    async def _until_none(self, true: Callable[[Reader], bool]) -> None:
        """Wait until it is true of no reader, but not longer than a connection may take."""
        for _ in range(round(CONNECT_TIMEOUT / _STEP)):
            if not any(map(true, self.readers)):
                return
            await asyncio.sleep(_STEP)

    async def _open(self, reader: Reader) -> None:
        """Connect one reader and wait for its welcome; count how it failed, if it did."""
        loop = asyncio.get_running_loop()
        reader.welcomed = loop.create_future()
        reader.begun = time.perf_counter()
        target = self.target
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT):
                await loop.create_connection(
                    lambda: reader,
                    target.address,
                    target.port,
                    ssl=target.tls,
                    server_hostname=target.server_name if target.tls else None,
                )
                await reader.welcomed
        except (OSError, TimeoutError, NotTicker) as error:
            self.failures[_reason(error)] += 1
            self.trouble = error
            reader.drop()
        finally:
            if reader.welcomed.done() and not reader.welcomed.cancelled():
                reader.welcomed.exception()  # seen: it may have come after the time was out
            reader.welcomed = None

    def is_back(self, reader: Reader, now: float) -> None:
        """Note that a reader has all that it had missed."""
        reader.back = now
        if self._advance is not None:  # in a storm
            self._advance(1)
            self.returns.add(now - self._storm_began)

    def dropped(self, reader: Reader, reason: str) -> None:
        """Note that a reader lost its connection."""
        if reader.stretch is not None:
            reader.stretch.end = reader.at or reader.stretch.begin
        self.drops[reason] += 1
        if not self.live:
            self.gone.set()


async def resolve(host: str, port: int) -> str:
    """Return an address of ``host`` that answers on ``port``. Raises OSError if none does."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    trouble: OSError = OSError(f"{host} has no address")
    for _, _, _, _, where in found:
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT):
                _, writer = await asyncio.open_connection(str(where[0]), port)
            writer.close()
            return str(where[0])
        except TimeoutError:
            trouble = OSError(f"no answer within {CONNECT_TIMEOUT:.0f} s")
        except OSError as error:
            trouble = error
    raise trouble


def _reason(error: Exception) -> str:
    if isinstance(error, TimeoutError) and not error.args:
        return f"no welcome within {CONNECT_TIMEOUT:.0f} s"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error) or type(error).__name__

"""Thousands of readers of one feed in one process: they connect, drop, and come back.

A reader that loses its connection stays lost until ``ReaderGroup.storm`` connects it again with its
cursor: the result shows every loss.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable

from ticker.bench.latencies import Latencies
from ticker.bench.ledger import END, Ledger, Position
from ticker.bench.load import Load
from ticker.bench.parsers import MessageCache, NotTicker
from ticker.bench.reader import Reader
from ticker.bench.target import CONNECT_TIMEOUT, Target
from ticker.client.errors import connection_error_text

IN_FLIGHT = 128
"""Handshakes under way at once, except in a storm."""
_STEP = 0.01

Advance = Callable[[int], None]


class ReaderGroup:
    """All readers of a run, and the counts of their connections."""

    def __init__(self, target: Target, ledger: Ledger) -> None:
        self.target = target
        self.ledger = ledger
        self.cache = MessageCache()
        self.readers: list[Reader] = []
        self.connects = Latencies()
        """Seconds from the first SYN to the welcome."""
        self.returns = Latencies()
        """Seconds from the moment of a storm until a reader had every event that it missed."""
        self.failures: Counter[str] = Counter()
        """Connections that failed before the welcome, by reason."""
        self.drops: Counter[str] = Counter()
        """Connections that the server or the network ended, by reason."""
        self.trouble: Exception | None = None
        """The error of the last connection that failed."""
        self.live = 0
        """How many readers are connected and welcome."""
        self.resets = 0
        self.goal: Position | None = None
        self.gone = asyncio.Event()
        """Set when connections were lost and none is left."""
        self._load = Load(
            (target.address, target.port),
            tls=target.tls,
            server_name=target.server_name,
            clock=time.perf_counter,
        )
        self._load.attach(asyncio.get_running_loop())
        self._storm_began = 0.0
        self._advance: Advance | None = None

    @property
    def storming(self) -> bool:
        """Whether all readers are reconnecting just now."""
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
        self.readers = [reader for reader in self.readers if reader.span is not None]

    def hang_up(self) -> None:
        """End every connection.

        Readers that had lost theirs before do not take part any more: a storm leaves them out.
        """
        self.readers = [reader for reader in self.readers if reader.live]
        for reader in self.readers:
            reader.drop()

    def close(self) -> None:
        """End every connection, and take nothing more in."""
        self._load.close()

    async def storm(self, goal: Position | None, advance: Advance) -> float:
        """Reconnect all readers at once; return the seconds until all were live again.

        A reader is back when it has its welcome and every event up to ``goal``. Readers that cannot
        reconnect are counted in ``failures``.
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
            self.leave_absent()
        return self.returns.longest

    def leave_absent(self) -> None:
        """End the spans of readers that are not connected: they can get nothing more."""
        for reader in self.readers:
            if not reader.live and reader.span is not None and reader.span.end is END:
                reader.span.end = reader.at or reader.span.begin

    async def _until_none(self, true: Callable[[Reader], bool]) -> None:
        """Wait until ``true`` holds for no reader, at most as long as a connection may take."""
        for _ in range(round(CONNECT_TIMEOUT / _STEP)):
            if not any(map(true, self.readers)):
                return
            await asyncio.sleep(_STEP)

    async def _open(self, reader: Reader) -> None:
        """Connect one reader and wait for its welcome; count how it failed, if it did."""
        reader.welcomed = asyncio.get_running_loop().create_future()
        reader.begun = time.perf_counter()
        try:
            self._load.connect(reader)
            async with asyncio.timeout(CONNECT_TIMEOUT):
                await reader.welcomed
        except (OSError, TimeoutError, NotTicker) as error:
            self.failures[_reason(error)] += 1
            self.trouble = error
            reader.drop()
        finally:
            if reader.welcomed.done() and not reader.welcomed.cancelled():
                reader.welcomed.exception()  # retrieved: it may have come after the timeout
            reader.welcomed = None

    def send(self, reader: Reader, data: bytes) -> None:
        """Send a few bytes over a reader's connection."""
        self._load.send(reader, data)

    def end(self, reader: Reader) -> None:
        """Close a reader's connection, if it has one."""
        self._load.end(reader)

    def is_back(self, reader: Reader, now: float) -> None:
        """Note that a reader has every event that it missed."""
        reader.back = now
        if self._advance is not None:  # in a storm
            self._advance(1)
            self.returns.add(now - self._storm_began)

    def dropped(self, reader: Reader, reason: str) -> None:
        """Note that a reader lost its connection."""
        if reader.span is not None:
            reader.span.end = reader.at or reader.span.begin
        self.drops[reason] += 1
        if not self.live:
            self.gone.set()


def _reason(error: Exception) -> str:
    if isinstance(error, TimeoutError) and not error.args:
        return f"no welcome within {CONNECT_TIMEOUT:.0f} s"
    return connection_error_text(error)

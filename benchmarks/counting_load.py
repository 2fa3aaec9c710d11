"""Readers that count what any server sends, on the load engine of `ticker bench`.

    load = CountingLoad(("127.0.0.1", 8000), ws_count(200), arrived)
    load.open([request("ws", host, "/v1/ws?edition=en")] * 5_000)
    load.until(done, 30)
    load.close()

A fan-out sends the same bytes to everybody, so a chunk that was just counted for one reader is not
counted again for the next: that keeps the load well below what a server can send.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable
from typing import Generic

from benchmarks.frame_counters import Counter, T
from ticker.bench.load import Connection, Load

HEAD_MAX = 16_384
"""Bytes of a response head; a longer one is refused."""


class LoadError(Exception):
    """The server cannot be reached or does not answer as one; the text says what it said."""


class CountingReader(Connection, Generic[T]):
    """One reader. ``seen`` is for the caller to count with."""

    __slots__ = ("_load", "_request", "head", "index", "opened", "rest", "seen")

    def __init__(self, load: CountingLoad[T], index: int, request: bytes) -> None:
        super().__init__()
        self._load = load
        self._request = request
        self.index = index
        self.head = b""
        self.opened = False
        self.rest = b""
        self.seen = 0

    def request(self) -> bytes:
        """Return the bytes that open the feed."""
        return self._request

    def received(self, data: bytes, now: float) -> None:
        """Read the response's head, then count."""
        if not self.opened:
            self.head += data
            head, end, data = self.head.partition(b"\r\n\r\n")
            if not end and len(head) < HEAD_MAX:
                return
            status = head.split(b"\r\n", 1)[0]
            if status.split(b" ")[1:2] not in ([b"101"], [b"200"]):
                self._load.refused(f"refused: {status.decode(errors='replace')}")
                return
            self.opened = True
            self.head = b""
            self._load.answered(self)
            if not data:
                return
        self.rest = self._load.count(self, self.rest + data if self.rest else data, now)

    def lost(self, reason: str) -> None:
        """Tell the load that this reader has no connection."""
        self._load.lose(self, reason)


class CountingLoad(Generic[T]):
    """Readers of one server. ``lost`` counts those whose connection has ended."""

    def __init__(
        self,
        address: tuple[str, int],
        counter: Counter[T],
        arrived: Callable[[CountingReader[T], T, float], None],
        *,
        hello: bytes = b"",
        stamped: bool = False,
    ) -> None:
        """``arrived`` gets what ``counter`` found, and when, as ``time.time`` tells it.

        ``hello`` is sent after every handshake. ``stamped`` takes the times from the kernel.
        """
        self.address = address
        self.opened = 0
        self.lost = 0
        self.received = 0
        """Bytes after the handshakes."""
        self._engine = Load(address, stamped=stamped)
        self._counter = counter
        self._arrived = arrived
        self._hello = hello
        self._readers: list[CountingReader[T]] = []
        self._opening = 0
        self._refusal = ""
        self._last: bytes = b""
        self._last_found: tuple[T, int] | None = None

    def open(
        self,
        requests: Iterable[bytes],
        *,
        at_once: int = 256,
        timeout: float = 60.0,
        small: int = 0,
        source: str = "",
    ) -> float:
        """Connect one reader per request, ``at_once`` at a time; return the seconds it took.

        ``small`` is their receive buffer in bytes, with packets as on a network; 0 is the system's
        own. ``source`` is the address that they come from. Raises LoadError when a reader is
        refused or ``timeout`` seconds are over.
        """
        waiting = deque(enumerate(requests, len(self._readers)))
        wanted = self.opened + len(waiting)
        begun = time.perf_counter()
        while self.opened < wanted:
            while waiting and self._opening < at_once and not self._refusal:
                reader = CountingReader(self, *waiting.popleft())
                self._readers.append(reader)
                self._opening += 1
                self._engine.connect(reader, small, source)
            self._engine.pump(0.1)
            if self._refusal:
                raise LoadError(self._refusal)
            if time.perf_counter() - begun > timeout:
                raise LoadError(f"{self.opened} of {wanted} connected after {timeout:.0f} s")
        return time.perf_counter() - begun

    def pump(self, timeout: float) -> None:
        """Take what has arrived, after waiting for it up to ``timeout`` seconds."""
        self._engine.pump(timeout)

    def run(self, seconds: float) -> None:
        """Take what arrives for ``seconds``."""
        end = time.perf_counter() + seconds
        while (left := end - time.perf_counter()) > 0:
            self.pump(left)

    def until(self, done: Callable[[], bool], timeout: float) -> bool:
        """Take what arrives until ``done``; return False if ``timeout`` seconds are over first."""
        end = time.perf_counter() + timeout
        while not done():
            left = end - time.perf_counter()
            if left <= 0:
                return False
            self.pump(min(left, 0.05))
        return True

    def silence(self) -> None:
        """Stop reading for those who are connected now, for ever: readers that are stuck."""
        for reader in self._readers:
            self._engine.silence(reader)

    def close(self) -> None:
        """End all connections, the silent ones too."""
        self._engine.close()
        for reader in self._readers:
            if reader.sock is not None:
                reader.sock.close()
        self._readers.clear()

    def count(self, reader: CountingReader[T], data: bytes, now: float) -> bytes:
        """Count what ``data`` holds for ``reader``; return the bytes that are not whole yet."""
        self.received += len(data)
        if self._last_found is not None and data == self._last:
            found = self._last_found
        else:
            found = self._counter(data)
            self._last, self._last_found = data, found
        self._arrived(reader, found[0], now)
        return data[found[1] :]

    def answered(self, reader: CountingReader[T]) -> None:
        """Note that a reader's feed is open."""
        self.opened += 1
        self._opening -= 1
        if self._hello:
            self._engine.send(reader, self._hello)

    def refused(self, why: str) -> None:
        """Note why a reader's feed does not open; ``open`` raises it."""
        self._refusal = self._refusal or why

    def lose(self, reader: CountingReader[T], why: str) -> None:
        """Note that a connection failed or ended."""
        if reader.opened:
            self.lost += 1
        else:
            self._opening -= 1
            self.refused(f"cannot open the feed: {why}")

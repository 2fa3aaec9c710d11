"""A running peer and its readers: publish, count what arrives, and see what it cost."""

from __future__ import annotations

import mmap
import os
import time
from collections.abc import Iterator, MutableSequence, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType

from benchmarks import machine
from benchmarks.counting_load import CountingLoad, CountingReader
from benchmarks.frame_counters import sse_count, ws_count, ws_items
from benchmarks.payload import SMALLEST
from benchmarks.peers import Peer
from benchmarks.peers.base import HOST
from ticker.bench.latencies import Latencies
from ticker.bench.parsers import request

ARRIVAL = 30.0
"""Seconds that the last message may take."""


class Lost(Exception):
    """Messages did not arrive, or readers were cut off: the figures would mean nothing."""


@dataclass(frozen=True, slots=True)
class Spent:
    """CPU seconds of the server, messages delivered, wall seconds, how busy the load's core was."""

    cpu: float
    delivered: int
    wall: float
    busy: machine.Busy

    @property
    def micros(self) -> float:
        """Return CPU microseconds per delivered message."""
        return self.cpu / self.delivered * 1e6


class ReaderGroup:
    """Readers of a started ``peer``. ``total`` counts the messages of all of them."""

    def __init__(self, peer: Peer, timed: bool = False, offer: str = "") -> None:
        """``timed`` takes the time of every arrival; ``offer`` is an extension of WebSocket."""
        self.peer = peer
        self.total = 0
        self.times: MutableSequence[float] | memoryview[float] = []
        """When each message was sent, if timed; the n-th a reader gets is the n-th sent."""
        self.latencies = Latencies()
        self.last: list[float] = []
        """Seconds until the last reader had it, by message, if timed."""
        self._timed = timed
        self._round = 0
        self._headers = f"Sec-WebSocket-Extensions: {offer}\r\n".encode() if offer else b""
        counter = (
            ws_items
            if offer
            else ws_count(SMALLEST)
            if peer.transport == "ws"
            else sse_count(SMALLEST)
        )
        self.load = CountingLoad(
            (HOST, peer.port), counter, self._arrived, hello=peer.hello, stamped=timed
        )
        self.clients = 0

    def __enter__(self) -> ReaderGroup:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.load.close()

    def connect(self, targets: Sequence[str], at_once: int = 256) -> float:
        """Connect one reader per target; return the seconds it took."""
        self.clients += len(targets)
        return self._open(self.load, targets, at_once)

    @contextmanager
    def stuck(self, targets: Sequence[str]) -> Iterator[None]:
        """For the length of a block, have readers besides that never read; nobody counts them."""
        load = CountingLoad(self.load.address, ws_count(0), _ignore, hello=self.peer.hello)
        try:
            self._open(load, targets, 256, small=4_096)
            load.silence()
            yield
        finally:
            load.close()

    def _open(
        self, load: CountingLoad[int], targets: Sequence[str], at_once: int, small: int = 0
    ) -> float:
        transport, host = self.peer.transport, f"{HOST}:{self.peer.port}"
        made = {
            one: request(transport, host, one)[:-2] + self._headers + b"\r\n"
            for one in set(targets)
        }
        return load.open([made[one] for one in targets], at_once=at_once, small=small)

    def publish(self, rate: float, seconds: float, each: int = 1) -> Spent:
        """Publish ``each`` messages ``rate`` times a second; return when all have arrived.

        Raises Lost if they do not.
        """
        busy, before, had = machine.Busy(), machine.cpu(self.peer.pids), self.total
        begun = due = time.perf_counter()
        sent = 0
        while sent < max(1, round(rate * seconds)):
            if (wait := due - time.perf_counter()) > 0:
                self.load.pump(wait)
                continue
            if self._timed:
                assert isinstance(self.times, list)
                self.times += [time.time()] * each
                self.last += [0.0] * each
            self.peer.publish(each)
            sent += 1
            due += 1 / rate
        self.wait(had + sent * each * self.clients)
        wall = time.perf_counter() - begun
        cpu = machine.cpu(self.peer.pids) - before
        busy.stop()
        return Spent(cpu, self.total - had, wall, busy)

    def publish_apart(self, rate: float, count: int) -> Spent:
        """Publish ``count`` messages from a process of its own, so that no arrival delays one.

        Returns when all have arrived; nothing can be published after it. Raises Lost.
        """
        busy, before, had = machine.Busy(), machine.cpu(self.peer.pids), self.total
        self.times = memoryview(mmap.mmap(-1, 8 * count)).cast("d")
        self.last = [0.0] * count
        begun = time.perf_counter()
        child = os.fork()
        if child == 0:
            _publish(self.peer, self.times, rate)
            os._exit(0)
        self.wait(had + count * self.clients)
        os.waitpid(child, 0)
        wall = time.perf_counter() - begun
        cpu = machine.cpu(self.peer.pids) - before
        busy.stop()
        return Spent(cpu, self.total - had, wall, busy)

    def wait(self, total: int) -> None:
        """Return when ``total`` messages have arrived. Raises Lost if they do not."""
        self.load.until(lambda: self.total >= total or bool(self.load.lost), ARRIVAL)
        if self.total != total or self.load.lost:
            raise Lost(
                f"{self.peer.name}: {self.total} of {total} messages arrived, "
                f"{self.load.lost} readers were cut off\n{self.peer.log}"
            )

    def restart(self) -> None:
        """Forget the times so far. Call it when nothing is under way."""
        self.times, self.last = [], []
        self.latencies = Latencies()
        self._round = self.total // max(1, self.clients)

    def _arrived(self, connection: CountingReader[int], count: int, now: float) -> None:
        self.total += count
        if self._timed:
            first = connection.seen - self._round
            for number in range(first, first + count):
                taken = now - self.times[number]
                self.latencies.add(taken)
                self.last[number] = max(self.last[number], taken)
        connection.seen += count


def _publish(peer: Peer, times: memoryview[float], rate: float) -> None:
    """Publish one message for each of ``times``, and note there when."""
    begun = time.perf_counter()
    for number in range(len(times)):
        time.sleep(max(0.0, begun + number / rate - time.perf_counter()))
        times[number] = time.time()
        peer.publish(1)


def _ignore(connection: CountingReader[int], count: int, now: float) -> None:
    pass

"""Readers that lose their network again and again: is anything lost or doubled, and how late is it?

    python -m benchmarks.flaky [--readers 10000] [--seconds 45] [--rate 5]

Each reader has no network for 2 seconds in every 15, at moments of its own. It notices nothing
meanwhile, and neither does the server, whose messages stay in the kernel. Then it opens a new
connection with its cursor. This is a scenario that AnyCable publishes for itself and Socket.IO.

Printed: events delivered, lost and doubled over all readers; the time from a new connection's begin
to the last event that the reader had missed; the server's CPU.
"""

from __future__ import annotations

import argparse
import heapq
import random
import time
from collections import Counter
from collections.abc import Sequence

from benchmarks import machine
from benchmarks.peers import Ticker
from ticker.bench.latencies import Latencies
from ticker.bench.load import Connection, Load
from ticker.bench.parsers import MessageCache, NotTicker, WebSocket, pong, request

PERIOD, OUTAGE = 15.0, 2.0
"""Seconds from one loss of the network to the next, and without it."""
ARRIVE = 30.0
"""Seconds in which all readers must have everything in the end."""


class Reader(Connection):
    """One reader. Events have consecutive numbers; ``expected`` is the next one's."""

    __slots__ = ("_crowd", "_parser", "begun", "cursor", "expected", "goal", "ready")

    def __init__(self, crowd: Crowd) -> None:
        super().__init__()
        self._crowd = crowd
        self._parser = WebSocket(crowd.cache)
        self.cursor: str | None = None
        self.expected = 0
        self.ready = False
        self.begun = 0.0
        """When the connection began that still has events to bring, 0 for none."""
        self.goal = 0
        """The number of the newest event at that time."""

    def request(self) -> bytes:
        """Return the request, with the cursor if there is one."""
        self._parser = WebSocket(self._crowd.cache)
        return request("ws", "127.0.0.1", self._crowd.server.target(after=self.cursor))

    def received(self, data: bytes, now: float) -> None:
        """Count what arrived."""
        crowd = self._crowd
        try:
            messages = self._parser.feed(data)
        except NotTicker as error:
            crowd.load.end(self)
            self.lost(str(error))
            return
        for message in messages:
            match message.kind:
                case "item":
                    number = int(message.item[-8:])
                    if number < self.expected:
                        crowd.doubled += 1
                        continue
                    crowd.lost += number - self.expected
                    crowd.delivered += 1
                    self.expected, self.cursor = number + 1, message.cursor
                case "welcome":
                    self.ready = True
                    self.cursor = self.cursor or message.cursor
                    crowd.resets += message.reset
                    crowd.welcomed += 1
                case "ping":
                    crowd.load.send(self, pong(message))
                case "heartbeat":
                    self.cursor = message.cursor
                case kind:
                    crowd.others[kind] += 1
        if self.begun and self.ready and self.expected > self.goal:
            crowd.returns.add(now - self.begun)
            self.begun = 0.0

    def lost(self, reason: str) -> None:
        """Note that the server ended the connection, and come back."""
        self._crowd.cuts[reason] += 1
        self.come_back()

    def lose_network(self) -> None:
        """Read nothing more, without telling the server."""
        self._crowd.load.silence(self)

    def come_back(self) -> None:
        """Forget the old connection and open a new one, behind the cursor."""
        sock, self.sock = self.sock, None
        if sock is not None:
            sock.close()
        self.ready = False
        self.begun, self.goal = time.perf_counter(), self._crowd.newest
        self._crowd.load.connect(self)


class Crowd:
    """All readers, and what happened to them."""

    def __init__(self, server: Ticker) -> None:
        self.server = server
        self.load = Load(("127.0.0.1", server.port), clock=time.perf_counter)
        self.cache = MessageCache()
        self.newest = 0
        """The number of the newest event."""
        self.delivered = self.lost = self.doubled = self.resets = self.welcomed = 0
        self.returns = Latencies()
        self.cuts: Counter[str] = Counter()
        self.others: Counter[str] = Counter()

    def connect(self, count: int) -> list[Reader]:
        """Return ``count`` readers that have their welcome. Raises RuntimeError."""
        readers = []
        for number in range(count):
            reader = Reader(self)
            readers.append(reader)
            self.load.connect(reader)
            while self.welcomed < number - 200:
                self._pump()
        while self.welcomed < count:
            self._pump()
        return readers

    def _pump(self) -> None:
        self.load.pump(0.1)
        if self.cuts:
            raise RuntimeError(f"not all readers could connect: {self.cuts}")

    def publish(self) -> None:
        """Publish one event."""
        self.server.publish(1)
        self.newest += 1


def run(crowd: Crowd, readers: Sequence[Reader], seconds: float, rate: float, seed: int) -> None:
    """Publish for ``seconds`` while the readers come and go; return when all are back."""
    chance = random.Random(seed)
    begun = time.perf_counter()
    due: list[tuple[float, int, bool]] = [
        (begun + chance.random() * (PERIOD - OUTAGE), number, False)
        for number in range(len(readers))
    ]
    heapq.heapify(due)
    sent, end = 0, begun + seconds
    while due:
        now = time.perf_counter()
        if now < end and now >= begun + sent / rate:
            crowd.publish()
            sent += 1
        while due and due[0][0] <= now:
            when, number, away = heapq.heappop(due)
            reader = readers[number]
            if away:
                reader.come_back()
                if when + PERIOD - OUTAGE < end:
                    heapq.heappush(due, (when + PERIOD - OUTAGE, number, False))
            elif reader.ready:
                reader.lose_network()
                heapq.heappush(due, (when + OUTAGE, number, True))
            else:  # it has been cut off just now
                heapq.heappush(due, (now + OUTAGE, number, False))
        crowd.load.pump(0.002)
    last = time.perf_counter() + ARRIVE
    while any(one.expected <= crowd.newest for one in readers) and time.perf_counter() < last:
        crowd.load.pump(0.01)
    crowd.lost += sum(crowd.newest + 1 - one.expected for one in readers)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what ``arguments`` say; return the exit code: 1 if something was lost or doubled."""
    parser = argparse.ArgumentParser(
        "python -m benchmarks.flaky",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--readers", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=45.0)
    parser.add_argument("--rate", type=float, default=5.0, help="events a second")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args(arguments)
    machine.prepare()
    server = Ticker("ws")
    server.start()
    try:
        server.publish(1)  # an event, so that there is a number to count from
        server.settle(1)
        crowd = Crowd(server)
        crowd.newest = int(server.get("/v1/items?limit=1")["items"][0]["id"][-8:])
        readers = crowd.connect(args.readers)
        for reader in readers:
            reader.expected = crowd.newest + 1
        busy, before, begun = machine.Busy(), machine.cpu(server.pids), time.perf_counter()
        run(crowd, readers, args.seconds, args.rate, args.seed)
        wall = time.perf_counter() - begun
        share = (machine.cpu(server.pids) - before) / wall
        busy.stop()
        print(
            f"{args.readers:,} readers, {crowd.returns.count:,} returns: "
            f"{crowd.delivered:,} delivered, {crowd.lost} lost, {crowd.doubled} doubled, "
            f"{crowd.resets} resets"
        )
        if summary := crowd.returns.summary():
            print(
                f"new connection → everything missed: p50 {summary.p50 * 1000:.0f} ms, "
                f"p99 {summary.p99 * 1000:.0f} ms, longest {summary.longest * 1000:.0f} ms"
            )
        print(f"server {share:.0%} of a core; load core {busy}")
        for what, counts in (("cut off", crowd.cuts), ("other messages", crowd.others)):
            if counts:
                print(f"{what}: {dict(counts)}")
        crowd.load.close()
        return 1 if crowd.lost or crowd.doubled or crowd.resets else 0
    finally:
        server.stop()


if __name__ == "__main__":
    raise SystemExit(main())

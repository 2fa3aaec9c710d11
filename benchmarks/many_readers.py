"""A hundred thousand readers on one machine: memory, idle CPU, and an event to the last of them.

    python -m benchmarks.many_readers [--steps 10000,50000,100000] [--gateways 10] [--idle 30]

`ticker serve` runs with several gateways, since a process may hold 20,000 descriptors on many
machines. The readers are in several processes and come from 127.0.0.2, 127.0.0.3 and so on. After
each step, printed for the readers so far:

- resident memory of the server's processes above that without readers, by reader
- the kernel's memory (slab and socket buffers) of a connection's server side: half of what both
  sides take, since both are on this machine
- CPU of the server with nothing but heartbeats, in per cent of a core
- milliseconds from an event's publish until half of the readers, and until all of them, have it
"""

from __future__ import annotations

import argparse
import multiprocessing
import re
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection as Pipe

from benchmarks import machine
from benchmarks.counting_load import CountingLoad, CountingReader, LoadError
from benchmarks.frame_counters import ws_count
from benchmarks.payload import SMALLEST
from benchmarks.peers import Ticker
from benchmarks.peers.base import HOST
from ticker.bench.parsers import request

PER_PROCESS = 17_000
"""Readers of one load process; it may have 20,000 descriptors."""
EVENTS = 5
BEAT = 3.0
"""Seconds between the newsroom's heartbeats."""
PATIENCE = 30.0
"""Seconds for an event to reach everybody."""


@dataclass(frozen=True, slots=True)
class Step:
    """The figures of one number of readers. Times in seconds, memory in bytes a reader."""

    readers: int
    resident: float
    kernel: float
    idle: float
    """Cores."""
    half: float
    last: float

    def line(self) -> str:
        """Return a row of the table."""
        return (
            f"{self.readers:>9,} {self.resident / 1024:>10.2f} {self.kernel / 1024:>10.2f}"
            f" {self.idle * 100:>8.2f} % {self.half * 1000:>9.0f} {self.last * 1000:>9.0f}"
        )


class _Readers:
    """The readers of one load process."""

    def __init__(self, port: int, source: str, target: str) -> None:
        self._request = request("ws", f"{HOST}:{port}", target)
        self._source = source
        self._count = 0
        self._times: list[float] = []
        self._load = CountingLoad((HOST, port), ws_count(SMALLEST), self._arrived, stamped=True)

    def serve(self, pipe: Pipe) -> None:
        """Do what comes through ``pipe`` until it says stop."""
        while True:
            while not pipe.poll():
                self._load.pump(0.05)
            what, number = pipe.recv()
            if what == "connect":
                self._load.open([self._request] * number, source=self._source, timeout=300)
                self._count += number
                pipe.send(None)
            elif what == "expect":
                self._load.until(lambda: len(self._times) >= self._count, PATIENCE)
                pipe.send((sorted(self._times), self._load.lost))
                self._times.clear()
            else:
                return

    def _arrived(self, reader: CountingReader[int], count: int, now: float) -> None:
        self._times += [now] * count


def _process(pipe: Pipe, port: int, source: str, target: str) -> None:
    machine.prepare()
    try:
        _Readers(port, source, target).serve(pipe)
    except LoadError as error:
        raise SystemExit(str(error)) from None


def kernel_memory() -> int:
    """Return the bytes in the kernel's slabs and in the buffers of its TCP sockets."""
    slab = re.search(r"^Slab:\s+(\d+) kB", (machine.PROC / "meminfo").read_text(), re.MULTILINE)
    tcp = re.search(
        r"^TCP: .* mem (\d+)", (machine.PROC / "net" / "sockstat").read_text(), re.MULTILINE
    )
    assert slab is not None
    assert tcp is not None
    return int(slab[1]) * 1024 + int(tcp[1]) * 4096


class Many:
    """Load processes and their readers of one server."""

    def __init__(self, server: Ticker) -> None:
        self._server = server
        self._pipes: list[Pipe] = []
        self._room: list[int] = []
        self._context = multiprocessing.get_context("forkserver")
        self.readers = 0
        self._resident = machine.resident(server.pids)
        self._kernel = kernel_memory()

    def connect(self, count: int) -> None:
        """Connect until there are ``count`` readers."""
        while self.readers < count:
            if not self._room or not self._room[-1]:
                self._start()
            number = min(count - self.readers, self._room[-1])
            self._pipes[-1].send(("connect", number))
            self._pipes[-1].recv()
            self._room[-1] -= number
            self.readers += number

    def _start(self) -> None:
        ours, theirs = self._context.Pipe()
        source = f"127.0.0.{len(self._pipes) + 2}"
        arguments = (theirs, self._server.port, source, self._server.target())
        self._context.Process(target=_process, args=arguments, daemon=True).start()
        theirs.close()
        self._pipes.append(ours)
        self._room.append(PER_PROCESS)
        self._kernel_settles()

    def _kernel_settles(self) -> None:
        """A new process takes slab memory of its own; it counts as no reader's."""
        time.sleep(1)

    def measure(self, idle: float) -> Step:
        """Return the figures of the readers that are connected now."""
        time.sleep(BEAT)
        resident = (machine.resident(self._server.pids) - self._resident) / self.readers
        kernel = (kernel_memory() - self._kernel) / self.readers / 2
        spent = self._idle(idle)
        halves, lasts = zip(*(self._event() for _ in range(EVENTS)), strict=True)
        return Step(
            self.readers,
            resident,
            kernel,
            spent,
            statistics.median(halves),
            statistics.median(lasts),
        )

    def _idle(self, seconds: float) -> float:
        before, begun = machine.cpu(self._server.pids), time.perf_counter()
        while time.perf_counter() - begun < seconds:
            self._server.beat()
            time.sleep(BEAT)
        return (machine.cpu(self._server.pids) - before) / (time.perf_counter() - begun)

    def _event(self) -> tuple[float, float]:
        """Publish an event; return the seconds until half of the readers had it, and all."""
        for pipe in self._pipes:
            pipe.send(("expect", 0))
        sent = time.time()
        self._server.publish(1)
        times: list[float] = []
        for pipe in self._pipes:
            arrived, lost = pipe.recv()
            if lost:
                raise RuntimeError(f"{lost} readers were cut off")
            times += arrived
        if len(times) != self.readers:
            raise RuntimeError(f"{len(times):,} of {self.readers:,} readers have the event")
        times.sort()
        return times[len(times) // 2] - sent, times[-1] - sent

    def close(self) -> None:
        """End the load processes."""
        for pipe in self._pipes:
            pipe.send(("stop", 0))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what ``arguments`` say; return the exit code."""
    parser = argparse.ArgumentParser(
        "python -m benchmarks.many_readers",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--steps", default="10000,50000,100000")
    parser.add_argument("--gateways", type=int, default=10)
    parser.add_argument("--idle", type=float, default=30.0, help="seconds")
    args = parser.parse_args(arguments)
    server = Ticker("ws", gateways=args.gateways)
    server.start()
    try:
        many = Many(server)
        print(machine.describe())
        print(f"{args.gateways} gateways, {len(server.pids)} processes of the server")
        print("  readers  KB/reader  KB kernel       idle   half, ms   last, ms", flush=True)
        for step in args.steps.split(","):
            begun = time.perf_counter()
            many.connect(int(step))
            took = time.perf_counter() - begun
            print(many.measure(args.idle).line(), f"   (connected in {took:.0f} s)", flush=True)
        many.close()
        return 0
    finally:
        server.stop()


if __name__ == "__main__":
    raise SystemExit(main())

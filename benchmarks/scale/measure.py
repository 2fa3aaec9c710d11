"""Measure what the rows of the benchmarks lack: Redis' tails, sockets, and TLS in nginx."""

from __future__ import annotations

import re
import selectors
import socket
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import machine
from benchmarks.payload import SIZE, Events
from benchmarks.peers.base import HOST, Peer
from benchmarks.peers.ours import Ticker
from benchmarks.scale.tls_proxy import TlsProxy, context
from benchmarks.scale.unit_costs import Extra
from benchmarks.valkey import Valkey
from ticker.bench.load import Connection, Load
from ticker.bench.parsers import request

TAILS = 400
EVENTS = 200
READERS = 2_000
IDLE_SOCKETS = 10_000
PATIENCE = 30.0
"""Seconds for whatever is waited for; then the measurement fails."""


def extra() -> Extra:
    """Return the measured costs. Takes about a minute. Raises RuntimeError, OSError."""
    proxy_us, proxy_kb, handshake_us = tls()
    today = datetime.now(UTC).date().isoformat()
    return Extra(
        store_us_per_tail=round(tails(), 2),
        kernel_kb=round(kernel(), 2),
        proxy_us=round(proxy_us, 2),
        proxy_kb=round(proxy_kb, 1),
        handshake_us=round(handshake_us, 1),
        measured=f"{today}, {machine.describe()}",
    )


def tails() -> float:
    """Return Redis' CPU microseconds for one event to one of ``TAILS`` blocked readers."""
    store, events = Valkey(), Events()
    sockets = []
    words = ("XREAD", "BLOCK", "30000", "STREAMS", "lane", "$")
    read = b"*6\r\n" + b"".join(b"$%d\r\n%s\r\n" % (len(w), w.encode()) for w in words)
    try:
        with selectors.DefaultSelector() as selector:
            for _ in range(TAILS):
                one = socket.socket(socket.AF_UNIX)
                one.connect(store.url.removeprefix("unix://"))
                one.sendall(read)
                selector.register(one, selectors.EVENT_READ)
                sockets.append(one)
            by_number = {one.fileno(): one for one in sockets}
            before = machine.cpu([store.pid])
            for _ in range(EVENTS):
                id = events.next()
                _until_blocked(store)
                store.call("XADD", "lane", str(id), b"e", events.record(id))
                answered: set[int] = set()
                while len(answered) < TAILS:
                    for key, _ in selector.select(PATIENCE):
                        one = by_number[key.fd]
                        if one.recv(65_536) and key.fd not in answered:
                            answered.add(key.fd)
                            one.sendall(read)
            return (machine.cpu([store.pid]) - before) / EVENTS / TAILS * 1e6
    finally:
        for one in sockets:
            one.close()
        store.stop()


def _until_blocked(store: Valkey) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        found = re.search(rb"blocked_clients:(\d+)", store.call("INFO", "clients"))
        if found and int(found[1]) == TAILS:
            return
    raise RuntimeError(f"not all of {TAILS} tails wait")


def kernel() -> float:
    """Return KB of kernel memory for one end of an idle TCP connection."""
    with socket.create_server((HOST, 0), backlog=1_024) as listener:
        before = _slab_kb()
        ends: list[socket.socket] = []
        for _ in range(IDLE_SOCKETS // 2):
            ends += [socket.create_connection(listener.getsockname()), listener.accept()[0]]
        grown = _slab_kb() - before
        for one in ends:
            one.close()
    return grown / IDLE_SOCKETS


def _slab_kb() -> int:
    found = re.search(r"^Slab:\s+(\d+) kB", Path("/proc/meminfo").read_text(), re.MULTILINE)
    assert found is not None
    return int(found[1])


def tls() -> tuple[float, float, float]:
    """Return a TLS proxy's CPU µs for a message, KB for a connection, CPU µs for a new one."""
    server = Ticker("ws")
    proxy = TlsProxy(server)
    try:
        server.start()
        proxy.start()
        load = Load((HOST, proxy.port), tls=context(), server_name="localhost")
        idle, cpu = machine.resident(proxy.pids), machine.cpu(proxy.pids)
        readers = _connect(load, server, proxy)
        handshake = (machine.cpu(proxy.pids) - cpu) / READERS * 1e6
        memory = (machine.resident(proxy.pids) - idle) / READERS / 1024
        cpu = machine.cpu(proxy.pids)
        for number in range(1, EVENTS + 1):
            server.publish()
            _pump(load, lambda n=number: all(one.size >= n * SIZE for one in readers))  # type: ignore[misc]
        message = (machine.cpu(proxy.pids) - cpu) / EVENTS / READERS * 1e6
        load.close()
        return message, memory, handshake
    finally:
        proxy.stop()
        server.stop()


class _Reader(Connection):
    __slots__ = ("_request", "lost_because", "opened", "size")

    def __init__(self, request: bytes) -> None:
        super().__init__()
        self._request = request
        self.opened = False
        self.size = 0
        self.lost_because = ""

    def request(self) -> bytes:
        return self._request

    def received(self, data: bytes, now: float) -> None:
        if self.opened:
            self.size += len(data)
        elif b'"welcome"' in data:
            self.opened = True

    def lost(self, reason: str) -> None:
        self.lost_because = reason


def _connect(load: Load, server: Ticker, proxy: Peer) -> list[_Reader]:
    made = request("ws", f"{HOST}:{proxy.port}", server.target())
    readers: list[_Reader] = []
    while len(readers) < READERS:
        some = [_Reader(made) for _ in range(100)]
        for one in some:
            load.connect(one)
        readers += some
        _pump(load, lambda some=some: all(one.opened for one in some))  # type: ignore[misc]
    return readers


def _pump(load: Load, done: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not done():
        if time.monotonic() > end:
            raise RuntimeError("the readers did not get what they wait for")
        load.pump(0.05)

"""The base of all peers: a server process on the server's core that fans messages out."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import ClassVar, Literal

from benchmarks import machine
from benchmarks.payload import Events
from ticker.runtime.die_with_parent import die_with_parent

Transport = Literal["ws", "sse"]
START = 20.0
HOST = "127.0.0.1"
_DIE = die_with_parent()


class Missing(Exception):
    """The peer is not installed on this machine; the text says how to install it."""


class Peer(ABC):
    """One server. Make it, ``start``, ``publish``; in the end ``stop``."""

    name: ClassVar[str]
    title: ClassVar[str]
    transports: ClassVar[tuple[Transport, ...]] = ("ws",)
    hello: ClassVar[bytes] = b""
    """Bytes that a reader sends after it has connected."""
    processes = 1
    """Server processes; several may use all cores, one has a core of its own."""

    def __init__(self, transport: Transport = "ws") -> None:
        self.transport = transport
        self.port = free_port()
        self.events = Events()
        self.directory = tempfile.TemporaryDirectory(prefix=f"bench-{self.name}-", dir="/tmp")
        self._process: subprocess.Popen[bytes] | None = None

    @classmethod
    def check(cls) -> None:
        """Raise Missing if it cannot be started here. May install it."""
        return

    @abstractmethod
    def start(self) -> None:
        """Start it; return when it takes readers."""

    @abstractmethod
    def publish(self, count: int = 1) -> None:
        """Send ``count`` messages at once; do not wait until they are out."""

    def target(self) -> str:
        """Return the path and query of a reader's request."""
        return "/"

    @property
    def pids(self) -> list[int]:
        """Return the processes that are the server."""
        assert self._process is not None
        return machine.family(self._process.pid)

    @classmethod
    def version(cls) -> str:
        """Return what runs."""
        return ""

    def stop(self) -> None:
        """End it."""
        if self._process is not None:
            family = self.pids
            self._process.terminate()
            try:
                self._process.wait(3)
            except subprocess.TimeoutExpired:
                for pid in reversed(family):  # a busy worker outlives its master
                    with suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
                self._process.wait(10)
        self.directory.cleanup()

    @property
    def log(self) -> str:
        """Return the end of its log."""
        return Path(self.directory.name, "log").read_text(errors="replace")[-2_000:]

    def spawn(self, command: Sequence[str], **environment: str) -> None:
        """Run ``command`` on the server's core and wait until it listens. Raises RuntimeError."""
        with Path(self.directory.name, "log").open("ab") as log:
            self._process = subprocess.Popen(
                command,
                env=os.environ | environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                preexec_fn=partial(_settle, machine.server_cores(self.processes)),
            )
        self.wait_for(self.port).close()

    def wait_for(self, port: int) -> socket.socket:
        """Return a connection to ``port`` as soon as a process listens there."""
        end = time.monotonic() + START
        while time.monotonic() < end:
            if self._process is not None and self._process.poll() is not None:
                break
            try:
                return socket.create_connection((HOST, port), timeout=5)
            except OSError:
                time.sleep(0.02)
        raise RuntimeError(f"{self.name} did not start:\n{self.log}")


class HttpPeer(Peer):
    """A server that is published to over one kept-open HTTP connection. ``start`` opens it."""

    _publisher: socket.socket

    @abstractmethod
    def request(self, message: bytes) -> bytes:
        """Return the request that publishes ``message``."""

    def publish(self, count: int = 1) -> None:
        self._drop_answers()
        messages = (self.events.message(self.events.next()) for _ in range(count))
        self._publisher.sendall(b"".join(map(self.request, messages)))

    def _drop_answers(self) -> None:
        self._publisher.setblocking(False)
        try:
            while self._publisher.recv(65_536):
                pass
        except BlockingIOError:
            pass
        self._publisher.settimeout(10)

    def stop(self) -> None:
        if hasattr(self, "_publisher"):
            self._publisher.close()
        super().stop()


def _settle(cores: set[int]) -> None:
    os.sched_setaffinity(0, cores)
    if _DIE is not None:
        _DIE()


def free_port() -> int:
    """Return a loopback port that nobody listens on now."""
    with socket.socket() as sock:
        sock.bind((HOST, 0))
        return int(sock.getsockname()[1])

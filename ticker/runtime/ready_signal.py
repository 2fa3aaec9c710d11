"""The signal of a child that it is ready: one byte on a pipe that it inherits from its supervisor.

The supervisor creates a pipe for each start of a process. Its number is in the environment.
"""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress

READY_VARIABLE = "TICKER_READY_FD"


def announce() -> None:
    """Tell the supervisor that this process serves. Without a supervisor it does nothing."""
    number = os.environ.pop(READY_VARIABLE, "")
    if number.isdecimal():
        with suppress(OSError):  # the supervisor is gone
            os.write(int(number), b"\n")
        with suppress(OSError):
            os.close(int(number))


class ReadyPipe:
    """The supervisor's end of the pipe of one process."""

    def __init__(self) -> None:
        self._ours, self.descriptor = os.pipe()
        """``descriptor`` is for the child to inherit."""

    def started(self) -> None:
        """Close the child's end here, so that its exit ends the pipe."""
        os.close(self.descriptor)

    def close(self) -> None:
        """Close the supervisor's end: no process was started."""
        os.close(self._ours)

    async def announced(self) -> bool:
        """Wait for the signal; False if the process ended without one. Closes the pipe."""
        os.set_blocking(self._ours, False)
        loop = asyncio.get_running_loop()
        readable = asyncio.Event()
        loop.add_reader(self._ours, readable.set)
        try:
            await readable.wait()
            return bool(os.read(self._ours, 1))
        finally:
            loop.remove_reader(self._ours)
            os.close(self._ours)

"""A log handler that writes a moment later, while the event loop has nothing better to do.

Each line of a child process wakes its supervisor. Written at once, the line about a publish takes
the processor from the gateway that sends the item to its readers at the same moment.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from contextlib import nullcontext
from typing import TextIO

LATER = 0.05
"""Seconds until a line is written: what a killed process may fail to log."""
WAITING_MAX = 500
"""Lines that wait; with one more all are written at once."""


class LaterHandler(logging.StreamHandler[TextIO]):
    """Writes lines in order. Warnings, and lines outside an event loop, are written at once."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__(stream)
        self._waiting: deque[logging.LogRecord] = deque()
        self._timer: asyncio.TimerHandle | None = None

    def emit(self, record: logging.LogRecord) -> None:
        """Write ``record`` now or later."""
        self._waiting.append(record)
        loop = _running_loop() if record.levelno < logging.WARNING else None
        if loop is None or len(self._waiting) > WAITING_MAX:
            self._write()
        elif self._timer is None:
            self._timer = loop.call_later(LATER, self._write)

    def flush(self) -> None:
        """Write what waits; ``logging.shutdown`` calls it when the process ends."""
        self._write()
        super().flush()

    def _write(self) -> None:
        with self.lock or nullcontext():
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
            lines = []
            while self._waiting:
                record = self._waiting.popleft()
                try:
                    lines.append(self.format(record) + self.terminator)
                except Exception:  # noqa: BLE001 - as in the base class: a log call never raises
                    self.handleError(record)
            if lines:
                try:
                    self.stream.write("".join(lines))
                    self.stream.flush()
                except (OSError, ValueError):  # the other side of the pipe is gone
                    return


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None

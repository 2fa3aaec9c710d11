"""The output of a supervisor: its own lines and those of its processes, in one format."""

from __future__ import annotations

import sys
from contextlib import suppress
from datetime import UTC, datetime
from typing import TextIO

from ticker.telemetry.logs import Format, escape, json_line

SUPERVISOR = "supervisor"


class SupervisorLines:
    """Lines for people, each child's with its name before it, or JSON objects.

    A child of ours writes JSON itself. Whatever else it writes (a traceback of Python's own, a
    library's warning) becomes a record with the level ``error``.
    """

    def __init__(self, format: Format, stream: TextIO | None = None) -> None:
        """``stream`` is standard error by default."""
        self._json = format == "json"
        self._stream = stream

    def say(self, text: str) -> None:
        """Write the supervisor's own ``text``, which may have several lines for people."""
        self._write(_record("info", SUPERVISOR, text.strip()) if self._json else text)

    def forward(self, child: str, line: str) -> None:
        """Write a line of ``child``."""
        if not self._json:
            self._write(f"{child:>8} | {escape(line)}")
        elif line.startswith("{"):
            self._write(line)
        else:
            self._write(_record("error", child, line))

    def _write(self, text: str) -> None:
        with suppress(OSError):  # standard error may be closed
            print(text, file=self._stream or sys.stderr, flush=True)


def _record(level: str, process: str, message: str) -> str:
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return json_line({"time": now, "level": level, "process": process, "message": message})

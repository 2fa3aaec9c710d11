"""Standard output and error of this process: what happens when they cannot be written.

A full disk or a closed pipe at standard output raises ``CannotPrint``, which ends a command with
one sentence. What cannot be written to standard error is dropped: nothing else is left to say it.
"""

from __future__ import annotations

import errno
import io
import os
import select
import sys
from typing import Any


class CannotPrint(Exception):
    """Standard output cannot be written. No OSError: commands handle those of their own files."""

    def __init__(self, error: OSError | None) -> None:
        self.closed_pipe = error is not None and error.errno == errno.EPIPE
        reason = "it is closed" if error is None else error.strerror
        super().__init__(f"standard output cannot be written: {reason}")


class Descriptor(io.RawIOBase):
    """Writes to a file descriptor, which it does not close; None is a stream that was closed."""

    def __init__(self, descriptor: int | None, raises: bool) -> None:
        self._descriptor = descriptor
        self._raises = raises

    def writable(self) -> bool:
        """Return True."""
        return True

    def fileno(self) -> int:
        """Return the descriptor. Raises OSError without one."""
        if self._descriptor is None:
            raise OSError(errno.EBADF, os.strerror(errno.EBADF))
        return self._descriptor

    def isatty(self) -> bool:
        """Return whether it is a terminal."""
        return self._descriptor is not None and os.isatty(self._descriptor)

    def write(self, data: Any) -> int:
        """Write some of ``data``; return how many bytes. Raises CannotPrint, or drops all."""
        size = len(data)
        try:
            while True:
                try:
                    return os.write(self.fileno(), data)
                except BlockingIOError:  # a parent has made it non-blocking
                    select.select([], [self.fileno()], [])
        except OSError as error:
            if not self._raises:
                return size
            raise CannotPrint(None if self._descriptor is None else error) from None


def guard() -> None:
    """Put streams that raise CannotPrint, or drop, in the place of ``sys.stdout`` and ``stderr``.

    Characters that the encoding lacks (✓, Arabic in a C locale) become question marks: a command
    that has done its work must not fail because it cannot print the result.
    """
    sys.stdout = _guarded(sys.stdout, raises=True)
    sys.stderr = _guarded(sys.stderr, raises=False)


def discard_output() -> None:
    """Let the rest of standard output vanish, so that Python's own flush at exit succeeds."""
    nowhere = Descriptor(None, raises=False)
    sys.stdout = io.TextIOWrapper(io.BufferedWriter(nowhere), errors="replace")


def _guarded(stream: object, *, raises: bool) -> io.TextIOWrapper:
    descriptor, encoding, by_line = None, "utf-8", True
    if isinstance(stream, io.TextIOWrapper):
        stream.flush()
        descriptor, encoding = stream.fileno(), stream.encoding
        by_line = stream.line_buffering or stream.write_through
    raw = Descriptor(descriptor, raises)
    return io.TextIOWrapper(
        io.BufferedWriter(raw), encoding=encoding, errors="replace", line_buffering=by_line
    )

"""Secrets that a person types unseen, or that a script writes to standard input."""

from __future__ import annotations

import signal
import sys
import termios
from collections.abc import Iterator
from contextlib import contextmanager

from ticker.cli.output import Output
from ticker.cli.runner import usage

SECRET_MAX = 4_096
"""Bytes of a line; a longer one is refused."""


def typed_secret(out: Output, prompt: str) -> str:
    """Return what is typed after ``prompt``, or the next line of standard input in a script.

    Exit with 2 if there is none, or if it is not UTF-8. Raises KeyboardInterrupt.
    """
    if sys.stdin is None:
        usage(out, "standard input is closed")
    if sys.stdin.isatty():
        try:
            with interruptible(), _unseen(sys.stdin.fileno()):
                # Only now: whoever answers at once is not shown either.
                out.stderr.print(prompt, end="", markup=False)
                sys.stderr.flush()
                line = sys.stdin.buffer.readline(SECRET_MAX)
        finally:
            out.note("")  # the end of the line was not shown either
    else:
        line = sys.stdin.buffer.readline(SECRET_MAX)
    name = prompt.removesuffix(": ").lower()
    if len(line) >= SECRET_MAX:
        usage(out, f"the {name} is longer than {SECRET_MAX:,} bytes")
    try:
        text = line.decode().rstrip("\r\n")
    except UnicodeDecodeError as error:
        usage(out, f"the {name} is not valid UTF-8 (at byte {error.start + 1})")
    if not text:
        usage(out, f"the {name} is missing")
    return text


@contextmanager
def interruptible() -> Iterator[None]:
    """Let Ctrl-C raise KeyboardInterrupt at once; asyncio would wait for the end of the line."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def _unseen(terminal: int) -> Iterator[None]:
    """Let ``terminal`` show nothing of what is typed. What was typed before stays."""
    before = termios.tcgetattr(terminal)
    silent = [*before]
    silent[3] &= ~termios.ECHO
    termios.tcsetattr(terminal, termios.TCSADRAIN, silent)
    try:
        yield
    finally:
        termios.tcsetattr(terminal, termios.TCSADRAIN, before)

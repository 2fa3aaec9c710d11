"""Output of the commands: text for people, or with ``--json`` JSON for programs.

Foreign text leaves the process only here, and without what a terminal obeys
(``domain.terminal_text``).
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, TextIO

import orjson

from ticker.cli import bidi, times
from ticker.cli.hints import advice
from ticker.cli.options import OK, REFUSED
from ticker.cli.standard_streams import CannotPrint, discard_output
from ticker.cli.time_zone import shown_now
from ticker.client import errors
from ticker.domain.terminal_text import escaped_json, inline, printable

if TYPE_CHECKING:
    from datetime import datetime

    from rich.console import Console

IN_SECONDS = frozenset({"expires_in", "overlap", "ttl"})
"""Fields of the newsroom that count seconds, and for which a command takes 7d or 1h30m."""


class Output:
    """Standard output and error of one command."""

    def __init__(self, as_json: bool = False, choice: bidi.Choice = "auto") -> None:
        self.as_json = as_json
        self._choice = choice
        self._finished: tuple[str, int] | None = None

    def finished(self, what: str, code: int = OK) -> None:
        """Note what the command has done, before it prints that.

        If it cannot be printed, ``what`` is said on standard error and ``code`` is the exit code: a
        script must not repeat what has happened.
        """
        self._finished = (what, code)

    def not_printed(self, error: CannotPrint) -> int:
        """Say that standard output cannot be written; return the exit code.

        A reader that closes its pipe (``ticker list | head -1``) has what it wants: no error.
        """
        discard_output()
        if self._finished is not None:
            what, code = self._finished
            self.stderr.print(f"! {what}, but {error}", style="bold yellow")
            return code
        if error.closed_pipe:
            return OK
        text = str(error)
        self.stderr.print(f"✗ {text[0].upper()}{text[1:]}", style="bold red")
        return REFUSED

    @cached_property
    def console(self) -> Console:
        """Console for text on standard output. Raises CannotPrint."""
        from ticker.cli.safe_console import SafeConsole

        return SafeConsole(self._isolates)

    @cached_property
    def stderr(self) -> Console:
        """Console for text on standard error; a terminal gets lines that end at words."""
        from ticker.cli.safe_console import SafeConsole

        return SafeConsole(self._isolates, stderr=True, soft_wrap=not sys.stderr.isatty())

    def _isolates(self) -> bool:
        return self.bidi == "isolate"

    @cached_property
    def now(self) -> datetime:
        """The time of the command, in the zone in which it shows times; ``--zone`` replaces it."""
        return shown_now()

    @property
    def tty(self) -> bool:
        """Whether standard output is a terminal."""
        return sys.stdout.isatty()

    @cached_property
    def bidi(self) -> bidi.Mode:
        """The mode for right-to-left text on standard output."""
        if self._choice != "auto":
            return self._choice
        # Variables of the terminal, not settings of ours.
        env: Mapping[str, str] = os.environ
        encoding = sys.stdout.encoding or "ascii"
        return bidi.detect(env, tty=self.tty and not self.as_json, encoding=encoding)

    def json(self, document: object) -> None:
        """Write one JSON document on one line, and flush. Raises CannotPrint."""
        try:
            line = orjson.dumps(document)
        except orjson.JSONEncodeError:  # the name of a file that is not UTF-8
            line = json.dumps(document).encode()
        sys.stdout.buffer.write(escaped_json(line) + b"\n")
        sys.stdout.buffer.flush()

    def say(self, text: str = "", style: str | None = None) -> None:
        """Write a line of text without wrapping it."""
        line = inline(text, isolates=self._isolates())
        if "console" not in vars(self) and _is_plain(sys.stdout):
            sys.stdout.write(line + "\n")
            sys.stdout.flush()
            return
        self.console.print(line, style=style, soft_wrap=True)

    def pieces(self, *pieces: tuple[str, str]) -> None:
        """Write a line of pieces of text, each with its style, without wrapping it."""
        if "console" not in vars(self) and _is_plain(sys.stdout):
            self.say("".join(text for text, _ in pieces))
            return
        from rich.text import Text

        isolates = self._isolates()
        line = Text.assemble(*((inline(text, isolates=isolates), style) for text, style in pieces))
        self.console.print(line, soft_wrap=True)

    def labelled(
        self, label: str, text: str, style: str | None = None, *, direction: str | None = None
    ) -> None:
        """Write ``label`` and beside it ``text``; in a terminal, its lines stand under each other.

        The text is wrapped before right-to-left text is reordered, as ``bidi.lines`` does.
        """
        room = max(20, self.console.width - len(label)) if self.tty else 0
        for line in bidi.lines(text, room, self.bidi, direction):
            self.say(label + line, style)
            label = " " * len(label)

    def row(self, *columns: str) -> None:
        """Write columns separated by tabs, for a pipe. (A console would expand the tabs.)"""
        sys.stdout.write("\t".join(map(inline, columns)) + "\n")

    def note(self, text: str, style: str | None = "dim") -> None:
        """Write a message to standard error."""
        if "stderr" not in vars(self) and _is_plain(sys.stderr):
            sys.stderr.write(printable(text, isolates=self._isolates()) + "\n")
            return
        self.stderr.print(text, style=style)

    def problem(self, error: errors.ClientError | Exception) -> None:
        """Write an error with its invalid fields and a hint, or as JSON a problem document."""
        if self.as_json:
            self.json(document(error))
            return
        from rich.text import Text

        head = inline(error.title if isinstance(error, errors.Refused) else str(error))
        self.stderr.print(Text.assemble(("✗ ", "bold red"), (head, "bold")))
        if isinstance(error, errors.Refused):
            if error.errors:
                width = max(len(wrong.field) for wrong in error.errors)
                for wrong in error.errors:
                    self._wrong_field(wrong, width)
            elif error.detail and (
                not isinstance(error, (errors.Duplicate, errors.Unauthorised))
                or error.document.get("code") == "unknown-key"
            ):
                # The hints of the others say it in the words of a command.
                self._below(times.localised(error.detail, self.now))
        hint = advice(error) if isinstance(error, errors.ClientError) else None
        if hint:
            self._below(hint, style="dim")

    def _wrong_field(self, wrong: errors.WrongField, width: int) -> None:
        from rich.text import Text

        name = inline(wrong.field).ljust(width)
        gap = "  " if name else ""
        indent = 2 + len(name + gap)
        message = times.localised(wrong.message, self.now)
        if wrong.field.rpartition(".")[2] in IN_SECONDS:
            message = times.durations(message)
        if wrong.value is not None:
            announced = times.announced(wrong.value, self.now)
            if announced and times.by_another_clock(wrong.value, message, self.now):
                message += " by the newsroom's clock; `ticker doctor` compares it with the one here"
            message = f"{announced or wrong.value}, {message}"
        first, *rest = self.wrapped(message, indent)
        self.stderr.print(Text.assemble("  ", (name, "cyan"), gap, first))
        for line in rest:
            self.stderr.print(" " * indent + line)

    def _below(self, text: str, style: str | None = None, indent: int = 2) -> None:
        for line in self.wrapped(text, indent):
            self.stderr.print(" " * indent + line, style=style)

    def wrapped(self, text: str, indent: int) -> list[str]:
        """Return ``text`` in lines that fit the terminal; without a terminal, as one line."""
        if not self.stderr.is_terminal:
            return [inline(text)]
        return bidi.lines(text, max(20, self.stderr.width - indent), self.bidi)


def _is_plain(stream: TextIO) -> bool:
    """Return whether a stream gets text without styles, for which no console is imported."""
    return not stream.isatty() and "FORCE_COLOR" not in os.environ


def document(error: Exception) -> Mapping[str, Any]:
    """Return a problem document (RFC 9457) for any error of a command."""
    match error:
        case errors.Refused():
            return {"status": error.status, "title": error.title} | error.document
        case errors.FeedRefused():
            return {
                "type": "about:blank",
                "title": "Feed refused",
                "code": error.code,
                "close_code": error.close_code,
                "detail": error.detail,
            }
        case errors.Unreachable():
            return {"type": "about:blank", "title": "Unreachable", "detail": str(error)}
        case _:
            return {"type": "about:blank", "title": "Error", "detail": str(error)}

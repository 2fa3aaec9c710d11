"""Run a command's coroutine and exit with its exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NoReturn

import typer

from ticker.cli.options import REFUSED, UNREACHABLE, USAGE
from ticker.cli.output import Output
from ticker.cli.standard_streams import CannotPrint
from ticker.client import errors
from ticker.client.settings import ClientSettings, client_settings
from ticker.domain.environment_names import InvalidSettings, not_of_commands

if TYPE_CHECKING:
    from ticker.client import Editor
    from ticker.config import Settings


INPUT_MAX = 65_536
"""Bytes of a headline on standard input."""


def settings() -> ClientSettings:
    """Return the client's settings: the newsroom's address and the editor key.

    Raises InvalidSettings, which ``run`` and ``main`` report.
    """
    if not_of_commands(os.environ):  # else all names are right, and no settings need be imported
        from ticker.config.sources import unknown_names

        if problems := unknown_names(os.environ):
            raise InvalidSettings(problems)
    return client_settings()


def server_settings(out: Output) -> Settings:
    """Return the settings of a server process. Exit with 2 and a message if they are invalid."""
    from ticker.config import load

    try:
        return load()
    except InvalidSettings as error:
        usage(out, settings_message(error))


def settings_message(error: InvalidSettings) -> str:
    """Return a line for each wrong setting."""
    if len(error.problems) == 1:
        return f"Invalid settings: {error.problems[0]}"
    return "\n  ".join(["Invalid settings:", *error.problems])


def editor() -> Editor:
    """Return the client of the editors' API; an async context manager."""
    from ticker.client import Editor

    found = settings()
    return Editor(found.url, found.key)


def run(
    out: Output,
    work: Coroutine[Any, Any, int | None],
    loop: Callable[[Coroutine[Any, Any, int | None]], int | None] | None = None,
) -> NoReturn:
    """Run ``work`` and exit with the code that it returns, or with one for its exception.

    ``loop`` runs a coroutine in an event loop; default: ``asyncio.run``.
    """
    import asyncio  # here, as commands without a newsroom need no event loop

    code = 0
    try:
        code = (loop or asyncio.run)(work) or 0
        sys.stdout.flush()
    except InvalidSettings as error:
        usage(out, settings_message(error))
    except errors.BadAddress as error:
        usage(out, f"TICKER_URL: {error}")
    except errors.ClientError as error:
        out.problem(error)
        # A newsroom with an unavailable part also counts as unreachable.
        code = UNREACHABLE if error.temporary else REFUSED
    except CannotPrint as error:
        code = out.not_printed(error)
    raise typer.Exit(code)


def standard_input(out: Output) -> str:
    """Return the text on standard input. Exit with 2 if there is none, or if it is not UTF-8."""
    if sys.stdin is None:
        usage(out, "standard input is closed")
    data = sys.stdin.buffer.read(INPUT_MAX + 1)
    if len(data) > INPUT_MAX:
        usage(out, f"standard input is larger than {INPUT_MAX:,} bytes")
    try:
        return data.decode().strip()
    except UnicodeDecodeError as error:
        usage(out, f"standard input is not valid UTF-8 (at byte {error.start + 1})")


@contextmanager
def reading_response() -> Iterator[None]:
    """Raise ProtocolError where a field of a server's response is missing or has another type."""
    try:
        yield
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise errors.ProtocolError(f"the server's response cannot be read: {error!r}") from error


def usage(out: Output, message: str) -> NoReturn:
    """Print ``message`` and exit with 2, the exit code of a usage error."""
    if out.as_json:
        out.json({"type": "about:blank", "title": "Usage error", "detail": message})
    else:
        out.stderr.print(f"✗ {message}", style="bold red")
    raise typer.Exit(USAGE)

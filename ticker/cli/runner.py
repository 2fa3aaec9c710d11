"""Running a command's coroutine, and turning how it ends into an exit code."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, NoReturn

import typer

from ticker.cli.options import REFUSED, UNREACHABLE, USAGE
from ticker.cli.output import Output
from ticker.client import errors
from ticker.client.settings import ClientSettings, client_settings

if TYPE_CHECKING:
    from ticker.client import Editor
    from ticker.config import Settings


def settings() -> ClientSettings:
    """Return where the newsroom is and the key to it."""
    return client_settings()


def server_settings(out: Output) -> Settings:
    """Return the settings of a server process; exit with 2 and the wrong names if they are bad."""
    from pydantic import ValidationError

    from ticker.config import load

    try:
        return load()
    except ValidationError as error:
        lines = [
            f"{'.'.join(map(str, one['loc'])) or 'settings'}: {one['msg']}"
            for one in error.errors(include_url=False, include_input=False)
        ]
        usage(out, "The settings (TICKER_* or ticker.toml) are not valid.\n  " + "\n  ".join(lines))
    except ValueError as error:  # TOML that cannot be read
        usage(out, f"ticker.toml cannot be read: {error}")


def editor() -> Editor:
    """Return the connection to the editors' API; a context manager."""
    from ticker.client import Editor

    found = settings()
    return Editor(found.url, found.key)


def run(
    out: Output,
    work: Coroutine[Any, Any, int | None],
    loop: Callable[[Coroutine[Any, Any, int | None]], int | None] = asyncio.run,
) -> NoReturn:
    """Run ``work`` to its end and exit: with what it returns, or by what it raises.

    ``loop`` runs it in an event loop.
    """
    code = 0
    try:
        code = loop(work) or 0
    except errors.BadAddress as error:
        usage(out, f"TICKER_URL: {error}")
    except errors.ClientError as error:
        out.problem(error)
        # A newsroom of which a part is away is not reached either: come back later.
        code = UNREACHABLE if error.temporary else REFUSED
    except BrokenPipeError:
        # ``ticker tail | head``: the reader has had enough. Nothing may be written at exit either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    raise typer.Exit(code)


def usage(out: Output, message: str) -> NoReturn:
    """Exit with 2 because the command was called wrongly; ``message`` says how."""
    if out.as_json:
        out.json({"type": "about:blank", "title": "Wrong usage", "detail": message})
    else:
        out.stderr.print(f"✗ {message}", style="bold red")
    raise typer.Exit(USAGE)

"""The ``ticker`` command; ``ticker.cli.commands`` names its commands.

Exit codes: 0 done, 1 refused by the server, 2 usage error, 3 unreachable, 4 accepted but not on
screens yet. The module of a command is imported when the command is used, and commands import slow
modules (HTTP, WebSocket, settings) only when they run.
"""

from __future__ import annotations

import io
import logging
import sys
from typing import Annotated

import typer

from ticker import __version__
from ticker.cli.commands import CommandGroup
from ticker.cli.options import USAGE
from ticker.cli.runner import settings_message
from ticker.domain.environment_names import InvalidSettings
from ticker.domain.terminal_text import printable

SERVER_MODULES = frozenset(
    {
        *("arq", "cryptography", "feedgenerator", "google", "h2", "jinja2", "jwt"),
        *("redis", "starlette", "uvicorn", "uvloop"),
    }
)
"""Packages of the ``server`` extra. The client and its commands work without them."""

app = typer.Typer(
    cls=CommandGroup,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
    help=(
        "Publish breaking news to every screen within milliseconds.\n\n"
        "Environment: TICKER_URL is the newsroom's address (default http://127.0.0.1:8000). "
        "TICKER_KEY is the editor key (default: the key that `ticker up` created in ./.ticker)."
    ),
)


def _version(requested: bool) -> None:
    if requested:
        print(f"ticker {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    pass


class PrintableFormatter(logging.Formatter):
    """Formats log records for a terminal, without what it would obey."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record's text; a traceback keeps its lines."""
        return printable(super().format(record))


def main() -> None:
    """Run the command line of this process and exit."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # Print a question mark where the encoding lacks ✓ or Arabic: a command that has done
            # its work must not fail because it cannot print the result.
            stream.reconfigure(errors="replace")
    if logging.lastResort is not None:  # warnings of libraries, which quote what they received
        logging.lastResort.setFormatter(PrintableFormatter())
    try:
        app()
    except InvalidSettings as error:
        print(f"✗ {settings_message(error)}", file=sys.stderr)
        sys.exit(USAGE)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in SERVER_MODULES:
            raise
        print(
            f"✗ This command needs the server packages; {error.name} is not installed.\n"
            "  Run pip install 'ticker[server]', or 'ticker[embedded]' for `ticker up`.",
            file=sys.stderr,
        )
        sys.exit(USAGE)

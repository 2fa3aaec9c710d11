"""The ``ticker`` command; ``ticker.cli.commands`` names its commands.

Exit codes: 0 done, 1 refused by the server, 2 usage error, 3 unreachable, 4 accepted but not on
screens yet. The module of a command is imported when the command is used, and commands import slow
modules (HTTP, WebSocket, settings) only when they run.
"""

from __future__ import annotations

import logging
import sys
from typing import Annotated, NoReturn

import typer
from typer.exceptions import TyperException

from ticker import __version__
from ticker.cli.commands import CommandGroup
from ticker.cli.options import OK, REFUSED, USAGE
from ticker.cli.output import Output
from ticker.cli.runner import settings_message, usage
from ticker.cli.standard_streams import CannotPrint, guard
from ticker.cli.usage_errors import message, undecodable
from ticker.domain.environment_names import InvalidSettings
from ticker.domain.extras import install_command
from ticker.domain.terminal_text import printable

SERVER_MODULES = frozenset(
    {
        *(
            "PIL",
            "apsw",
            "argon2",
            "arq",
            "cryptography",
            "feedgenerator",
            "google",
            "h2",
            "hiredis",
        ),
        *("hpack", "jinja2", "jwt", "prometheus_client", "pyotp", "python_multipart", "redis"),
        *("starlette", "uharfbuzz", "uvicorn", "uvloop", "webauthn"),
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


def main() -> NoReturn:
    """Run the command line of this process and exit."""
    guard()
    if logging.lastResort is not None:  # warnings of libraries, which quote what they received
        logging.lastResort.setFormatter(PrintableFormatter())
    arguments = sys.argv[1:]
    out = Output("--json" in arguments)
    try:
        try:
            code = _run(out, arguments)
        except typer.Exit as ended:
            code = ended.exit_code
        sys.stdout.flush()
    except CannotPrint as error:
        code = out.not_printed(error)
    sys.exit(code)


def _run(out: Output, arguments: list[str]) -> int:
    """Run the command of ``arguments``; return its exit code. Raises CannotPrint, Exit."""
    if (problem := undecodable(arguments)) is not None:
        usage(out, problem)
    try:
        result = app(arguments, prog_name="ticker", standalone_mode=False)
    except typer.Abort:
        out.note("Cancelled.", style=None)
        return REFUSED
    except TyperException as error:
        if not error.format_message() or "Usage:" in error.format_message():  # no arguments: help
            error.show()  # type: ignore[attr-defined]
            return USAGE
        usage(out, message(error, arguments))
    except InvalidSettings as error:
        usage(out, settings_message(error))
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in SERVER_MODULES:
            raise
        usage(
            out,
            f"This command needs the server packages; {error.name} is not installed.\n"
            f"  Run {install_command('server')}, or 'ticker[embedded]' for `ticker up`.",
        )
    return result if isinstance(result, int) else OK

"""The ``ticker`` command.

Exit codes: 0 done, 1 refused by the server, 2 usage error, 3 unreachable, 4 accepted but not on
screens yet. Commands import slow
modules (HTTP, WebSocket, settings) only when they run, so that ``--help`` is fast.
"""

from __future__ import annotations

import io
import logging
import sys
from typing import Annotated

import typer

from ticker import __version__
from ticker.cli import (
    acl,
    backup,
    bench,
    change,
    doctor,
    keys,
    processes,
    publish,
    push,
    show,
    status,
    tail,
    webhooks,
)
from ticker.cli.imports import command as imports
from ticker.cli.options import USAGE
from ticker.domain.terminal_text import printable

SERVER_MODULES = frozenset(
    {
        *("arq", "cryptography", "feedgenerator", "google", "h2", "jinja2", "jwt"),
        *("redis", "starlette", "uvicorn", "uvloop"),
    }
)
"""Packages of the ``server`` extra. The client and its commands work without them."""

app = typer.Typer(
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
app.command("up", short_help="Run a newsroom on this machine.")(processes.up)
app.command("publish", short_help="Publish or schedule an item.")(publish.publish)
app.command("correct", short_help="Correct or update an item.")(change.correct)
app.command("retract", short_help="Retract an item.")(change.retract)
app.command("pin", short_help="Pin an item above the others.")(change.pin)
app.command("unpin", short_help="Unpin an item.")(change.unpin)
app.command("list", short_help="List the live items.")(show.list_items)
app.command("show", short_help="Show an item and its history.")(show.show)
app.command("status", short_help="Show the push and webhook deliveries of an item.")(status.status)
app.command("tail", short_help="Follow the live feed.")(tail.tail)
app.command("import", short_help="Import RSS, Atom, JSON Feed, NDJSON or ninjs.")(
    imports.import_items
)
app.command("doctor", short_help="Check the newsroom and suggest fixes.")(doctor.doctor)
app.command("bench", short_help="Measure delivery times with many readers.")(bench.bench)
app.command("serve", short_help="Run the server: HTTP API and live feeds.")(processes.serve)
app.command("work", short_help="Run a worker: scheduling, push, webhooks.")(processes.work)
app.command("acl", short_help="Print the users of Redis, with their rights.")(acl.acl)
app.command("backup", short_help="Write the newsroom to a file.")(backup.backup)
app.command("restore", short_help="Restore a backup.")(backup.restore)
app.add_typer(keys.app, name="keys")
app.add_typer(push.app, name="push")
app.add_typer(webhooks.app, name="webhooks")


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
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in SERVER_MODULES:
            raise
        print(
            f"✗ This command needs the server packages; {error.name} is not installed.\n"
            "  Run pip install 'ticker[server]', or 'ticker[embedded]' for `ticker up`.",
            file=sys.stderr,
        )
        sys.exit(USAGE)

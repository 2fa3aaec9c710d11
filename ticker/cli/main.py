"""The ``ticker`` command.

Exit codes: 0 done, 1 refused by the server, 2 wrong usage, 3 unreachable. Modules that are slow to
import (HTTP, WebSocket, settings) are imported by the commands that need them, when they do.
"""

from __future__ import annotations

import io
import sys
from typing import Annotated

import typer

from ticker import __version__
from ticker.cli import (
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

SERVER_MODULES = frozenset(
    {
        *("arq", "cryptography", "feedgenerator", "google", "h2", "jinja2", "jwt"),
        *("redis", "starlette", "uvicorn", "uvloop"),
    }
)
"""Packages of the extra ``server``: the client and its commands work without them."""

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
    help=(
        "Ticker: breaking news, on every screen within milliseconds.\n\n"
        "TICKER_URL says where the newsroom is (http://127.0.0.1:8000), TICKER_KEY is the editor's "
        "key (by default the one in the data directory of `ticker up`)."
    ),
)
app.command("up", short_help="Run a whole newsroom until Ctrl-C.")(processes.up)
app.command("publish")(publish.publish)
app.command("correct", short_help="Correct an item, on every screen.")(change.correct)
app.command("retract")(change.retract)
app.command("pin")(change.pin)
app.command("unpin")(change.unpin)
app.command("list")(show.list_items)
app.command("show")(show.show)
app.command("status", short_help="Say whom an item reached by push and webhooks.")(status.status)
app.command("tail")(tail.tail)
app.command("import", short_help="Import RSS, Atom, JSON Feed, NDJSON, ninjs.")(
    imports.import_items
)
app.command("doctor", short_help="Say what is wrong, and what to do.")(doctor.doctor)
app.command("bench", short_help="Measure it: the time to the last of many readers.")(bench.bench)
app.command("serve")(processes.serve)
app.command("work")(processes.work)
app.add_typer(keys.app, name="keys")
app.add_typer(push.app, name="push")
app.add_typer(webhooks.app, name="webhooks")


def _version(wanted: bool) -> None:
    if wanted:
        print(f"ticker {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    pass


def main() -> None:
    """Run the command line of this process and exit."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # Where the terminal knows no ✓ and no Arabic, a question mark: what was done is done,
            # and must not look like a failure because it cannot be told.
            stream.reconfigure(errors="replace")
    try:
        app()
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in SERVER_MODULES:
            raise
        print(
            f"✗ This command needs the server's packages; {error.name} is not installed.\n"
            "  pip install 'ticker[server]', or 'ticker[embedded]' for `ticker up`",
            file=sys.stderr,
        )
        sys.exit(USAGE)

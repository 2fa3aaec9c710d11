"""The ``ticker watch`` command: look at a feed again and again, and publish what is new."""

from __future__ import annotations

import asyncio
import hashlib
import signal
from pathlib import Path
from typing import Annotated

import typer

from ticker.cli import options
from ticker.cli.imports.command import defaults_of
from ticker.cli.imports.watcher import Watcher
from ticker.cli.option_values import DURATION
from ticker.cli.output import Output
from ticker.cli.runner import editor, run, server_settings, settings, usage

EVERY = 60.0
EVERY_MIN = 5.0


def watch(
    url: Annotated[str, typer.Argument(metavar="URL", help="Address of the feed.")],
    edition: options.DefaultEdition = None,
    section: options.Sections = [],  # noqa: B006  # typer copies it
    region: options.Regions = [],  # noqa: B006
    tag: options.Tags = [],  # noqa: B006
    level: options.DefaultLevel = None,
    credit: options.DefaultSource = None,
    every: Annotated[
        float,
        typer.Option(
            "--every",
            min=EVERY_MIN,
            max=86_400,
            metavar=DURATION,
            help="Time between two looks, such as 30s or 5m.",
        ),
    ] = EVERY,
    drafts: Annotated[
        Path | None,
        typer.Option(
            "--drafts",
            metavar="FILE",
            help="Publish nothing: append what is new to FILE as NDJSON for `ticker import`.",
        ),
    ] = None,
    from_now: Annotated[
        bool, typer.Option("--from-now", help="Leave out what the feed has at the first look.")
    ] = False,
    once: Annotated[bool, typer.Option("--once", help="Look once, and exit.")] = False,
    state: Annotated[
        Path | None,
        typer.Option("--state", metavar="FILE", help="Where the watch keeps what it has seen."),
    ] = None,
    as_json: options.Json = False,
) -> None:
    """Look at a feed again and again until Ctrl-C: publish what is new, update what has changed.

    The formats and the options are those of `ticker import`. Requests are conditional, so a feed
    without news costs its server next to nothing; after failures the pauses grow to 15 minutes. The
    state is kept in a file, by default below the data directory: after a restart nothing is
    published twice and nothing is missed.
    """
    out = Output(as_json)
    if not url.startswith(("http://", "https://")):
        usage(out, f"{url}: must be an http or https address")
    name = hashlib.sha256(f"{url}\0{edition}".encode()).hexdigest()[:16]
    file = state or settings().data_dir / "watch" / f"{name}.json"
    defaults = defaults_of(edition, section, region, tag, level, credit)
    taxonomy = server_settings(out).taxonomy

    async def work() -> int:
        ended = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, ended.set)
        async with editor() as client:
            watcher = Watcher(url, defaults, taxonomy, client, out, file, drafts)
            watcher.from_now = from_now
            return await watcher.run(every, ended, once=once)

    run(out, work())

"""The ``ticker import`` command."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ticker.cli import options
from ticker.cli.imports.report import Report
from ticker.cli.output import Output
from ticker.cli.runner import editor, run, server_settings, usage

if TYPE_CHECKING:
    from ticker.imports.drafts import Defaults
    from ticker.imports.payload import Download

INPUT_MAX = 256 * 2**20
"""Bytes; split a larger import into several files."""


def defaults_of(
    edition: str | None,
    section: list[str],
    region: list[str],
    tag: list[str],
    level: options.Level | None,
    credit: str | None,
) -> Defaults:
    """Return the defaults that the options of a command name."""
    from ticker.imports.drafts import Defaults

    return Defaults(
        edition,
        tuple(options.split(section)),
        tuple(options.split(region)),
        tuple(options.split(tag)),
        level,
        credit,
    )


def import_items(
    source: Annotated[
        str,
        typer.Argument(metavar="FILE|URL|-", help="File or address; - reads standard input."),
    ],
    edition: options.DefaultEdition = None,
    section: options.Sections = [],  # noqa: B006  # typer copies it
    region: options.Regions = [],  # noqa: B006
    tag: options.Tags = [],  # noqa: B006
    level: options.DefaultLevel = None,
    credit: options.DefaultSource = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Validate the items without publishing them.")
    ] = False,
    as_json: options.Json = False,
) -> None:
    """Import items from NDJSON, RSS, Atom, JSON Feed, ninjs, NewsML-G2 or NITF.

    The format is detected. The options are defaults for items without a value of their own; without
    --edition, the language of an item chooses its edition. Each item gets a key made from its id in
    the source: importing an item again publishes nothing, an entry that has changed since updates
    its item, and one that its source has withdrawn retracts it. What an entry lacks or spells
    badly is mended or left out with a note. The exit code is 1 if an item was refused,
    and 4 if some of the accepted are not on screens yet.
    """
    from ticker.imports.drafts import Unreadable
    from ticker.imports.formats import read

    out = Output(as_json)
    defaults = defaults_of(edition, section, region, tag, level, credit)
    taxonomy = server_settings(out).taxonomy
    try:
        found = _fetch(source)
        parsed = read(found.data, defaults, taxonomy=taxonomy, url=found.url, charset=found.charset)
    except (Unreadable, OSError) as error:
        usage(out, f"{source}: {_message(error)}")
    if not parsed.entries and not parsed.rejected and not as_json:
        out.note("The input has no items.")
    report = Report(parsed)
    if dry_run:
        report.check(taxonomy)
        report.show(out)
        raise typer.Exit(report.code)
    run(out, _send(out, report))


async def _send(out: Output, report: Report) -> int:
    began = time.perf_counter()
    async with editor() as client:
        with _progress(out, len(report.lines)) as advance:
            async for batch in client.import_drafts(report.lines):
                report.add(batch)
                advance(batch.count)
        report.seconds = time.perf_counter() - began
        if report.pending:
            report.silent = await client.silent_hop()
    out.finished(report.summary, report.code)
    report.show(out)
    return report.code


def _fetch(source: str) -> Download:
    """Return the input. Raises Unreadable or OSError."""
    from ticker.imports.payload import Download, too_large, unpacked

    if source.startswith(("http://", "https://")):
        from ticker.cli.imports.download import download
        from ticker.cli.imports.web_get import Limits

        found = download(source, Limits(INPUT_MAX))
        return found._replace(data=unpacked(found.data, INPUT_MAX))
    if source == "-":
        data = sys.stdin.buffer.read(INPUT_MAX + 1)
    else:
        with Path(source).open("rb") as file:
            data = file.read(INPUT_MAX + 1)
    if len(data) > INPUT_MAX:
        raise too_large(INPUT_MAX)
    return Download(unpacked(data, INPUT_MAX), None, None)


@contextmanager
def _progress(out: Output, total: int) -> Iterator[Any]:
    """Show a progress bar on standard error of a terminal; yield the function that advances it."""
    if out.as_json or not sys.stderr.isatty() or not total:
        yield lambda count: None
        return
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (TextColumn("Importing"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=out.stderr, transient=True) as progress:
        task = progress.add_task("import", total=total)
        yield lambda count: progress.advance(task, count)


def _message(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)

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
from ticker.cli.output import Output
from ticker.cli.runner import editor, run, server_settings, usage

if TYPE_CHECKING:
    from ticker.cli.imports.formats import Draft, ParsedInput

INPUT_MAX = 256 * 2**20
"""Bytes; split a larger import into several files."""
ERRORS_SHOWN = 5


def import_items(
    source: Annotated[
        str,
        typer.Argument(metavar="FILE|URL|-", help="File or address; - reads standard input."),
    ],
    edition: Annotated[
        str | None, typer.Option("--edition", "-e", metavar="NAME", help="Default edition.")
    ] = None,
    section: options.Sections = [],  # noqa: B006  # typer copies it
    region: options.Regions = [],  # noqa: B006
    tag: options.Tags = [],  # noqa: B006
    level: Annotated[
        options.Level | None, typer.Option("--level", "-l", help="Default level.")
    ] = None,
    credit: Annotated[
        str | None,
        typer.Option("--source", metavar="TEXT", help="Default source, such as a news agency."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Validate the items without publishing them.")
    ] = False,
    as_json: options.Json = False,
) -> None:
    """Import items from NDJSON, RSS, Atom, JSON Feed or ninjs. The format is detected.

    The options are defaults for items without a value of their own. Each item gets an idempotency
    key made from its id in the source, so importing an item again does not publish it again. The
    exit code is 1 if an item was refused, and 4 if some of the accepted are not on screens yet.
    """
    from ticker.cli.imports.drafts import Defaults, Unreadable
    from ticker.cli.imports.formats import read

    out = Output(as_json)
    defaults = Defaults(
        edition,
        tuple(options.split(section)),
        tuple(options.split(region)),
        tuple(options.split(tag)),
        level,
        credit,
    )
    try:
        parsed = read(_fetch(source), defaults)
    except (Unreadable, OSError) as error:
        usage(out, f"{source}: {_message(error)}")
    if not parsed.drafts and not as_json:
        out.note("The input has no items.")
    if dry_run:
        raise typer.Exit(_check(out, parsed))
    run(out, _send(out, parsed))


async def _send(out: Output, parsed: ParsedInput) -> int:
    published = repeated = refused = pending = 0
    silent: str | None = None
    errors: list[dict[str, Any]] = []
    began = time.perf_counter()
    async with editor() as client:
        with _progress(out, len(parsed.drafts)) as advance:
            async for batch in client.import_drafts(parsed.drafts):
                published += batch.published
                repeated += batch.repeated
                refused += batch.refused
                pending += batch.pending
                for draft in batch.refusals[: ERRORS_SHOWN - len(errors)]:
                    messages = [f"{wrong.field}: {wrong.message}" for wrong in draft.errors]
                    errors.append(_error(parsed.drafts, draft.number, messages or [draft.detail]))
                advance(batch.count)
        seconds = time.perf_counter() - began
        if pending:
            silent = await client.silent_hop()
    code = options.REFUSED if refused else options.PENDING if pending else options.OK
    out.finished(f"Published {published:,} items ({refused:,} refused)", code)
    _report(out, parsed, published, repeated, refused, errors, seconds, pending, silent)
    return code


def _check(out: Output, parsed: ParsedInput) -> int:
    """Validate the drafts locally and report the invalid ones; return the exit code."""
    from ticker.domain.errors import Invalid
    from ticker.domain.item import read_draft

    taxonomy = server_settings(out).taxonomy
    errors: list[dict[str, Any]] = []
    refused = 0
    for number, draft in enumerate(parsed.drafts, 1):
        try:
            read_draft({name: value for name, value in draft.items() if name != "key"}, taxonomy)
        except Invalid as error:
            refused += 1
            if len(errors) < ERRORS_SHOWN:
                messages = [f"{wrong.field}: {wrong.message}" for wrong in error.errors]
                errors.append(_error(parsed.drafts, number, messages))
    _report(out, parsed, 0, 0, refused, errors, None)
    return options.REFUSED if refused else options.OK


def _error(drafts: list[Draft], number: int, messages: list[str]) -> dict[str, Any]:
    headline = str(drafts[number - 1].get("headline") or "")
    return {"item": number, "headline": headline, "messages": messages}


def _report(
    out: Output,
    parsed: ParsedInput,
    published: int,
    repeated: int,
    refused: int,
    errors: list[dict[str, Any]],
    seconds: float | None,
    pending: int = 0,
    silent: str | None = None,
) -> None:
    """Print the result of the import; ``seconds`` is None for a dry run.

    ``pending`` items are not on screens yet; ``silent`` is the hop that passes no events.
    """
    if out.as_json:
        out.json(
            {
                "format": parsed.format,
                "items": len(parsed.drafts),
                "published": published,
                "repeated": repeated,
                "refused": refused,
                "pending": pending,
                "silent": silent,
                "withdrawn": len(parsed.withdrawn),
                "dry_run": seconds is None,
                "seconds": None if seconds is None else round(seconds, 3),
                "errors": errors,
            }
        )
        return
    from ticker.cli.bidi import one_line
    from ticker.cli.result import say_why

    for error in errors:
        headline = one_line(error["headline"][:60], out.bidi)
        out.note(f"✗ Item {error['item']}: {headline}", style="red")
        for message in error["messages"]:
            out.note(f"    {message}", style=None)
    if refused > len(errors):
        out.note(f"  … and {refused - len(errors):,} more")
    if parsed.withdrawn:
        out.note(f"{len(parsed.withdrawn):,} skipped: withdrawn by the source", "yellow")
    if seconds is None:
        valid = len(parsed.drafts) - refused
        out.say(f"{valid:,} valid, {refused:,} invalid. Nothing was published (--dry-run).")
        return
    many = len(parsed.drafts) >= 1_000
    rate = f" ({len(parsed.drafts) / seconds:,.0f}/s)" if many else ""
    out.say(
        f"{published:,} published, {repeated:,} already imported, {refused:,} refused "
        f"in {seconds:.1f} s{rate}"
    )
    if pending:
        out.say(f"! {pending:,} accepted; not on screens yet", "bold yellow")
        say_why(out, silent)


def _fetch(source: str) -> bytes:
    """Return the input. Raises Unreadable or OSError."""
    from ticker.cli.imports.drafts import Unreadable

    if source.startswith(("http://", "https://")):
        return _download(source)
    if source == "-":
        data = sys.stdin.buffer.read(INPUT_MAX + 1)
    else:
        with Path(source).open("rb") as file:
            data = file.read(INPUT_MAX + 1)
    if len(data) > INPUT_MAX:
        raise Unreadable(f"larger than {INPUT_MAX // 2**20} MB; import it in parts")
    return data


def _download(url: str) -> bytes:
    from ticker.cli.imports.download import Limits, download

    return download(url, Limits(INPUT_MAX))


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

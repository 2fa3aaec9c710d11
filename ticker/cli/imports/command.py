"""``ticker import``."""

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
    from ticker.cli.imports.formats import Draft, Reading

INPUT_MAX = 256 * 2**20
"""Bytes read at most; a larger import is a job for several files."""
DOWNLOAD_TIMEOUT = 30.0
REASONS_SHOWN = 5


def import_items(
    source: Annotated[
        str, typer.Argument(metavar="FILE|URL|-", help="What to import; - is standard input.")
    ],
    edition: Annotated[
        str | None,
        typer.Option("--edition", "-e", metavar="NAME", help="For items that name none."),
    ] = None,
    section: options.Sections = [],  # noqa: B006  # typer copies it
    region: options.Regions = [],  # noqa: B006
    tag: options.Tags = [],  # noqa: B006
    level: Annotated[options.Level | None, typer.Option("--level", "-l")] = None,
    credit: Annotated[
        str | None,
        typer.Option("--source", metavar="TEXT", help="Who reports, for items that do not say."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Read and check; publish nothing.")
    ] = False,
    as_json: options.Json = False,
) -> None:
    """Import NDJSON, RSS, Atom, JSON Feed or ninjs, recognised by itself.

    Options are for items that do not say themselves. Each item has an idempotency key made from the
    source's own id, so importing the same thing again publishes nothing twice. Exit code 1 when an
    item was refused.
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
        reading = read(_fetch(source), defaults)
    except (Unreadable, OSError) as error:
        usage(out, f"{source}: {_words(error)}")
    if not reading.drafts and not as_json:
        out.note("There is nothing to import in it.")
    if dry_run:
        raise typer.Exit(_check(out, reading))
    run(out, _send(out, reading))


async def _send(out: Output, reading: Reading) -> int:
    published = repeated = refused = 0
    reasons: list[dict[str, Any]] = []
    began = time.perf_counter()
    async with editor() as desk:
        with _progress(out, len(reading.drafts)) as advance:
            async for batch in desk.import_drafts(reading.drafts):
                published += batch.published
                repeated += batch.repeated
                refused += batch.refused
                for draft in batch.refusals[: REASONS_SHOWN - len(reasons)]:
                    why = [f"{wrong.field}: {wrong.message}" for wrong in draft.errors]
                    reasons.append(_reason(reading.drafts, draft.number, why or [draft.detail]))
                advance(batch.count)
    seconds = time.perf_counter() - began
    _report(out, reading, published, repeated, refused, reasons, seconds)
    return options.REFUSED if refused else options.OK


def _check(out: Output, reading: Reading) -> int:
    """Validate the drafts here and say what would be refused; return the exit code."""
    from ticker.domain.errors import Invalid
    from ticker.domain.item import read_draft

    taxonomy = server_settings(out).taxonomy
    reasons: list[dict[str, Any]] = []
    refused = 0
    for number, draft in enumerate(reading.drafts, 1):
        try:
            read_draft({name: value for name, value in draft.items() if name != "key"}, taxonomy)
        except Invalid as error:
            refused += 1
            if len(reasons) < REASONS_SHOWN:
                why = [f"{wrong.field}: {wrong.message}" for wrong in error.errors]
                reasons.append(_reason(reading.drafts, number, why))
    _report(out, reading, 0, 0, refused, reasons, None)
    return options.REFUSED if refused else options.OK


def _reason(drafts: list[Draft], number: int, why: list[str]) -> dict[str, Any]:
    headline = str(drafts[number - 1].get("headline") or "")
    return {"item": number, "headline": headline, "why": why}


def _report(
    out: Output,
    reading: Reading,
    published: int,
    repeated: int,
    refused: int,
    reasons: list[dict[str, Any]],
    seconds: float | None,
) -> None:
    """Say what came of the import; ``seconds`` is None for a dry run."""
    if out.as_json:
        out.json(
            {
                "format": reading.format,
                "items": len(reading.drafts),
                "published": published,
                "repeated": repeated,
                "refused": refused,
                "withdrawn": len(reading.withdrawn),
                "dry_run": seconds is None,
                "seconds": None if seconds is None else round(seconds, 3),
                "reasons": reasons,
            }
        )
        return
    from ticker.cli.bidi import one_line
    from ticker.cli.hints import did_you_mean

    for reason in reasons:
        headline = one_line(reason["headline"][:60], out.bidi)
        out.note(f"✗ {reason['item']}: {headline}", style="red")
        for why in reason["why"]:
            guess = did_you_mean(why)
            out.note(f"    {why}" + (f"; {guess}" if guess else ""), style=None)
    if refused > len(reasons):
        out.note(f"  … and {refused - len(reasons):,} more refused")
    if reading.withdrawn:
        out.note(f"{len(reading.withdrawn):,} left out: their source took them back", "yellow")
    if seconds is None:
        fine = len(reading.drafts) - refused
        out.say(f"{fine:,} would be sent, {refused:,} would be refused. Nothing was published.")
        return
    many = len(reading.drafts) >= 1_000
    rate = f" ({len(reading.drafts) / seconds:,.0f}/s)" if many else ""
    out.say(
        f"{published:,} published, {repeated:,} known already, {refused:,} refused "
        f"in {seconds:.1f} s{rate}"
    )


def _fetch(source: str) -> bytes:
    """Return the input. Raises Unreadable or OSError with a reason."""
    from ticker.cli.imports.drafts import Unreadable

    if source.startswith(("http://", "https://")):
        return _download(source)
    if source == "-":
        data = sys.stdin.buffer.read(INPUT_MAX + 1)
    else:
        with Path(source).open("rb") as file:
            data = file.read(INPUT_MAX + 1)
    if len(data) > INPUT_MAX:
        raise Unreadable(f"over {INPUT_MAX // 2**20} MB; import it in parts")
    return data


def _download(url: str) -> bytes:
    import httpx

    from ticker import __version__
    from ticker.cli.imports.drafts import Unreadable

    agent = {"User-Agent": f"ticker/{__version__}"}
    data = bytearray()
    try:
        with httpx.stream(
            "GET", url, follow_redirects=True, timeout=DOWNLOAD_TIMEOUT, headers=agent
        ) as answer:
            if not answer.is_success:
                raise Unreadable(f"answered {answer.status_code} {answer.reason_phrase}")
            for chunk in answer.iter_bytes():
                data += chunk
                if len(data) > INPUT_MAX:
                    raise Unreadable(f"over {INPUT_MAX // 2**20} MB")
    except (httpx.TransportError, httpx.InvalidURL) as error:
        raise Unreadable(str(error) or type(error).__name__) from error
    return bytes(data)


@contextmanager
def _progress(out: Output, total: int) -> Iterator[Any]:
    """Show a bar on standard error while a person waits; give what advances it."""
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


def _words(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)

"""``ticker publish``."""

from __future__ import annotations

import sys
from datetime import datetime
from typing import Annotated, Any, Literal

import typer

from ticker.cli import options, times
from ticker.cli.output import Output
from ticker.cli.runner import editor, run, server_settings, usage

WARN_AT = 90
WARN_PUSH_AT = 120
"""Characters: longer lines do not fit a ticker, or a notification on a phone's lock screen."""


def publish(
    headline: Annotated[
        str,
        typer.Argument(
            metavar="HEADLINE",
            help="The line; - reads it from standard input.",
            show_default=False,
        ),
    ],
    edition: options.Edition,
    section: options.Sections = [],  # noqa: B006  # typer copies it
    region: options.Regions = [],  # noqa: B006
    tag: options.Tags = [],  # noqa: B006
    level: Annotated[
        options.Level, typer.Option("--level", "-l", help="Decides who is interrupted.")
    ] = "ticker",
    link: Annotated[
        str | None, typer.Option(metavar="URL", help="The whole story, http or https.")
    ] = None,
    source: Annotated[str | None, typer.Option(metavar="TEXT", help="Who reports it.")] = None,
    speaker: Annotated[str | None, typer.Option(metavar="TEXT", help="Who says it.")] = None,
    story: Annotated[
        str | None, typer.Option(metavar="WORD", help="Groups developments and translations.")
    ] = None,
    summary: Annotated[
        str | None, typer.Option(metavar="TEXT", help="A few sentences more.")
    ] = None,
    verification: Annotated[
        Literal["confirmed", "attributed", "developing"] | None, typer.Option()
    ] = None,
    expires: Annotated[
        str | None, typer.Option(metavar="TIME", help=f"After {times.DURATION_HELP}, or at a time.")
    ] = None,
    at: Annotated[
        str | None, typer.Option(metavar="TIME", help=f"Not before: {times.MOMENT_HELP}.")
    ] = None,
    push: Annotated[bool, typer.Option("--push", help="Notify phones and browsers too.")] = False,
    pin: Annotated[bool, typer.Option("--pin", help="Keep it above the others.")] = False,
    note: Annotated[
        str | None, typer.Option(metavar="TEXT", help="For the desk only; never public.")
    ] = None,
    test: Annotated[bool, typer.Option("--test", help="A test item: reaches no audience.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Though the same line is out.")] = False,
    key: options.Key = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check and count; publish nothing.")
    ] = False,
    bidi: options.BidiChoice = "auto",
    as_json: options.Json = False,
) -> None:
    """Publish a line, or schedule it."""
    out = Output(as_json, bidi)
    fields: dict[str, Any] = {
        "headline": sys.stdin.read().strip() if headline == "-" else headline,
        "edition": edition,
        "level": level,
        "sections": options.split(section),
        "regions": options.split(region),
        "tags": options.split(tag),
        "link": link,
        "source": source,
        "speaker": speaker,
        "story": story,
        "summary": summary,
        "verification": verification,
        "push": push,
        "pinned": pin,
        "note": note,
        "test": test,
        "force": force,
    }
    draft = {name: value for name, value in fields.items() if value not in (None, [], False)}
    now = datetime.now().astimezone()
    try:
        if expires is not None:
            draft |= times.expiry(expires, now)
        if at is not None:
            draft["at"] = times.moment(at, now).isoformat()
    except ValueError as error:
        usage(out, str(error))
    if dry_run:
        raise typer.Exit(_check(out, draft))
    run(out, _publish(out, draft, key))


async def _publish(out: Output, draft: dict[str, Any], key: str | None) -> None:
    async with editor() as desk:
        published = await desk.publish_draft(draft, key=key)
    if out.as_json:
        out.json(published.json)
        return
    from ticker.cli.show import told

    for warning in _warnings(published.item.headline, draft):
        out.note(warning, style="yellow")
    told(out, published, "published")


def _check(out: Output, draft: dict[str, Any]) -> int:
    """Print the draft as it would be sent, and what speaks against it; return the exit code."""
    from ticker.client.errors import Invalid
    from ticker.domain import errors as refused
    from ticker.domain.item import read_draft

    try:
        checked = read_draft(draft, server_settings(out).taxonomy)
    except refused.Invalid as error:
        problem = {"type": error.slug, "title": error.title, "detail": error.detail}
        out.problem(Invalid(error.status, problem | error.extra()))
        return options.REFUSED
    count = len(checked.headline)
    warnings = _warnings(checked.headline, draft)
    if out.as_json:
        draft["headline"] = checked.headline
        out.json({"draft": draft, "characters": count, "warnings": warnings, "published": False})
        return options.OK
    from ticker.cli.bidi import one_line

    for name, value in draft.items():
        shown = ", ".join(value) if isinstance(value, list) else str(value)
        if name == "headline":
            shown = checked.headline
        out.say(f"{name:<13} {one_line(shown, out.bidi)}")
    out.say(f"{'characters':<13} {count}")
    for warning in warnings:
        out.say(f"! {warning}", style="yellow")
    out.say("Nothing was published (--dry-run).", style="dim")
    return options.OK


def _warnings(headline: str, draft: dict[str, Any]) -> list[str]:
    """Return what an editor should know before sending."""
    count = len(headline)
    if count > WARN_PUSH_AT:
        where = "phones will cut it" if draft.get("push") else "too long for a notification"
        return [f"{count} characters: over {WARN_PUSH_AT}, {where}"]
    if count > WARN_AT:
        return [f"{count} characters: over {WARN_AT}, long for a ticker"]
    return []

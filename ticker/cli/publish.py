"""The ``ticker publish`` command."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from ticker.cli import (
    complete,
    confirm,
    headline_words,
    item_fields,
    options,
    picture_files,
    times,
)
from ticker.cli.option_values import DURATION
from ticker.cli.output import Output
from ticker.cli.runner import editor, run, server_settings, standard_input, usage
from ticker.cli.time_zone import local_now
from ticker.domain.item_limits import UNDO_WINDOW_MAX

_TIMES = ("at", "expires_at")
WARN_AT = 90
WARN_PUSH_AT = 120
"""Characters: a longer headline does not fit a ticker, or a phone's notification."""


def publish(
    headline: Annotated[
        list[str],
        typer.Argument(
            metavar="HEADLINE",
            help="The headline, best in quotes; - reads it from standard input.",
            show_default=False,
        ),
    ],
    edition: options.Edition,
    section: options.Sections = [],  # noqa: B006  # typer copies it
    region: options.Regions = [],  # noqa: B006
    tag: options.Tags = [],  # noqa: B006
    level: Annotated[
        options.Level,
        typer.Option("--level", "-l", help="Importance. Readers choose their alerts by it."),
    ] = "ticker",
    link: Annotated[
        str | None, typer.Option(metavar="URL", help="Full story: an http or https address.")
    ] = None,
    source: Annotated[
        str | None, typer.Option(metavar="TEXT", help="Source, such as a news agency.")
    ] = None,
    speaker: Annotated[
        str | None, typer.Option(metavar="TEXT", help="Person or organisation that is quoted.")
    ] = None,
    story: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Groups updates and translations.",
            autocompletion=complete.stories,
        ),
    ] = None,
    summary: Annotated[
        str | None, typer.Option(metavar="TEXT", help="A few more sentences.")
    ] = None,
    language: options.TextLanguage = None,
    dir: options.TextDirection = None,
    verification: Annotated[
        options.Verification | None,
        typer.Option(help="How far the report is verified. Default: confirmed."),
    ] = None,
    expires: Annotated[
        str | None,
        typer.Option(metavar="TIME", help=f"Expires after ({times.DURATION_HELP}) or at a time."),
    ] = None,
    at: Annotated[
        str | None, typer.Option(metavar="TIME", help=f"Schedule for: {times.MOMENT_HELP}.")
    ] = None,
    zone: options.Zone = None,
    push: Annotated[
        bool, typer.Option("--push", help="Send push notifications to phones and browsers.")
    ] = False,
    push_title: options.PushTitle = None,
    push_body: options.PushBody = None,
    push_ttl: options.PushTtl = None,
    image: options.Images = [],  # noqa: B006
    media: options.PictureFiles = [],  # noqa: B006
    alt: options.Alts = [],  # noqa: B006
    credit: options.Credits = [],  # noqa: B006
    pin: Annotated[bool, typer.Option("--pin", help="Pin it above the others.")] = False,
    note: Annotated[
        str | None, typer.Option(metavar="TEXT", help="Internal note for editors, never public.")
    ] = None,
    cancellation: Annotated[
        str | None,
        typer.Option(
            metavar="TEXT",
            help="Headline of the item that takes this one back if it is wrong; not public until "
            "`ticker retract --cancel` publishes it.",
        ),
    ] = None,
    test: Annotated[
        bool, typer.Option("--test", help="A drill: a test item that readers do not get.")
    ] = False,
    draft: Annotated[
        bool, typer.Option("--draft", help="Keep it for editors until one approves it.")
    ] = False,
    break_glass: Annotated[
        str | None,
        typer.Option(
            metavar="REASON",
            help="Publish without the second person that its level needs; say why. For chiefs.",
        ),
    ] = None,
    undo_window: Annotated[
        float | None,
        typer.Option(
            min=0,
            max=UNDO_WINDOW_MAX,
            metavar=DURATION,
            help="Wait so long, such as 8s, before it goes out; ticker undo takes it back. "
            "0: at once.",
        ),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Publish a duplicate, or at a time that seems wrong.")
    ] = False,
    yes: confirm.Yes = False,
    key: options.Key = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Validate the item without publishing it.")
    ] = False,
    preview: Annotated[
        bool,
        typer.Option(
            "--preview",
            help="Show it in every channel, and whom it interrupts, without publishing it.",
        ),
    ] = False,
    bidi: options.BidiChoice = "auto",
    as_json: options.Json = False,
) -> None:
    """Publish an item now, or schedule it with --at.

    On a terminal it shows an alert, a flash or a bulletin and asks before it sends it. --yes skips
    the question. A script is never asked. With --test it is a drill: it asks in the same way, and
    every line says DRILL. In a newsroom where the item's level needs a second person, it is a draft
    until that person approves it.
    """
    out = Output(as_json, bidi)
    words = headline_words.joined(headline, out)
    fields: dict[str, Any] = {
        "headline": standard_input(out) if words == "-" else words,
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
        "language": language,
        "dir": dir,
        "verification": verification,
        "pinned": pin,
        "note": note,
        "cancellation": cancellation,
        "test": test,
        "draft": draft,
        "break_glass": break_glass,
        "force": force,
    }
    item = {name: value for name, value in fields.items() if value not in (None, [], False)}
    if undo_window is not None:  # also 0, where the newsroom's settings have another
        item["undo_window"] = undo_window
    try:
        if alerted := item_fields.alert(push, push_title, push_body, push_ttl):
            item["push"] = alerted
        if pictures := item_fields.pictures(image, alt, credit, media):
            picture_files.check(pictures)
            item["media"] = pictures
        if zone or at or expires:
            out.now = local_now(zone)
        if expires is not None:
            item |= times.expiry(expires, out.now)
        if at is not None:
            item["at"] = times.moment(at, out.now).isoformat()
    except ValueError as error:
        usage(out, str(error))
    if dry_run:
        raise typer.Exit(_check(out, item))
    if preview:
        from ticker.cli.preview import show

        run(out, show(out, item))
        return
    run(out, send(out, item, yes, key))


async def send(out: Output, draft: dict[str, Any], yes: bool, key: str | None) -> int:
    """Publish ``draft`` and print the result; ask before it interrupts people, unless ``yes``.

    Return the exit code. Raises the errors of ``Editor.publish_draft``, typer.Exit.
    """
    from ticker.cli.result import report

    if confirm.asks(draft) and not draft.get("draft") and confirm.can_ask(yes):
        # What was accepted with this key before may be refused now, and still gets its answer.
        await confirm.confirm(out, draft, checked=key is None)
    draft = await picture_files.uploaded(out, draft)
    async with editor() as client:
        published = await client.publish_draft(draft, key=key)
        if not out.as_json:
            for warning in _warnings(published.item.headline, draft):
                out.note(warning, style="yellow")
        return await report(out, client, published, "published")


def _check(out: Output, draft: dict[str, Any]) -> int:
    """Print the validated draft with its warnings, or its errors; return the exit code."""
    from ticker.client.errors import refusal
    from ticker.domain import errors as domain_errors
    from ticker.domain.clock import to_ms
    from ticker.domain.draft import read_draft
    from ticker.domain.plausible_time import check_draft

    try:
        pictures = [one for one in draft.get("media") or () if "file" not in one]
        checked = read_draft(draft | {"media": pictures}, server_settings(out).taxonomy)
        check_draft(checked, to_ms(out.now))
    except (domain_errors.Invalid, domain_errors.ImplausibleTime) as error:
        problem = {"type": error.slug, "title": error.title, "detail": error.detail}
        out.problem(refusal(error.status, problem | error.extra()))
        return options.REFUSED
    count = len(checked.headline)
    warnings = _warnings(checked.headline, draft)
    local = {name: times.announced(draft[name], out.now) for name in _TIMES if name in draft}
    if out.as_json:
        draft["headline"] = checked.headline
        document = {"draft": draft, "characters": count, "warnings": warnings, "published": False}
        out.json(document | {"local_times": local})
        return options.OK
    from ticker.cli.item_text import in_words

    for name, value in draft.items():
        shown = local.get(name) or in_words(value)
        if name == "headline":
            shown = checked.headline
        out.labelled(f"{name:<13} ", shown)
    out.say(f"{'characters':<13} {count}")
    for warning in warnings:
        out.say(f"! {warning}", style="yellow")
    out.say("Nothing was published (--dry-run).", style="dim")
    return options.OK


def _warnings(headline: str, draft: dict[str, Any]) -> list[str]:
    """Return warnings about a headline that is long for its use."""
    count = len(headline)
    if count > WARN_PUSH_AT:
        problem = "phones will truncate it" if draft.get("push") else "too long for a notification"
        return [f"The headline has {count} characters, over {WARN_PUSH_AT}: {problem}."]
    if count > WARN_AT:
        return [f"The headline has {count} characters, over {WARN_AT}: long for a ticker."]
    return []

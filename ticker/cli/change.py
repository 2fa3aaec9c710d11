"""The commands that change an item: ``ticker correct``, ``pin`` and ``unpin``."""

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
from ticker.cli.item_ids import full_id
from ticker.cli.output import Output
from ticker.cli.runner import editor, run, usage
from ticker.cli.time_zone import local_now


def correct(
    item_id: options.ItemId,
    headline: Annotated[
        list[str], typer.Argument(metavar="[HEADLINE]", help="The new headline, best in quotes.")
    ] = [],  # noqa: B006  # typer copies it
    correction: Annotated[
        str | None,
        typer.Option(
            metavar="TEXT", help="Public: what was wrong. Readers see it. Required unless --minor."
        ),
    ] = None,
    minor: Annotated[
        bool, typer.Option("--minor", help="Update the item without a public correction.")
    ] = False,
    note: Annotated[
        str | None, typer.Option(metavar="TEXT", help="Internal note for editors, never public.")
    ] = None,
    section: options.Sections = [],  # noqa: B006
    region: options.Regions = [],  # noqa: B006
    tag: options.Tags = [],  # noqa: B006
    level: Annotated[
        options.Level | None, typer.Option("--level", "-l", help="New importance.")
    ] = None,
    link: Annotated[
        str | None, typer.Option(metavar="URL", help='Full story; "" removes it.')
    ] = None,
    source: Annotated[
        str | None, typer.Option(metavar="TEXT", help='Source; "" removes it.')
    ] = None,
    speaker: Annotated[
        str | None, typer.Option(metavar="TEXT", help='Quoted person; "" removes it.')
    ] = None,
    summary: Annotated[
        str | None, typer.Option(metavar="TEXT", help='Summary; "" removes it.')
    ] = None,
    story: Annotated[
        str | None,
        typer.Option(metavar="NAME", help='Story; "" removes it.', autocompletion=complete.stories),
    ] = None,
    image: options.Images = [],  # noqa: B006
    media: options.PictureFiles = [],  # noqa: B006
    alt: options.Alts = [],  # noqa: B006
    credit: options.Credits = [],  # noqa: B006
    push: Annotated[
        bool,
        typer.Option("--push", help="Send alerts, if the item was published without."),
    ] = False,
    push_title: options.PushTitle = None,
    push_body: options.PushBody = None,
    push_ttl: options.PushTtl = None,
    language: options.TextLanguage = None,
    dir: options.TextDirection = None,
    verification: Annotated[
        options.Verification | None, typer.Option(help="How far the report is verified.")
    ] = None,
    expires: Annotated[
        str | None,
        typer.Option(metavar="TIME", help=f"Expires after ({times.DURATION_HELP}) or at a time."),
    ] = None,
    at: Annotated[
        str | None,
        typer.Option(metavar="TIME", help=f"New time of a scheduled item: {times.MOMENT_HELP}."),
    ] = None,
    zone: options.Zone = None,
    break_glass: Annotated[
        str | None,
        typer.Option(
            metavar="REASON",
            help="Change a live alert without the second person that its level needs; say why. "
            "For chiefs.",
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Accept a time that seems wrong.")] = False,
    if_version: options.IfVersion = None,
    yes: confirm.Yes = False,
    key: options.Key = None,
    bidi: options.BidiChoice = "auto",
    as_json: options.Json = False,
) -> None:
    """Correct an item on every screen, or update it with --minor.

    Only the given fields change. Readers see the text of --correction next to the item. On a
    terminal it shows a new alert, or a level raised to flash or bulletin, and asks before it sends
    it. --yes skips the question. A script is never asked. In a newsroom where the level of a live
    alert needs a second person, the change waits until that person approves it.
    """
    out = Output(as_json, bidi)
    if correction is None and not minor:
        usage(out, "--correction TEXT (public) is required; for an update without one, use --minor")
    if correction is not None and minor:
        usage(out, "--correction and --minor cannot be used together")
    changes: dict[str, Any] = {
        "headline": headline_words.joined(headline, out) if headline else None,
        "correction": correction,
        "note": note,
        "sections": options.split(section) or None,
        "regions": options.split(region) or None,
        "tags": options.split(tag) or None,
        "level": level,
        "language": language,
        "dir": dir,
        "verification": verification,
        "break_glass": break_glass,
    }
    changes = {name: value for name, value in changes.items() if value is not None}
    removable = {"link": link, "source": source, "speaker": speaker, "summary": summary}
    removable["story"] = story
    changes |= {name: value or None for name, value in removable.items() if value is not None}
    if force:
        changes["force"] = True
    try:
        if alerted := item_fields.alert(push, push_title, push_body, push_ttl):
            changes["push"] = alerted
        if (pictures := item_fields.pictures(image, alt, credit, media)) is not None:
            picture_files.check(pictures)
            changes["media"] = pictures
        if zone or at or expires:
            changes |= _times(at, expires, out, zone)
    except ValueError as error:
        usage(out, str(error))
    run(out, _change(out, item_id, changes, if_version, yes, key))


def _times(at: str | None, expires: str | None, out: Output, zone: str | None) -> dict[str, Any]:
    """Return the fields ``at`` and ``expires_at``. Raises ValueError with a message."""
    now = out.now = local_now(zone)
    found: dict[str, Any] = {}
    if at is not None:
        found["at"] = times.moment(at, now).isoformat()
    if expires is not None:
        until = times.expiry(expires, now)
        if "expires_in" in until:
            until = {"expires_at": times.moment(f"+{expires}", now).isoformat()}
        found |= until
    return found


async def _change(
    out: Output,
    item_id: str,
    changes: dict[str, Any],
    if_version: int | None,
    yes: bool,
    key: str | None,
) -> int:
    from ticker.cli.result import report

    async with editor() as client:
        id = await full_id(client, item_id)
        if changes.keys() & {"level", "push"} and confirm.can_ask(yes):
            item = (await client.get(id)).item.json
            if confirm.change_interrupts(item, changes):
                # The text that was written for an older version's alert is not used again.
                push = changes.get("push") or bool(item.get("push"))
                if key is None:  # else what was accepted before still gets its answer
                    checked = picture_files.without_files(changes)
                    await client.change(id, checked, check=True, if_match=if_version)
                await confirm.confirm(out, {**item, **changes, "push": push}, "changed")
        changes = await picture_files.uploaded(out, changes)
        result = await client.change(id, changes, if_match=if_version, key=key)
        done = "corrected" if "correction" in changes else "updated"
        return await report(out, client, result, done)


def pin(
    item_id: options.ItemId,
    key: options.Key = None,
    bidi: options.BidiChoice = "auto",
    as_json: options.Json = False,
) -> None:
    """Pin an item above the others."""
    _pin(Output(as_json, bidi), item_id, True, key)


def unpin(
    item_id: options.ItemId,
    key: options.Key = None,
    bidi: options.BidiChoice = "auto",
    as_json: options.Json = False,
) -> None:
    """Unpin an item: it returns to its place in the list."""
    _pin(Output(as_json, bidi), item_id, False, key)


def _pin(out: Output, item_id: str, pinned: bool, key: str | None) -> None:
    async def work() -> int:
        from ticker.cli.result import report

        async with editor() as client:
            change = client.pin if pinned else client.unpin
            result = await change(await full_id(client, item_id), key=key)
            return await report(out, client, result, "pinned" if pinned else "unpinned")

    run(out, work())

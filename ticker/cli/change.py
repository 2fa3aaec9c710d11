"""``ticker correct``, ``retract``, ``pin``, ``unpin``: what editors do to an item that is there."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

import typer

from ticker.cli import options, times
from ticker.cli.output import Output
from ticker.cli.runner import editor, run, usage

IfMatch = Annotated[
    int | None,
    typer.Option("--if-version", metavar="N", help="Only if the item is at this version."),
]


def correct(
    item_id: options.ItemId,
    headline: Annotated[
        str | None, typer.Argument(metavar="[HEADLINE]", help="What the line says now.")
    ] = None,
    note: Annotated[
        str | None,
        typer.Option(
            metavar="TEXT", help="PUBLIC: what was wrong, for the readers. Required unless --minor."
        ),
    ] = None,
    minor: Annotated[
        bool, typer.Option("--minor", help="A plain update that readers are not told about.")
    ] = False,
    desk_note: Annotated[
        str | None, typer.Option(metavar="TEXT", help="For the desk only; never public.")
    ] = None,
    section: options.Sections = [],  # noqa: B006  # typer copies it
    region: options.Regions = [],  # noqa: B006
    tag: options.Tags = [],  # noqa: B006
    level: Annotated[options.Level | None, typer.Option("--level", "-l")] = None,
    link: Annotated[
        str | None, typer.Option(metavar="URL", help="http or https; empty removes it.")
    ] = None,
    source: Annotated[
        str | None, typer.Option(metavar="TEXT", help="Who reports it; empty removes it.")
    ] = None,
    speaker: Annotated[
        str | None, typer.Option(metavar="TEXT", help="Who says it; empty removes it.")
    ] = None,
    summary: Annotated[str | None, typer.Option(metavar="TEXT", help="Empty removes it.")] = None,
    verification: Annotated[
        Literal["confirmed", "attributed", "developing"] | None, typer.Option()
    ] = None,
    expires: Annotated[
        str | None, typer.Option(metavar="TIME", help="When it is no news any more.")
    ] = None,
    if_version: IfMatch = None,
    key: options.Key = None,
    bidi: options.BidiChoice = "auto",
    as_json: options.Json = False,
) -> None:
    """Correct an item on every screen; the note says publicly what was wrong."""
    out = Output(as_json, bidi)
    if note is None and not minor:
        usage(out, "say with --note what was wrong (readers see it), or --minor for an update")
    if note is not None and minor:
        usage(out, "give --note or --minor, not both")
    changes: dict[str, Any] = {
        "headline": headline,
        "correction": note,
        "note": desk_note,
        "sections": options.split(section) or None,
        "regions": options.split(region) or None,
        "tags": options.split(tag) or None,
        "level": level,
        "verification": verification,
    }
    changes = {name: value for name, value in changes.items() if value is not None}
    removable = {"link": link, "source": source, "speaker": speaker, "summary": summary}
    changes |= {name: value or None for name, value in removable.items() if value is not None}
    if expires is not None:
        now = datetime.now().astimezone()
        try:
            until = times.expiry(expires, now)
            if "expires_in" in until:
                until = {"expires_at": times.moment(f"+{expires}", now).isoformat()}
        except ValueError as error:
            usage(out, str(error))
        changes |= until
    run(out, _change(out, item_id, changes, if_version, key))


async def _change(
    out: Output, item_id: str, changes: dict[str, Any], if_version: int | None, key: str | None
) -> None:
    from ticker.cli.show import told

    async with editor() as desk:
        result = await desk.change(item_id, changes, if_match=if_version, key=key)
    told(out, result, "corrected" if "correction" in changes else "updated")


def retract(
    item_id: options.ItemId,
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why; for the desk only.")],
    key: options.Key = None,
    as_json: options.Json = False,
) -> None:
    """Take an item back: gone from every screen, replay and list."""
    out = Output(as_json)

    async def work() -> None:
        from ticker.cli.show import told

        async with editor() as desk:
            told(out, await desk.retract(item_id, reason, key=key), "retracted", text=False)

    run(out, work())


def pin(
    item_id: options.ItemId,
    key: options.Key = None,
    bidi: options.BidiChoice = "auto",
    as_json: options.Json = False,
) -> None:
    """Keep an item above the others."""
    _pin(Output(as_json, bidi), item_id, True, key)


def unpin(
    item_id: options.ItemId,
    key: options.Key = None,
    bidi: options.BidiChoice = "auto",
    as_json: options.Json = False,
) -> None:
    """Let a pinned item go back to its place."""
    _pin(Output(as_json, bidi), item_id, False, key)


def _pin(out: Output, item_id: str, pinned: bool, key: str | None) -> None:
    async def work() -> None:
        from ticker.cli.show import told

        async with editor() as desk:
            act = desk.pin if pinned else desk.unpin
            told(out, await act(item_id, key=key), "pinned" if pinned else "unpinned")

    run(out, work())

"""The ``ticker list`` and ``ticker show`` commands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from ticker.cli import options, times
from ticker.cli.bidi import lines, one_line
from ticker.cli.item_text import LEVEL_STYLE, TEXT_STYLE, full_text, wrapped
from ticker.cli.output import Output
from ticker.cli.runner import editor, run

if TYPE_CHECKING:
    from ticker.client import Item
    from ticker.client.results import Detail

LIST_MAX = 200
TIMES = ("published_at", "updated_at", "expires_at", "embargo_until")
WIDE = 110
"""Terminal width from which the id has its own column; below, it is printed under the headline."""


def list_items(
    edition: options.Editions = [],  # noqa: B006  # typer copies it
    section: options.Sections = [],  # noqa: B006
    region: options.Regions = [],  # noqa: B006
    tag: options.Tags = [],  # noqa: B006
    story: options.Stories = [],  # noqa: B006
    level: options.MinimumLevel = None,
    limit: Annotated[
        int,
        typer.Option("--limit", "-n", metavar="N", min=1, max=LIST_MAX, help="Most items to list."),
    ] = 20,
    everything: Annotated[
        bool, typer.Option("--all", help="Include scheduled items. Needs a key.")
    ] = False,
    bidi: options.BidiChoice = "auto",
    as_json: options.Json = False,
) -> None:
    """List the live items: pinned ones first, then the newest first."""
    out = Output(as_json, bidi)

    async def work() -> None:
        async with editor() as client:
            listing = await client.list(
                edition=options.split(edition),
                section=options.split(section),
                region=options.split(region),
                tag=options.split(tag),
                story=options.split(story),
                level=level,
                limit=limit,
                all=everything,
            )
        if as_json:
            out.json(listing.json)
        elif not listing.items:
            out.note("No items found.")
        elif out.tty:
            out.console.print(table(out, listing.items))
        else:
            for item in listing.items:
                pinned = "pinned" if item.pinned else ""
                columns = (item.id, item.published_at, item.level, item.edition, pinned)
                out.row(*columns, full_text(item))

    run(out, work())


def show(
    item_id: options.ItemId,
    bidi: options.BidiChoice = "auto",
    as_json: options.Json = False,
) -> None:
    """Show an item; with a key, also its history."""
    out = Output(as_json, bidi)

    async def work() -> None:
        async with editor() as client:
            detail = await client.get(item_id)
        if as_json:
            out.json(detail.json)
        else:
            _detail(out, detail)

    run(out, work())


def table(out: Output, items: tuple[Item, ...]) -> Any:
    from rich.table import Table
    from rich.text import Text

    now = out.now
    whens = [times.shown(item.published_at, now) for item in items]
    levels = ["" if item.level == "ticker" else item.level for item in items]
    widths = [
        1,
        max(map(len, whens)),
        max(map(len, levels)),
        max(len(item.edition) for item in items),
    ]
    wide = out.console.width >= WIDE
    spare = out.console.width - sum(widths) - 2 * len(widths) - (28 if wide else 0)
    room = max(20, spare)
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0), pad_edge=False)
    for width in (*widths, room, *([26] if wide else [])):
        table.add_column(no_wrap=True, width=width)
    for item, when, level in zip(items, whens, levels, strict=True):
        style = TEXT_STYLE.get(item.level, "")
        text = Text("\n".join(wrapped(item, room, out.bidi)), style=style)
        state = str(item.json.get("state") or "live")
        if state != "live":
            due = times.full(str(item.json.get("embargo_until") or ""), now)
            when = f" for {due}" if due and state == "scheduled" else ""
            text.append(f"\n{state}{when}", style="magenta")
        if not wide:
            text.append(f"\n{item.id}", style="dim")
        pin = Text("▲" if item.pinned else "", style="bold cyan")
        cells: list[Text | str] = [
            pin,
            Text(when, style="dim"),
            Text(level, style=LEVEL_STYLE.get(item.level, "")),
            item.edition,
            text,
        ]
        table.add_row(*cells, *([Text(item.id, style="dim")] if wide else []))
    return table


def _detail(out: Output, detail: Detail) -> None:
    item = detail.item
    for line in wrapped(item, out.console.width if out.tty else 0, out.bidi):
        out.say(line, style="bold")
    above = {"headline", "speaker", "source", "history", "dir"}
    room = max(20, out.console.width - 16) if out.tty else 0
    now = out.now
    for name, value in item.json.items():
        if name in above or value in (None, "", [], False):
            continue
        if name == "correction":
            value = value.get("text")
        if name in TIMES:
            value = f"{times.full(str(value), now) or value} ({value})"
        first, *rest = lines(_text(value), room, out.bidi)
        out.say(f"  {name:<13} {first}")
        for line in rest:
            out.say(" " * 16 + line)
    if not detail.history:
        return
    from rich.table import Table

    table = Table(box=None, padding=(0, 2, 0, 0), title="History", title_justify="left")
    for name in ("time", "action", "version", "editor", "note"):
        table.add_column(name, header_style="dim")
    for entry in detail.history:
        when = times.shown(str(entry.get("at") or ""), now)
        note = one_line(str(entry.get("note") or ""), out.bidi)
        action, version = str(entry.get("action")), str(entry.get("version"))
        table.add_row(when, action, version, str(entry.get("by") or ""), note)
    out.say()
    out.console.print(table)


def _text(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name}: {_text(one)}" for name, one in value.items())
    if isinstance(value, list):
        return ", ".join(map(_text, value))
    return "yes" if value is True else str(value)

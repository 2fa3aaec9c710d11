"""``ticker list`` and ``ticker show``, and how an act's result is told."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ticker.cli import options, times
from ticker.cli.bidi import lines, one_line
from ticker.cli.item_text import LEVEL_STYLE, LINE_STYLE, sentence, wrapped
from ticker.cli.output import Output
from ticker.cli.runner import editor, run

if TYPE_CHECKING:
    from ticker.client import Item
    from ticker.client.results import Detail, Published

LIST_MAX = 200
DURABILITY = {"local": "not synced", "fsync": "on disk", "replicated": "on a second server"}
"""What an answer's ``durability`` promises about the line: where it is kept already."""
WIDE = 110
"""Columns from which the id has a column of its own; narrower, it stands below the headline."""


def list_items(
    edition: options.Editions = [],  # noqa: B006  # typer copies it
    section: options.Sections = [],  # noqa: B006
    region: options.Regions = [],  # noqa: B006
    tag: options.Tags = [],  # noqa: B006
    story: options.Stories = [],  # noqa: B006
    level: options.MinimumLevel = None,
    limit: Annotated[int, typer.Option("--limit", "-n", metavar="N", min=1, max=LIST_MAX)] = 20,
    everything: Annotated[
        bool, typer.Option("--all", help="The desk's list, scheduled items included.")
    ] = False,
    bidi: options.BidiChoice = "auto",
    as_json: options.Json = False,
) -> None:
    """List what is out: pinned first, then newest first."""
    out = Output(as_json, bidi)

    async def work() -> None:
        async with editor() as desk:
            listing = await desk.list(
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
            out.note("Nothing is out.")
        elif out.tty:
            out.console.print(_table(out, listing.items))
        else:
            for item in listing.items:
                pinned = "pinned" if item.pinned else ""
                columns = (item.id, item.published_at, item.level, item.edition, pinned)
                out.row(*columns, sentence(item))

    run(out, work())


def show(
    item_id: options.ItemId,
    bidi: options.BidiChoice = "auto",
    as_json: options.Json = False,
) -> None:
    """Show an item, and with a key everything that was done to it."""
    out = Output(as_json, bidi)

    async def work() -> None:
        async with editor() as desk:
            detail = await desk.get(item_id)
        if as_json:
            out.json(detail.json)
        else:
            _detail(out, detail)

    run(out, work())


def told(out: Output, result: Published, done: str, *, text: bool = True) -> None:
    """Say what an act has done, in one or two lines; with ``--json`` the server's answer."""
    if out.as_json:
        out.json(result.json)
        return
    from rich.text import Text

    item = result.item
    if result.repeated:
        done = f"{done} before, with the same key; nothing new"
    elif result.state == "scheduled":
        when = times.shown(str(item.json.get("embargo_until") or ""), datetime.now().astimezone())
        done = f"scheduled for {when}" if when else "scheduled"
    elif result.state == "test":
        done = "kept as a test; nobody gets it"
    safe = DURABILITY.get(result.durability, result.durability)
    details = f"version {item.version}, {safe}"
    out.console.print(
        Text.assemble(("✓ ", "bold green"), f"{item.id}  {done}  ", (details, "dim")),
        soft_wrap=True,
    )
    if text:
        for line in wrapped(item, max(20, out.console.width - 2) if out.tty else 0, out.bidi):
            out.say(f"  {line}", LINE_STYLE.get(item.level))
        correction = item.correction
        if correction is not None:
            shown = one_line(str(correction.get("text", "")), out.bidi, item.dir)
            out.say(f"  Readers are told: {shown}", "dim")


def _table(out: Output, items: tuple[Item, ...]) -> Any:
    from rich.table import Table
    from rich.text import Text

    now = datetime.now().astimezone()
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
        style = LINE_STYLE.get(item.level, "")
        line = Text("\n".join(wrapped(item, room, out.bidi)), style=style)
        state = str(item.json.get("state") or "live")
        if state != "live":
            due = times.shown(str(item.json.get("embargo_until") or ""), now)
            line.append(f"\n{state}" + (f" for {due}" if due else ""), style="magenta")
        if not wide:
            line.append(f"\n{item.id}", style="dim")
        pin = Text("▲" if item.pinned else "", style="bold cyan")
        cells: list[Text | str] = [
            pin,
            Text(when, style="dim"),
            Text(level, style=LEVEL_STYLE.get(item.level, "")),
            item.edition,
            line,
        ]
        table.add_row(*cells, *([Text(item.id, style="dim")] if wide else []))
    return table


def _detail(out: Output, detail: Detail) -> None:
    item = detail.item
    for line in wrapped(item, out.console.width if out.tty else 0, out.bidi):
        out.say(line, style="bold")
    known = {"headline", "speaker", "source", "history", "dir"}
    room = max(20, out.console.width - 16) if out.tty else 0
    for name, value in item.json.items():
        if name in known or value in (None, "", [], False):
            continue
        if name == "correction":
            value = value.get("text")
        first, *rest = lines(_words(value), room, out.bidi)
        out.say(f"  {name:<13} {first}")
        for line in rest:
            out.say(" " * 16 + line)
    if not detail.history:
        return
    from rich.table import Table

    now = datetime.now().astimezone()
    table = Table(box=None, padding=(0, 2, 0, 0), title="History", title_justify="left")
    for name in ("when", "what", "version", "who", "note"):
        table.add_column(name, header_style="dim")
    for entry in detail.history:
        when = times.shown(str(entry.get("at") or ""), now)
        note = one_line(str(entry.get("note") or ""), out.bidi)
        what, version = str(entry.get("action")), str(entry.get("version"))
        table.add_row(when, what, version, str(entry.get("by") or ""), note)
    out.say()
    out.console.print(table)


def _words(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name}: {_words(one)}" for name, one in value.items())
    if isinstance(value, list):
        return ", ".join(map(_words, value))
    return "yes" if value is True else str(value)

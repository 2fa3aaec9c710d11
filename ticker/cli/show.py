"""The ``ticker list`` and ``ticker show`` commands."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ticker.cli import archive_pages, complete, options, times
from ticker.cli.bidi import lines, one_line
from ticker.cli.drill import DRILL, DRILL_STYLE, DRILL_TEXT
from ticker.cli.item_ids import full_id, short_forms
from ticker.cli.item_text import LEVEL_STYLE, TEXT_STYLE, full_text, in_words, wrapped
from ticker.cli.listing import STATES, chosen, shown_state, state_of, time_of, was_out
from ticker.cli.output import Output
from ticker.cli.runner import editor, run, usage
from ticker.cli.time_zone import local_now
from ticker.domain.did_you_mean import guess

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ticker.client import Item
    from ticker.client.results import Detail

LIST_MAX = 200
_PLACE = re.compile(r"p?[0-9]{1,15}\.[0-9a-z]{26}|[0-9a-z]{26}")
"""A ``next`` of the server, or an id."""
TIMES = ("published_at", "updated_at", "expires_at", "embargo_until", "undo_until")


ROOM_MIN = 20
"""Columns of a headline beside the other columns of a list; with fewer it has lines of its own."""


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
        bool,
        typer.Option("--all", help="Items in every state, the newest first. Needs a key."),
    ] = False,
    state: Annotated[
        list[str],
        typer.Option(
            "--state",
            metavar="STATE",
            help="Only items that are live, draft, scheduled, expired, retracted or test. For "
            "several, repeat it or use commas. All but live need a key.",
            autocompletion=complete.states,
        ),
    ] = [],  # noqa: B006
    search: Annotated[
        str | None,
        typer.Option(
            metavar="TEXT",
            help="Only items with these words, in every state, the whole archive included.",
        ),
    ] = None,
    before: Annotated[
        str | None,
        typer.Option(
            metavar="PLACE",
            help="Older items: where the list before ended, an item's id, or a time: 2h (ago), "
            "18:30 (the last one), 2026-11-23T18:30.",
        ),
    ] = None,
    zone: options.Zone = None,
    bidi: options.BidiChoice = "auto",
    as_json: options.Json = False,
) -> None:
    """List the live items, pinned ones first, or the items in other states, the newest first.

    A terminal says how to go on to older items; with --json it is "next".
    """
    out = Output(as_json, bidi)
    states = options.split(state)
    if unknown := [one for one in states if one not in STATES]:
        known = f"known: {', '.join(STATES)}"
        usage(out, f"--state: unknown state {unknown[0]}{guess(unknown, STATES)}; {known}")

    if before is not None and search is not None:
        usage(out, "--before cannot be used together with --search")
    place = _place(out, before, zone)
    facets = {"edition": edition, "section": section, "region": region, "tag": tag, "story": story}
    filters: dict[str, Any] = {name: options.split(values) for name, values in facets.items()}
    filters["level"] = level

    async def work() -> None:
        document: dict[str, Any] = {}
        following, notes = None, list[str]()
        async with editor() as client:
            if search is not None:
                items, notes = await archive_pages.searched(client, search, states, filters, limit)
            elif place is None and set(states) - {"live"}:
                items, notes = await archive_pages.in_states(client, states, filters, limit)
            else:
                every = everything or bool(set(states) - archive_pages.ARCHIVED)
                listing = await client.list(limit=limit, all=every, before=place, **filters)
                items = chosen(listing.items, states, None)
                document, following = dict(listing.json), listing.next
                if following and out.tty and not as_json:
                    following = await archive_pages.further(client, every, following, filters)
        if as_json:
            out.json({**document, "items": [item.json for item in items], "next": following})
        elif not items:
            out.note("No items found.")
        elif out.tty:
            out.console.print(table(out, items))
        else:
            for item in items:
                pinned = "pinned" if item.pinned else ""
                columns = (item.id, time_of(item), item.level, item.edition, pinned)
                out.row(*columns, full_text(item), state_of(item))
        if following and out.tty and not as_json:
            out.note(f"Older items: --before {following}")
        for note in notes:
            out.note(note)

    run(out, work())


def _place(out: Output, before: str | None, zone: str | None) -> str | None:
    """Return the place that ``--before`` means: a local time is one in ``zone``."""
    if zone is not None or before is not None:
        try:
            out.now = local_now(zone)
        except ValueError as error:
            usage(out, str(error))
    if before is None or _PLACE.fullmatch(before.strip().lower()):
        return None if before is None else before.strip().lower()
    try:
        return times.past(before, out.now).isoformat()
    except ValueError as error:
        usage(out, f"--before: {error}")


def show(
    item_id: options.ItemId,
    bidi: options.BidiChoice = "auto",
    as_json: options.Json = False,
) -> None:
    """Show an item; with a key, also its history."""
    out = Output(as_json, bidi)

    async def work() -> None:
        async with editor() as client:
            detail = await archive_pages.detail(client, await full_id(client, item_id))
        if as_json:
            out.json(detail.json)
        else:
            _detail(out, detail)

    run(out, work())


def table(out: Output, items: Sequence[Item]) -> Any:
    """Return the items as a table, or in a narrow terminal one below the other."""
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    now = out.now
    whens = [times.shown(time_of(item), now) for item in items]
    levels = ["" if item.level == "ticker" else item.level for item in items]
    widths = [
        1,
        max(map(len, whens)),
        max(map(len, levels)),
        max(len(item.edition) for item in items),
    ]
    ids = short_forms([item.id for item in items])
    id_width = max(map(len, ids))
    spare = out.console.width - sum(widths) - 2 * len(widths) - 2 - id_width
    stacked = spare < ROOM_MIN
    room = out.console.width - 2 if stacked else spare
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0), pad_edge=False)
    for width in () if stacked else (*widths, room, id_width):
        table.add_column(no_wrap=True, width=width)
    for item, when, level, id in zip(items, whens, levels, ids, strict=True):
        style = TEXT_STYLE.get(item.level, "")
        text = Text("\n".join(wrapped(item, room, out.bidi)), style=style)
        state = shown_state(item)
        if state != "live":
            due = times.full(str(item.json.get("embargo_until") or ""), now)
            until = f" for {due}" if due and state == "scheduled" else ""
            text.append(f"\n{state}{until}", style="magenta")
        if item.json.get("test"):
            text.append(f"\n{DRILL}", style=DRILL_STYLE)
        if item.json.get("proposed"):
            text.append("\na change waits for a second person", style="magenta")
        pin = Text("▲" if item.pinned else "", style="bold cyan")
        cells: list[Text | str] = [
            pin,
            Text(when, style="dim"),
            Text(level, style=LEVEL_STYLE.get(item.level, "")),
            item.edition,
            text,
        ]
        cells.append(Text(id, style="dim"))
        if stacked:
            head = Text("  ").join(Text() + cell for cell in (*cells[:4], cells[5]) if str(cell))
            table.add_row(head)
            table.add_row(Padding(text, (0, 0, 0, 2)))
        else:
            table.add_row(*cells)
    return table


def _fields(item: Item) -> dict[str, Any]:
    """Return the fields, the state first."""
    return {"state": ""} | dict(item.json) | {"state": shown_state(item)}


def _detail(out: Output, detail: Detail) -> None:
    item = detail.item
    if item.json.get("test"):
        out.say(DRILL_TEXT, style=DRILL_STYLE)
    for line in wrapped(item, out.console.width if out.tty else 0, out.bidi):
        out.say(line, style="bold")
    above = {"headline", "speaker", "source", "history", "dir"}
    room = max(20, out.console.width - 16) if out.tty else 0
    now = out.now
    for name, value in _fields(item).items():
        if name in above or value in (None, "", [], False):
            continue
        if name == "published_at" and not was_out(item):
            continue
        if name == "correction":
            value = value.get("text")
        if name in TIMES:
            value = f"{times.full(str(value), now) or value} ({value})"
        label = f"  {name:<13} "
        for part in value if isinstance(value, list) and name == "media" else [value]:
            for line in lines(in_words(part), room, out.bidi):
                out.say(label + line)
                label = " " * 16
    if not detail.history:
        return
    from rich.table import Table

    table = Table(box=None, padding=(0, 2, 0, 0), title="History", title_justify="left")
    for name in ("time", "action", "version", "editor", "note"):
        table.add_column(name, header_style="dim", overflow="fold")
    for entry in detail.history:
        when = times.shown(str(entry.get("at") or ""), now)
        note = one_line(str(entry.get("note") or ""), out.bidi)
        action, version = str(entry.get("action")), str(entry.get("version"))
        table.add_row(when, action, version, str(entry.get("by") or ""), note)
    out.say()
    out.console.print(table)

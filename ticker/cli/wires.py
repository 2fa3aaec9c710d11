"""The ``ticker wires`` commands: feeds of agencies that become drafts."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ticker.cli import options, times
from ticker.cli.columns import print_rows
from ticker.cli.item_ids import short_forms
from ticker.cli.option_values import DURATION
from ticker.cli.output import Output
from ticker.cli.removal import remove as remove_with
from ticker.cli.runner import run, settings, usage

if TYPE_CHECKING:
    from ticker.client.wires import Wire, WireEditor

LOOK_WAIT = 40.0
"""Seconds that ``ticker wires check`` waits for the look: a worker gives a server half a minute."""
LOOK_AGAIN = 0.5

app = typer.Typer(no_args_is_help=True, help="Manage the wire desk: feeds that become drafts.")

REMOVES = '"" removes it.'
AUTHORIZATION = "TICKER_WIRE_AUTHORIZATION"
Name = Annotated[str, typer.Argument(metavar="NAME", help="The feed's name.")]
Desk = Annotated[str | None, typer.Option("--desk", metavar="NAME", help="The editors it is for.")]
Every = Annotated[
    int | None,
    typer.Option(
        "--every",
        min=10,
        max=86_400,
        metavar=DURATION,
        help="Time between two looks, such as 30s. Default: 1m.",
    ),
]


@app.command()
def add(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="A name: a to z, 0 to 9 and hyphens.")
    ],
    url: Annotated[str, typer.Argument(metavar="URL", help="Address of the feed; https.")],
    edition: options.DefaultEdition = None,
    section: options.Sections = [],  # noqa: B006  # typer copies it
    region: options.Regions = [],  # noqa: B006
    tag: options.Tags = [],  # noqa: B006
    level: options.DefaultLevel = None,
    source: options.DefaultSource = None,
    desk: Desk = None,
    every: Every = None,
    authorization: Annotated[
        str | None,
        typer.Option(
            "--authorization",
            metavar="TEXT",
            envvar=AUTHORIZATION,
            show_envvar=True,
            help="Value of the header of that name, for a feed that needs one.",
        ),
    ] = None,
    as_json: options.Json = False,
) -> None:
    """Watch a feed: RSS, Atom, JSON Feed, ninjs, NewsML-G2 or NITF. Its entries become drafts.

    For chiefs. A worker looks at it from now on; `ticker wires list` says whether it works.
    """
    out = Output(as_json)
    given = _lists(section, region, tag)
    ones = {
        "edition": edition,
        "level": level,
        "source": source,
        "desk": desk,
        "every": every,
        "authorization": authorization,
    }
    given |= {key: value for key, value in ones.items() if value is not None}
    _do(out, lambda editor: editor.add_wire(name, url, **given), f"Watching {name}")


def _lists(section: list[str], region: list[str], tag: list[str]) -> dict[str, Any]:
    """Return the fields that are lists, those that are given."""
    lists = (("sections", section), ("regions", region), ("tags", tag))
    return {key: options.split(value) for key, value in lists if value}


@app.command("list")
def list_wires(desk: Desk = None, as_json: options.Json = False) -> None:
    """List the feeds and whether they work, by name."""
    out = Output(as_json)

    async def work() -> None:
        async with _editor() as editor:
            wires, notes = await editor.wires()
        wires = tuple(one for one in wires if desk is None or one.json.get("desk") == desk)
        names = {one.name for one in wires}
        notes = tuple(note for note in notes if note.get("wire") in names)
        if as_json:
            out.json({"wires": [dict(one.json) for one in wires], "notes": list(notes)})
            return
        heads = ("name", "status", "last read", "entries", "address", "error")
        styles = ["red" if one.status == "failing" else "" for one in wires]
        print_rows(out, heads, [_row(out, one) for one in wires], styles)
        for note in notes:
            out.note(_noted(note), style="yellow")
        if not wires:
            out.note("No feeds. Watch one with `ticker wires add NAME URL`.")

    run(out, work())


@app.command()
def change(
    name: Name,
    url: Annotated[
        str | None,
        typer.Option(
            "--url",
            metavar="URL",
            help="A new address; https. The old Authorization is not sent there.",
        ),
    ] = None,
    edition: Annotated[
        str | None, typer.Option("--edition", "-e", metavar="NAME", help=f"Edition; {REMOVES}")
    ] = None,
    section: options.Sections = [],  # noqa: B006
    region: options.Regions = [],  # noqa: B006
    tag: options.Tags = [],  # noqa: B006
    level: options.DefaultLevel = None,
    source: Annotated[
        str | None, typer.Option("--source", metavar="TEXT", help=f"Source; {REMOVES}")
    ] = None,
    desk: Annotated[
        str | None,
        typer.Option("--desk", metavar="NAME", help=f"The editors it is for; {REMOVES}"),
    ] = None,
    every: Every = None,
    authorization: Annotated[
        str | None,
        typer.Option(
            "--authorization",
            metavar="TEXT",
            help=f"Value of the header of that name; {REMOVES} With --url: default "
            f"${AUTHORIZATION}.",
        ),
    ] = None,
    as_json: options.Json = False,
) -> None:
    """Change a feed: only what you give. A worker looks at it again at once. For chiefs."""
    out = Output(as_json)
    if url is not None and authorization is None:
        authorization = os.environ.get(AUTHORIZATION)
    given = _lists(section, region, tag)
    removable = {
        "edition": edition,
        "source": source,
        "desk": desk,
        "authorization": authorization,
    }
    given |= {key: value or None for key, value in removable.items() if value is not None}
    fixed = {"url": url, "level": level, "every": every}
    given |= {key: value for key, value in fixed.items() if value is not None}
    if not given:
        usage(out, "nothing to change; see ticker wires change --help")
    _do(out, lambda editor: editor.change_wire(name, **given), f"Changed {name}")


@app.command()
def drafts(
    wire: Annotated[
        str | None, typer.Option("--wire", metavar="NAME", help="Only drafts of this feed.")
    ] = None,
    desk: Desk = None,
    edition: Annotated[
        str | None, typer.Option("--edition", "-e", metavar="NAME", help="Only this edition.")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=200, help="Most drafts.")] = 50,
    as_json: options.Json = False,
) -> None:
    """List the drafts that wait; `ticker approve ID` publishes one, `ticker retract` dismisses."""
    out = Output(as_json)

    async def work() -> None:
        async with _editor() as editor:
            found = await editor.wire_drafts(wire=wire, desk=desk, edition=edition, limit=limit)
        if as_json:
            out.json({"drafts": [dict(one) for one in found]})
            return
        ids = [str(one["id"]) for one in found]
        shown = short_forms(ids) if out.tty else ids
        rows = []
        for one, id in zip(found, shown, strict=True):
            feed = str(one["created_by"]).removeprefix("wire:")
            version = f"v{one['version']}"
            rows.append((id, version, feed, str(one["level"]), str(one["headline"])))
        print_rows(out, ("id", "version", "feed", "level", "headline"), rows)
        if not found:
            out.note("No drafts wait.")

    run(out, work())


@app.command()
def check(name: Name, as_json: options.Json = False) -> None:
    """Look at a feed now, and say whether it works."""
    out = Output(as_json)

    async def work() -> int:
        async with _editor() as editor:
            before = await editor.check_wire(name)
            loop = asyncio.get_running_loop()
            until = loop.time() + LOOK_WAIT
            while loop.time() < until:
                await asyncio.sleep(LOOK_AGAIN)
                wires, _ = await editor.wires()
                found = next((one for one in wires if one.name == name), None)
                if found is None:
                    break
                if found.looked_at != before.looked_at:
                    return _checked(out, found)
        problem = "no worker has looked at it; is `ticker work` running?"
        if as_json:
            out.json(dict(before.json) | {"checked": False})
        else:
            out.say(f"✗ {name}: {problem}", style="red")
        return options.REFUSED

    run(out, work())


@app.command()
def remove(name: Name, as_json: options.Json = False) -> None:
    """Stop watching a feed. Its drafts stay."""
    done, more = f"Stopped watching {name}", " Its drafts stay."
    remove_with(
        Output(as_json),
        _editor,
        lambda editor: editor.remove_wire(name),
        {"name": name},
        done,
        more,
    )


def _editor() -> WireEditor:
    from ticker.client.wires import WireEditor

    found = settings()
    return WireEditor(found.url, found.key)


def _do(out: Output, act: Callable[[WireEditor], Awaitable[Wire]], what: str) -> None:
    async def work() -> None:
        async with _editor() as editor:
            done = await act(editor)
        out.finished(what)
        if out.as_json:
            out.json(dict(done.json))
        else:
            out.say(f"✓ {what}.")

    run(out, work())


def _checked(out: Output, found: Wire) -> int:
    if out.as_json:
        out.json(dict(found.json) | {"checked": True})
    elif found.status == "failing":
        out.say(f"✗ {found.name}: {found.error}", style="red")
    else:
        entries, format = found.json.get("entries"), found.json.get("format")
        out.say(f"✓ {found.name}: {format}, {entries} {'entry' if entries == 1 else 'entries'}.")
        if why := refused(found):
            out.note(f"! {why}.", style="yellow")
    return options.REFUSED if found.status == "failing" else options.OK


def _row(out: Output, one: Wire) -> tuple[str, ...]:
    counts = f"{one.json.get('new', 0)} new, {one.json.get('updated', 0)} updated"
    when = one.json.get("read_at")
    read = "never" if when is None else times.shown(str(when), out.now)
    if not out.tty:  # a pipe has no heads
        read = "never read" if when is None else f"read {read}"
    place = str(one.json.get("url") or one.json.get("host") or "")
    return (one.name, one.status, read, counts, place, one.error or refused(one))


def refused(one: Wire) -> str:
    """Return how many entries became no drafts, and the newest reason; "" without any."""
    count = one.json.get("refused", 0)
    return f"{count} refused; the last: {one.json.get('refusal')}" if count else ""


def _noted(note: Mapping[str, Any]) -> str:
    if note.get("did") == "withdrawn":
        return f"! {note['wire']} has withdrawn {note['item']}: {note['item_headline']}"
    return f"! {note['wire']} has changed {note['item']}: {note['headline']}"

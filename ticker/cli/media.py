"""The ``ticker media`` commands: pictures of the newsroom, which items name by their ids."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated

import typer

from ticker.cli import options, times
from ticker.cli.item_fields import is_picture_id
from ticker.cli.output import Output
from ticker.cli.picture_files import media_editor, read_picture
from ticker.cli.runner import run, usage

if TYPE_CHECKING:
    from ticker.client.media import MediaEditor, Picture

app = typer.Typer(no_args_is_help=True, help="Upload, list and take down pictures.")

Id = Annotated[
    str, typer.Argument(metavar="ID", help="The picture's id (see `ticker media list`).")
]
Credit = Annotated[str | None, typer.Option(metavar="TEXT", help="Who made it, or whose it is.")]
LIST_MAX = 100
LIST_DEFAULT = 20


@app.command()
def upload(
    file: Annotated[
        str, typer.Argument(metavar="FILE|-", help="The picture; - reads standard input.")
    ],
    alt: Annotated[
        str | None,
        typer.Option(metavar="TEXT", help="What it shows, for readers who do not see it."),
    ] = None,
    credit: Credit = None,
    as_json: options.Json = False,
) -> None:
    """Upload a picture: JPEG, PNG, WebP, AVIF or a still GIF.

    --alt is required; without it the command tells which texts are in the file. The same file again
    is the same picture, with the texts that are given last. `ticker publish --media ID` publishes
    it; a picture that no item names is deleted after a day.
    """
    out = Output(as_json)
    try:
        content = read_picture(file)
    except (OSError, ValueError) as error:
        usage(out, f"{file}: {(error.strerror if isinstance(error, OSError) else None) or error}")
    _do(out, lambda editor: editor.upload(content, alt or "", credit or ""), "Uploaded")


@app.command("list")
def list_pictures(
    limit: Annotated[
        int,
        typer.Option(
            "--limit", "-n", metavar="N", min=1, max=LIST_MAX, help="Most pictures to list."
        ),
    ] = LIST_DEFAULT,
    before: Annotated[
        str | None,
        typer.Option(metavar="ID", help="Pictures that are older than this one."),
    ] = None,
    as_json: options.Json = False,
) -> None:
    """List the pictures, newest first: id, size, when it was uploaded, what it shows, credit."""
    out = Output(as_json)
    if before is not None and not is_picture_id(before):
        usage(out, f"--before: {before} is not the id of a picture, 32 digits from 0 to f")

    async def work() -> None:
        async with media_editor() as editor:
            page = await editor.pictures(limit=limit, before=before)
        if as_json:
            pictures = [dict(one.json) for one in page.pictures]
            out.json({"pictures": pictures, "next": page.next})
            return
        for one in page.pictures:
            _listed(out, one)
        if not page.pictures:
            out.note("No pictures. Upload one with `ticker media upload FILE --alt TEXT`.")
        elif page.next and out.tty:
            out.note(f"Older pictures: --before {page.next}")

    run(out, work())


@app.command()
def show(picture_id: Id, as_json: options.Json = False) -> None:
    """Show a picture: its texts, its address and its sizes."""
    out = Output(as_json)

    async def work() -> None:
        async with media_editor() as editor:
            found = await editor.picture(picture_id)
        if as_json:
            out.json(dict(found.json))
        else:
            _shown(out, found)

    run(out, work())


@app.command()
def change(
    picture_id: Id,
    alt: Annotated[str | None, typer.Option(metavar="TEXT", help="What it shows.")] = None,
    credit: Credit = None,
    as_json: options.Json = False,
) -> None:
    """Change what is said of a picture. Items that have it already keep their texts."""
    out = Output(as_json)
    if alt is None and credit is None:
        usage(out, "nothing to change; give --alt or --credit")
    _do(out, lambda editor: editor.describe(picture_id, alt=alt, credit=credit), "Changed")


@app.command()
def remove(picture_id: Id, as_json: options.Json = False) -> None:
    """Take a picture down for good: items and drafts lose it, and their texts stay.

    Its address answers "gone", and the same file cannot be uploaded again.
    """
    out = Output(as_json)

    async def work() -> None:
        async with media_editor() as editor:
            items = await editor.remove_picture(picture_id)
        out.finished(f"Took down {picture_id}")
        if as_json:
            out.json({"id": picture_id, "removed": True, "items": [*items], "states": items})
            return
        lost = f"; {len(items)} item{'' if len(items) == 1 else 's'} lost it" if items else ""
        out.say(f"✓ Took down {picture_id}{lost}.")
        for id, state in items.items():
            out.say(f"  {id}  {state}")

    run(out, work())


def _do(out: Output, act: Callable[[MediaEditor], Awaitable[Picture]], what: str) -> None:
    async def work() -> None:
        async with media_editor() as editor:
            done = await act(editor)
        out.finished(f"{what} {done.id}")
        if out.as_json:
            out.json(dict(done.json))
            return
        out.say(f"✓ {what} {done.id}  {done.width}×{done.height}")
        _texts(out, done)

    run(out, work())


def _listed(out: Output, one: Picture) -> None:
    size, unused = f"{one.width}×{one.height}", "" if one.used else "unused"
    if not out.tty:
        out.row(one.id, size, one.created_at, unused, one.alt, one.credit)
        return
    out.say("  ".join(filter(None, (one.id, size, times.shown(one.created_at, out.now), unused))))
    out.labelled("  ", f"{one.alt} ({one.credit})" if one.credit else one.alt)


def _texts(out: Output, picture: Picture) -> None:
    out.labelled("  alt      ", picture.alt)
    if picture.credit:
        out.labelled("  credit   ", picture.credit)


def _shown(out: Output, picture: Picture) -> None:
    out.say(picture.id, style="bold")
    _texts(out, picture)
    when = times.full(picture.created_at, out.now) or picture.created_at
    out.say(f"  size     {picture.width}×{picture.height}")
    out.say(f"  address  {picture.href}")
    out.say(f"  uploaded {when}, by {picture.created_by}")
    if not picture.used:
        out.say("  unused   no item has named it; it will be deleted", style="yellow")

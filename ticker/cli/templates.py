"""The ``ticker templates`` commands: items that are written already, but for a few fields."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ticker.cli import confirm, options
from ticker.cli.output import Output
from ticker.cli.removal import remove as remove_with
from ticker.cli.runner import reading_response, run, settings, standard_input, usage

if TYPE_CHECKING:
    from ticker.client.templates import TemplateEditor

app = typer.Typer(no_args_is_help=True, help="Publish from templates, and manage them.")

Name = Annotated[str, typer.Argument(metavar="NAME", help="Name of the template.")]
Fields = Annotated[
    list[str],
    typer.Argument(metavar="FIELD=VALUE", help="A field and its value.", show_default=False),
]
FILE_MAX = 65_536
"""Bytes of a template's file that are read."""


@app.command("list")
def list_templates(as_json: options.Json = False) -> None:
    """List the templates with their fields."""
    out = Output(as_json)

    async def work() -> None:
        async with _editor() as editor:
            found = await editor.templates()
        if as_json:
            out.json({"templates": list(found)})
            return
        with reading_response():
            for one in found:
                fields = " ".join(f"{field}=…" for field in one["fields"])
                desk = f" · {one['desk']}" if one["desk"] else ""
                out.say(f"{one['name']}  {fields}", "bold")
                out.say(f"    {one['title']}{desk} · {one['level']} · {one['edition']}")
                out.say(f"    {one['headline']}", "dim")
        if not found:
            out.note("No templates yet. Add one with `ticker templates set NAME FILE`.")

    run(out, work())


@app.command("set")
def set_template(
    name: Name,
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="The template as JSON; - is standard input.")
    ],
    as_json: options.Json = False,
) -> None:
    """Add a template, or replace one.

    The file has its `title`, `edition`, `level` and `headline`, and if you like `desk`, `summary`,
    `speaker`, `source`, `note`, `sections`, `regions`, `tags`, `push` and `cancellation`. A name in
    braces is a field: "Earthquake near {place}".
    """
    out = Output(as_json)
    template = _read(out, file)

    async def work() -> None:
        async with _editor() as editor:
            stored = await editor.set_template(name, template)
        out.finished(f"Stored template {name}")
        if as_json:
            out.json(stored)
            return
        out.say(f"✓ {name} is stored.")

    run(out, work())


@app.command()
def remove(name: Name, as_json: options.Json = False) -> None:
    """Remove a template. Items that were published from it stay."""
    remove_with(
        Output(as_json),
        _editor,
        lambda editor: editor.remove_template(name),
        {"name": name},
        f"Removed template {name}",
    )


@app.command()
def publish(
    name: Name,
    field: Fields = [],  # noqa: B006  # typer copies it
    cancel: Annotated[
        bool,
        typer.Option("--cancel", help="Publish the cancellation instead, after the retraction."),
    ] = False,
    preview: Annotated[
        bool, typer.Option("--preview", help="Show it in every channel without publishing it.")
    ] = False,
    test: Annotated[
        bool, typer.Option("--test", help="A drill: a test item that readers do not get.")
    ] = False,
    yes: confirm.Yes = False,
    key: options.Key = None,
    bidi: options.BidiChoice = "auto",
    as_json: options.Json = False,
) -> None:
    """Fill in a template and publish the item.

    On a terminal it shows an alert, a flash or a bulletin and asks before it sends it, as
    `ticker publish` does.
    """
    out = Output(as_json, bidi)
    values = _values(out, field)

    async def work() -> int:
        from ticker.cli.drill import DRILL_STYLE, DRILL_TEXT
        from ticker.cli.preview import show
        from ticker.cli.publish import send

        async with _editor() as editor:
            filled = await editor.fill_template(name, values)
        with reading_response():
            draft: dict[str, Any] = dict(filled["cancellation" if cancel else "draft"])
        if test:
            draft["test"] = True
            if not preview and not (confirm.asks(draft) and confirm.can_ask(yes)):  # these say so
                out.note(DRILL_TEXT, style=DRILL_STYLE)
        if preview:
            return await show(out, draft)
        return await send(out, draft, yes, key)

    run(out, work())


def _values(out: Output, fields: list[str]) -> dict[str, str]:
    values = {}
    for one in fields:
        name, equals, value = one.partition("=")
        if not equals or not name:
            usage(out, f"{one!r} is not a field and its value, such as place=Lima")
        values[name] = value
    return values


def _read(out: Output, file: str) -> dict[str, Any]:
    import orjson

    try:
        if file == "-":
            found = orjson.loads(standard_input(out))
        else:
            with Path(file).open("rb") as opened:
                found = orjson.loads(opened.read(FILE_MAX))
    except OSError as error:
        usage(out, f"{file}: {error.strerror or error}")
    except orjson.JSONDecodeError as error:
        usage(out, f"{file}: not JSON: {error}")
    if not isinstance(found, dict):
        usage(out, f"{file}: must be a JSON object")
    return found


def _editor() -> TemplateEditor:
    from ticker.client.templates import TemplateEditor

    found = settings()
    return TemplateEditor(found.url, found.key)

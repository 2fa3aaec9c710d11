"""The ``ticker story`` commands: title, summary and key points of a story's page."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from ticker.cli import options
from ticker.cli.output import Output
from ticker.cli.runner import run, settings, usage
from ticker.client.errors import Stale

if TYPE_CHECKING:
    from ticker.client.stories import StoryEditor, StoryText, StoryTexts

app = typer.Typer(
    no_args_is_help=True, help="Set the title, summary and key points of a story's page."
)

Name = Annotated[str, typer.Argument(metavar="STORY", help="Name of the story, as in its items.")]


@app.command("set")
def set_text(
    story: Name,
    edition: options.Edition,
    title: Annotated[
        str | None, typer.Option("--title", "-t", metavar="TEXT", help="Title of the page.")
    ] = None,
    summary: Annotated[
        str | None, typer.Option("--summary", metavar="TEXT", help="A paragraph below the title.")
    ] = None,
    key_point: Annotated[
        list[str],
        typer.Option("--key-point", "-k", metavar="TEXT", help="A key point. Repeat for several."),
    ] = [],  # noqa: B006  # typer copies it
    as_json: options.Json = False,
) -> None:
    """Change the text of a story in one edition; parts that are not given stay.

    `--summary ""` removes the summary, and `--key-point ""` all key points.
    """
    out = Output(as_json)
    if title is None and summary is None and not key_point:
        usage(out, "nothing to change; give --title, --summary or --key-point")

    async def work() -> None:
        from ticker.client.stories import StoryText

        async with _editor() as editor:
            found = await editor.story_texts(story)
            old = found.editions.get(edition) or StoryText()
            text = StoryText(
                old.title if title is None else title,
                old.summary if summary is None else summary,
                tuple(filter(str.strip, key_point)) if key_point else old.key_points,
            )
            changed = await _change(editor, story, edition, text, found.version)
        out.finished(f"Changed the text of {story}")
        done = f"✓ {story} ({edition}), version {changed.version}."
        if changed.version == found.version:
            done = f"✓ {story} ({edition}) has this text already, nothing changed."
        elif edition not in changed.editions:
            done = f"✓ {story} ({edition}) has no text of its own."
        _show(out, changed, done)

    run(out, work())


@app.command()
def show(story: Name, as_json: options.Json = False) -> None:
    """Show the texts of a story in all editions."""
    out = Output(as_json)

    async def work() -> None:
        async with _editor() as editor:
            found = await editor.story_texts(story)
        _show(out, found, None)

    run(out, work())


@app.command()
def clear(story: Name, edition: options.Edition, as_json: options.Json = False) -> None:
    """Remove the text of a story in one edition; its page then shows the newest headline."""
    out = Output(as_json)

    async def work() -> None:
        async with _editor() as editor:
            changed = await editor.remove_story_text(story, edition)
        out.finished(f"Removed the text of {story}")
        _show(out, changed, f"✓ {story} ({edition}) has no text of its own.")

    run(out, work())


async def _change(
    editor: StoryEditor, story: str, edition: str, text: StoryText, version: int
) -> StoryTexts:
    """Set the text that was read at ``version``; an empty one is removed. Raises Stale."""
    from ticker.client.stories import StoryText

    try:
        if any(map(str.strip, (text.title or "", text.summary or "", *text.key_points))):
            fields = asdict(text)
            return await editor.set_story_text(story, edition, **fields, version=version)
        return await editor.remove_story_text(story, edition, version=version)
    except Stale:
        # The client repeats a request whose answer was lost: then the change may be this one.
        found = await editor.story_texts(story)
        now = found.editions.get(edition, StoryText())
        if _stored(text) != _stored(now):
            raise
        return found


def _stored(text: StoryText) -> object:
    """Return ``text`` as the server stores it. Raises ValueError if it is not valid."""
    from ticker.domain import story_text

    return story_text.StoryText.model_validate(asdict(text))


def _show(out: Output, texts: StoryTexts, done: str | None) -> None:
    if out.as_json:
        out.json(texts.json)
        return
    if done is not None:
        out.say(done)
        return
    for edition, text in texts.editions.items():
        out.say(f"{edition}: {text.title or '(newest headline)'}")
        if text.summary:
            out.say(f"    {text.summary}")
        for point in text.key_points:
            out.say(f"    • {point}")
    if not texts.editions:
        out.note("No text of its own. Set one with `ticker story set STORY -e EDITION --title …`.")


def _editor() -> StoryEditor:
    from ticker.client.stories import StoryEditor

    found = settings()
    return StoryEditor(found.url, found.key)

"""The commands ``ticker draft`` and ``ticker approve``."""

from __future__ import annotations

import inspect
from functools import wraps
from typing import Annotated, Any

import typer

from ticker.cli import confirm, options
from ticker.cli.item_ids import full_id
from ticker.cli.output import Output
from ticker.cli.publish import publish
from ticker.cli.runner import editor, reading_response, run, usage

NOT_FOR_DRAFTS = {"draft", "break_glass", "yes"}
"""Options of `ticker publish` that a draft has no use for."""


@wraps(publish)
def draft(**given: Any) -> None:
    publish(**given, draft=True, yes=True)


# The command has the options of `ticker publish`; Typer reads them from the signature.
_whole = inspect.signature(publish, eval_str=True)
draft.__signature__ = _whole.replace(  # type: ignore[attr-defined]
    parameters=[one for one in _whole.parameters.values() if one.name not in NOT_FOR_DRAFTS]
)
draft.__doc__ = """Write a draft, which only editors see.

    `ticker list --state draft` lists the drafts, `ticker correct --minor` changes one, and
    `ticker approve` publishes it, or schedules it if it was written with --at. With --test it is
    the draft of a drill: an approval makes it a test item, which no reader gets.
    """


def approve(
    item_id: options.ItemId,
    break_glass: Annotated[
        str | None,
        typer.Option(
            metavar="REASON",
            help="Approve your own text, though its level needs a second person; say why. "
            "For chiefs.",
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Publish a duplicate.")] = False,
    if_version: options.IfVersion = None,
    yes: confirm.Yes = False,
    key: options.Key = None,
    bidi: options.BidiChoice = "auto",
    as_json: options.Json = False,
) -> None:
    """Publish a draft, or schedule it if it has a time; or a proposed change of a live alert.

    On a terminal it shows the text and asks; then it publishes what it has shown, and is refused
    if somebody has changed the draft meanwhile. A script, and --yes, say with --if-version which
    version is approved: nobody approves a text that they have not read.
    """
    out = Output(as_json, bidi)
    if if_version is None and not confirm.can_ask(yes):
        usage(out, "--if-version is required: the version that you have read (`ticker show`)")

    async def work() -> int:
        from ticker.cli.result import report

        async with editor() as client:
            id = await full_id(client, item_id)
            expected = if_version
            glass = break_glass
            if confirm.can_ask(yes):
                item = (await client.get(id)).item
                with reading_response():
                    proposed = dict((item.json.get("proposed") or {}).get("change") or {})
                expected = expected or item.version
                if proposed or item.json.get("state") == "draft":
                    # Nobody reads a text and answers, only to hear that somebody else must.
                    await client.approve(id, check=True, break_glass=glass, if_match=expected)
                    await confirm.confirm(out, {**item.json, **proposed})
            assert expected is not None
            approved = await client.approve(
                id, force=force, break_glass=glass, if_match=expected, key=key
            )
            return await report(out, client, approved, "approved")

    run(out, work())

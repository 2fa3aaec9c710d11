"""The ``ticker retract`` command."""

from __future__ import annotations

from typing import Annotated

import typer

from ticker.cli import confirm, options
from ticker.cli.item_ids import full_id
from ticker.cli.output import Output
from ticker.cli.runner import editor, run, usage


def retract(
    item_id: options.ItemId,
    reason: Annotated[
        str, typer.Option(metavar="TEXT", help="Internal reason for editors, never public.")
    ],
    cancel: Annotated[
        bool,
        typer.Option(
            "--cancel",
            help="Then publish its cancellation, at the same level and to the same phones.",
        ),
    ] = False,
    cancellation: Annotated[
        str | None,
        typer.Option(
            metavar="TEXT",
            help="Headline of the cancellation. Default: the one that was written with the item, "
            "else a sentence that an alert is withdrawn. Implies --cancel.",
        ),
    ] = None,
    break_glass: Annotated[
        str | None,
        typer.Option(
            metavar="REASON",
            help="Publish the cancellation without the second person that its level needs; say "
            "why. For chiefs.",
        ),
    ] = None,
    force: Annotated[
        bool,
        typer.Option("--force", help="Publish the cancellation although its words are live."),
    ] = False,
    yes: Annotated[
        bool,
        typer.Option(
            "--yes", "-y", help="Do not ask. Else a terminal asks before --cancel; never without."
        ),
    ] = False,
    key: options.Key = None,
    bidi: options.BidiChoice = "auto",
    as_json: options.Json = False,
) -> None:
    """Retract an item: remove it from every screen, list and feed.

    With --cancel it also publishes the cancellation that tells readers that it was wrong. A
    terminal shows both and asks once. If the newsroom would refuse the cancellation, nothing is
    retracted. If your role may not send it, or its level needs a second person, the item is
    retracted at once and the cancellation waits as a draft. If it is not published after the
    retraction, the command says so: repeated, it retracts nothing anew and publishes it once.
    """
    out = Output(as_json, bidi)
    cancelling = cancel or cancellation is not None
    if not cancelling and (break_glass is not None or force):
        usage(out, "--break-glass and --force are for a cancellation: add --cancel")

    async def work() -> int:
        from ticker.cli.cancellation import Wish, retract_and_cancel
        from ticker.cli.result import report

        async with editor() as client:
            id = await full_id(client, item_id)
            if not cancelling:
                result = await client.retract(id, reason, key=key)
                return await report(out, client, result, "retracted")
            wish = Wish(cancellation, break_glass, force, confirm.can_ask(yes), key)
            return await retract_and_cancel(out, client, id, reason, wish)

    run(out, work())

"""The commands that set when an item is live: ``ticker reschedule``, ``release`` and ``end``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from ticker.cli import confirm, options, times
from ticker.cli.item_ids import full_id
from ticker.cli.output import Output
from ticker.cli.runner import editor, run, usage
from ticker.cli.time_zone import local_now

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from ticker.client import Editor
    from ticker.client.results import Published


def reschedule(
    item_id: options.ItemId,
    time: Annotated[
        str, typer.Argument(metavar="TIME", help=f"The new time: {times.MOMENT_HELP}.")
    ],
    zone: options.Zone = None,
    force: Annotated[bool, typer.Option("--force", help="Accept a time that seems wrong.")] = False,
    if_version: options.IfVersion = None,
    key: options.Key = None,
    bidi: options.BidiChoice = "auto",
    as_json: options.Json = False,
) -> None:
    """Change the time of a scheduled item.

    An item that is live already has no time to change: correct, end or retract it.
    """
    out = Output(as_json, bidi)
    try:
        out.now = local_now(zone)
        changes: dict[str, Any] = {"at": times.moment(time, out.now).isoformat()}
    except ValueError as error:
        usage(out, str(error))
    if force:
        changes["force"] = True
    _act(
        out,
        item_id,
        lambda client, id: client.change(id, changes, if_match=if_version, key=key),
        "rescheduled",
    )


def release(
    item_id: options.ItemId,
    yes: confirm.Yes = False,
    key: options.Key = None,
    bidi: options.BidiChoice = "auto",
    as_json: options.Json = False,
) -> None:
    """Publish a scheduled item now, before its time."""
    out = Output(as_json, bidi)

    async def act(client: Editor, id: str) -> Published:
        if confirm.can_ask(yes):
            item = (await client.get(id)).item.json
            if item.get("state") == "scheduled" and confirm.interrupts(item):
                await client.release(id, check=True)
                await confirm.confirm(out, {**item, "embargo_until": None})
        return await client.release(id, key=key)

    _act(out, item_id, act, "released")


def end(
    item_id: options.ItemId,
    key: options.Key = None,
    bidi: options.BidiChoice = "auto",
    as_json: options.Json = False,
) -> None:
    """Expire a live item now: it leaves every screen, list and feed.

    Its text was not wrong, only old. To withdraw a text, use `ticker retract`.
    """
    out = Output(as_json, bidi)
    _act(out, item_id, lambda client, id: client.expire(id, key=key), "ended")


def _act(
    out: Output, item_id: str, act: Callable[[Editor, str], Awaitable[Published]], done: str
) -> None:
    async def work() -> int:
        from ticker.cli.result import report

        async with editor() as client:
            id = await full_id(client, item_id)
            return await report(out, client, await act(client, id), done)

    run(out, work())

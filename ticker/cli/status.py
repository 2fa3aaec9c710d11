"""``ticker status``: an item's receipts: screens, push and webhooks."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ticker.cli import options, times
from ticker.cli.durations import duration, soon
from ticker.cli.item_ids import full_id
from ticker.cli.item_text import wrapped
from ticker.cli.listing import shown_state, was_out
from ticker.cli.output import Output
from ticker.cli.runner import editor, reading_response, run, usage

if TYPE_CHECKING:
    from datetime import datetime

    from ticker.client import Editor, Item
    from ticker.client.results import Receipts

PROVIDERS = {"webpush": "Web Push", "fcm": "FCM", "apns": "APNs", "webhooks": "Webhooks"}
KINDS = {"withdraw": "withdrawal", "replace": "replacement", "alert": "alert"}
"""Kinds of notifications, the last one that an item can have first."""
ACTIONS = {
    "publish": "publication",
    "update": "update",
    "correct": "correction",
    "retract": "retraction",
    "expire": "end",
    "pin": "pin",
    "unpin": "unpin",
}
PLACES = {
    "lane": "lane",
    "gateway": "gateway",
    "readers": "screens of readers",
    "web": "pages and feeds of",
    "proxies": "proxies and CDNs",
    "archive": "archive",
    "push": "push by",
    "webhook": "webhook",
    "websub": "WebSub hub",
}
MARKS = {"pending": "yellow", "unclean": "bold red"}
TRANSPORTS = {"websocket": "WebSocket", "sse": "event stream"}
GOOD = ("accepted", "delivered")
WARN = ("dropped", "held", "quarantined", "too_late", "failed")
OTHERS = ("pruned", "retried", "ended")
LOOK_EVERY = 0.5
"""Seconds between two requests of ``--wait``."""


def status(
    item_id: options.ItemId,
    wait: Annotated[
        str | None,
        typer.Option(
            metavar="DURATION",
            help="Wait until push is done and a retraction is everywhere, at most this long.",
        ),
    ] = None,
    bidi: options.BidiChoice = "auto",
    as_json: options.Json = False,
) -> None:
    """Show how many screens, devices and endpoints an item reached, and how fast.

    The state of the item comes first, then what is left of a retracted one, then the newest event.
    Screens are live connections of readers; those that poll do not count. Accepted means that the
    provider took the notification; providers do not say whether a device showed it.
    """
    out = Output(as_json, bidi)
    try:
        patience = 0 if wait is None else times.seconds(wait)
    except ValueError as error:
        usage(out, f"--wait: {error}")

    async def work() -> None:
        async with editor() as client:
            id = await full_id(client, item_id)
            found = await _settled(client, id, patience)
            if as_json:
                out.json(found.json)
                return
            item = (await client.get(id)).item
        with reading_response():
            _print(out, item, found)

    run(out, work())


async def _settled(client: Editor, item_id: str, patience: float) -> Receipts:
    """Return the receipts once nothing is left to do, or after ``patience`` seconds."""
    until = time.monotonic() + patience
    while True:
        found = await client.receipts(item_id)
        if (found.complete and found.clean) or time.monotonic() >= until:
            return found
        await asyncio.sleep(LOOK_EVERY)


def _print(out: Output, item: Item, found: Receipts) -> None:
    for line in wrapped(item, out.console.width if out.tty else 0, out.bidi):
        out.say(line, style="bold")
    out.say(f"  {'State':<10}{_state(item, out.now)}")
    if successor := item.json.get("replaced_by"):
        out.say(f"  {'Again as':<10}{successor}")
    if replaced := item.json.get("replaces"):
        out.say(f"  {'Replaces':<10}{replaced}, which was withdrawn by mistake")
    if (retraction := found.json["retraction"]) is not None:
        _places(out, retraction)
    for action, receipt in _newest_first(found.json["live"]["events"]):
        _screens(out, ACTIONS.get(action, action), receipt)
    _push(out, item, found)
    if (webhooks := found.json["webhooks"]) is not None:
        _row(out, PROVIDERS["webhooks"], "", webhooks)


def _state(item: Item, now: datetime) -> str:
    """Return what the item is now, and since when or until when."""
    state = shown_state(item)
    due = times.announced(str(item.json.get("embargo_until") or ""), now)
    ends = times.announced(item.expires_at or "", now)
    until = f", expires {ends}" if ends else ""
    match state:
        case "live":
            return f"live since {times.announced(item.published_at, now)}{until}"
        case "scheduled":
            return f"scheduled for {due}{until}"
        case "draft":
            return f"draft for {due}, waits for an approval" if due else "waits for an approval"
        case "withdrawn":
            return "withdrawn before it went out: no reader had it"
        case "test":
            return "drill: no reader gets it"
        case _:
            return f"{state} {times.announced(item.updated_at, now)}"


def _newest_first(events: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Return the receipts of events by action, the last event first."""

    def number(id: str) -> tuple[int, int]:
        ms, _, order = id.partition("-")
        return (int(ms), int(order or 0)) if (ms + order).isdecimal() else (0, 0)

    return sorted(events.items(), key=lambda one: number(str(one[1]["event"])), reverse=True)


def _push(out: Output, item: Item, found: Receipts) -> None:
    providers: Mapping[str, Any] = found.json["providers"]
    rows = [(kind, name) for name, kinds in providers.items() for kind in kinds]
    known = [*KINDS]
    for kind, name in sorted(rows, key=lambda row: known.index(row[0]) if row[0] in known else -1):
        _row(out, PROVIDERS.get(name, name), KINDS.get(kind, kind), providers[name][kind])
    if providers or shown_state(item) in ("withdrawn", "test"):
        return
    if not found.push:
        what = "was published" if was_out(item) else "is written"
        out.note(f"Not pushed: the item {what} without --push.")
    elif item.json.get("state") in ("draft", "scheduled"):
        out.note("Push is sent when the item is published.")
    elif item.json.get("state") == "retracted":
        out.note("Push is pending: no worker has read the retraction yet.")
    else:
        out.note("Push is pending: no worker has sent it yet. See `ticker push status`.")


def _places(out: Output, retraction: Mapping[str, Any]) -> None:
    """Print where the retracted item may still be, or that it is gone from all places."""
    from rich.text import Text

    # What is left to do stands where it is read: above a long list of what is done.
    places = sorted(retraction["places"], key=lambda place: place["state"] == "clean")
    left = [place for place in places if place["state"] != "clean"]
    words = f"clean: {len(places)} of {len(places)} places" if not left else "not clean yet"
    style = "yellow" if left else "green"
    out.console.print(Text.assemble("  Retracted ", (words, style)), soft_wrap=True)
    for place in places:
        name = PLACES.get(place["place"], place["place"])
        if place["name"]:
            name += f" {PROVIDERS.get(place['name'], place['name'])}"
        clean = place["state"] == "clean"
        mark, style = "✓" if clean else "!", MARKS.get(place["state"], "yellow")
        why = f": {place['detail']}" if place["detail"] else ""
        out.labelled(f"    {mark} ", name + why, "dim" if clean else style)


def _screens(out: Output, action: str, receipt: Mapping[str, Any]) -> None:
    counts = f"{receipt['screens']:,} at once"
    for name in ("delayed", "later"):
        if receipt[name]:
            counts += f", {receipt[name]:,} {name}"
    head = f"  {'Screens':<10}{action:<13}"
    out.pieces((head, ""), (counts, "green"))
    details = []
    if receipt["first_after"] is not None:
        first, last = soon(receipt["first_after"]), soon(receipt["last_after"])
        details.append(f"first after {first}, last after {last}")
    for transport, editions in receipt["written"].items():
        named = ", ".join(f"{edition} {count:,}" for edition, count in editions.items())
        details.append(f"{TRANSPORTS.get(transport, transport)}: {named}")
    if details:
        out.labelled(" " * len(head), "; ".join(details), "dim")


def _row(out: Output, provider: str, kind: str, receipt: Mapping[str, Any]) -> None:
    from rich.text import Text

    counts = Text(", ").join(
        Text(f"{receipt[name]:,} {name.replace('_', ' ')}", style)
        for names, style in ((GOOD, "green"), (WARN, "yellow"), (OTHERS, ""))
        for name in names
        if receipt.get(name)
    )
    head = Text.assemble(f"  {provider:<10}", (f"{kind:<13}", "dim"))
    nothing = "none yet"
    if receipt.get("complete"):
        # Without an alert, a withdrawal goes to nobody, whoever has subscribed.
        known = receipt["shards"] or kind == KINDS["withdraw"]
        nothing = "none" if known else "no subscribers"
    out.console.print(Text.assemble(head, counts or (nothing, "dim")), soft_wrap=True)
    if details := _details(receipt):
        out.labelled(" " * len(head), details, "dim")


def _details(receipt: Mapping[str, Any]) -> str:
    """Return the times of acceptance and the progress as text."""
    first, last = receipt["first_after"], receipt["last_after"]
    words = []
    if first is not None:
        words.append(f"first after {duration(first)}, last after {duration(last)}")
    if not receipt.get("complete", True):
        shards, done = receipt["shards"], receipt["shards_done"]
        words.append(f"{done} of {'?' if shards is None else shards} shards done")
    return "; ".join(words)

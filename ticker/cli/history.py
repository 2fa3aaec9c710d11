"""The ``ticker history`` command: who changed an item, when, and what."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ticker.cli import archive_pages, options, times
from ticker.cli.bidi import lines, one_line
from ticker.cli.drill import DRILL_STYLE, DRILL_TEXT
from ticker.cli.item_ids import full_id
from ticker.cli.item_text import in_words, wrapped
from ticker.cli.output import Output
from ticker.cli.runner import editor, reading_response, run

if TYPE_CHECKING:
    from ticker.client.results import Detail

TIMES = ("published_at", "expires_at", "embargo_until")


def history(
    item_id: options.ItemId,
    bidi: options.BidiChoice = "auto",
    as_json: options.Json = False,
) -> None:
    """Show each change of an item with the values before and after. Needs a key."""
    out = Output(as_json, bidi)

    async def work() -> None:
        async with editor() as client:
            detail = await archive_pages.detail(client, await full_id(client, item_id))
            has_key = client.has_key
        if as_json:
            out.json({"id": detail.item.id, "history": detail.history})
        elif not has_key:
            out.note("The history needs an editor key; set TICKER_KEY.")
        elif not detail.history:
            out.note("No changes are kept any more.")
        else:
            with reading_response():
                _print(out, detail)

    run(out, work())


def _print(out: Output, detail: Detail) -> None:
    if out.tty:
        if detail.item.json.get("test"):
            out.say(DRILL_TEXT, DRILL_STYLE)
        for line in wrapped(detail.item, out.console.width, out.bidi):
            out.say(line, style="bold")
    for entry in detail.history:
        changes: Mapping[str, Mapping[str, Any]] = entry.get("changes") or {}
        if out.tty:
            _print_entry(out, entry, changes)
            continue
        columns = [str(entry.get(name) or "") for name in ("at", "version", "action", "by", "note")]
        for name, values in changes.items():
            out.row(*columns, name, _value(values["before"]), _value(values["after"]))
        if not changes:
            out.row(*columns, "", "", "")


def _print_entry(
    out: Output, entry: Mapping[str, Any], changes: Mapping[str, Mapping[str, Any]]
) -> None:
    when = times.full(str(entry.get("at") or ""), out.now)
    by = f" by {entry.get('by')}" if entry.get("by") else ""
    head = f"{when}  {entry.get('action')}{by}, version {entry.get('version')}"
    out.say(one_line(head, out.bidi))
    if entry.get("note"):
        out.labelled("  ", str(entry["note"]), "dim")
    room = max(20, out.console.width - 18)
    for name, values in changes.items():
        label = name
        for mark, style, value in (("-", "red", "before"), ("+", "green", "after")):
            text = _value(values[value])
            if name in TIMES:
                text = times.full(text, out.now) or text
            for line in lines(text, room, out.bidi) if text else ():
                out.say(f"  {label:<14}{mark} {line}", style)
                label = ""


def _value(value: object) -> str:
    if isinstance(value, dict) and "text" in value:
        return str(value["text"])
    if value is False:
        return "no"
    return "" if value is None else in_words(value)

"""The ``ticker history`` command: who changed an item, when, and what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ticker.cli import archive_pages, options, times
from ticker.cli.bidi import lines
from ticker.cli.drill import DRILL_STYLE, DRILL_TEXT
from ticker.cli.item_ids import full_id
from ticker.cli.item_text import in_words, wrapped
from ticker.cli.output import Output
from ticker.cli.runner import editor, reading_response, run
from ticker.client.errors import NotFound

if TYPE_CHECKING:
    from ticker.client import Editor
    from ticker.client.results import Detail

EARLIER_MAX = 8
"""Items that are followed back."""
TIMES = ("published_at", "expires_at", "embargo_until")


def history(
    item_id: options.ItemId,
    bidi: options.BidiChoice = "auto",
    as_json: options.Json = False,
) -> None:
    """Show each change of an item with the values before and after. Needs a key.

    Of an item that was withdrawn by mistake and published again, the changes before that come
    first.
    """
    out = Output(as_json, bidi)

    async def work() -> None:
        async with editor() as client:
            detail = await archive_pages.detail(client, await full_id(client, item_id))
            has_key = client.has_key
            earlier = await _earlier(client, detail)
        if as_json:
            before = [{"id": one.item.id, "history": one.history} for one in earlier]
            out.json({"id": detail.item.id, "history": detail.history, "earlier": before})
        elif not has_key:
            out.note("The history needs an editor key; set TICKER_KEY.")
        elif not detail.history and not earlier:
            out.note("No changes are kept any more.")
        else:
            with reading_response():
                _print(out, detail, earlier)

    run(out, work())


async def _earlier(client: Editor, detail: Detail) -> list[Detail]:
    """Return the items that were withdrawn by mistake until this one, the oldest first."""
    found: list[Detail] = []
    id = detail.item.json.get("replaces")
    while id and len(found) < EARLIER_MAX:
        try:
            one = await client.get(str(id))
        except NotFound:
            break  # the newsroom does not keep it any more
        found.insert(0, one)
        id = one.item.json.get("replaces")
    return found


def _print(out: Output, detail: Detail, earlier: Sequence[Detail]) -> None:
    if out.tty:
        if detail.item.json.get("test"):
            out.say(DRILL_TEXT, DRILL_STYLE)
        for line in wrapped(detail.item, out.console.width, out.bidi):
            out.say(line, style="bold")
    for one in earlier:
        _print_changes(out, one)
        if out.tty:
            out.say(f"Published again as {one.item.json.get('replaced_by')}, a new item", "bold")
    _print_changes(out, detail)
    if out.tty and (successor := detail.item.json.get("replaced_by")):
        out.note(f"Published again: ticker history {successor}")


def _print_changes(out: Output, detail: Detail) -> None:
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
    head = f"{when}: {entry.get('action')}{by}, version {entry.get('version')}"
    out.labelled("", head)
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

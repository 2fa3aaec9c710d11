"""The ``ticker audit`` command: list who did what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer

from ticker.cli import options, times
from ticker.cli.columns import print_rows
from ticker.cli.item_ids import short_forms
from ticker.cli.item_text import in_words
from ticker.cli.output import Output
from ticker.cli.runner import editor, reading_response, run, usage
from ticker.cli.time_zone import local_now
from ticker.domain.audit_action import action_of

PAGE = 200
"""Entries in one request."""
VALUE_MAX = 60
"""Characters of a value. All of them are in the output of --json."""
NEW = ("headline", "level")
"""Fields of a new item that are shown; the others are not changes of anything."""


def audit(
    by: Annotated[
        str | None, typer.Option(metavar="NAME", help="Only what this editor did.")
    ] = None,
    item: Annotated[
        str | None, typer.Option(metavar="ID", help="Only changes of this item.")
    ] = None,
    action: Annotated[
        str | None, typer.Option(metavar="ACTION", help="Only this action, such as retract.")
    ] = None,
    since: Annotated[
        str | None, typer.Option(metavar="TIME", help="Only from this time on: 2h (ago), 18:30.")
    ] = None,
    limit: Annotated[
        int, typer.Option("--limit", "-n", metavar="N", min=0, help="Most entries; 0 is all.")
    ] = 50,
    zone: options.Zone = None,
    as_json: options.Json = False,
) -> None:
    """List who did what, the newest first. Needs a chief's key.

    With --json it prints one entry a line (NDJSON), as the pages arrive: -n 0 exports the audit.
    """
    out = Output(as_json)
    filters = {"by": by, "item": item, "action": action}
    try:
        if zone or since:
            out.now = local_now(zone)
        if since is not None:
            filters["since"] = times.past(since, out.now).isoformat()
    except ValueError as error:
        usage(out, f"--since: {error}")

    async def work() -> None:
        left, before, found = limit, None, False
        async with editor() as client:
            while True:
                size = PAGE if limit == 0 else min(PAGE, left)
                page = await client.audit(before=before, limit=size, **filters)
                with reading_response():
                    entries, before = list(page["entries"]), page["next"]
                    _print(out, entries)
                left -= len(entries)
                found = found or bool(entries)
                if before is None or (limit and left <= 0):
                    break
        if not found and not as_json:
            out.note("No entries found.")

    run(out, work())


def _print(out: Output, entries: Sequence[Mapping[str, Any]]) -> None:
    if out.as_json:
        for entry in entries:
            out.json(dict(entry))
        return
    items = [str(entry.get("item") or "") for entry in entries]
    shown = short_forms(items) if out.tty else items
    rows = []
    for entry, item in zip(entries, shown, strict=True):
        when = times.shown(str(entry["at"]), out.now) if out.tty else entry["at"]
        about = item or str(entry.get("target") or "")
        what = item_changes(entry) if item else _of_other(entry)
        who = str(entry.get("by") or "")
        action = action_of(str(entry.get("action") or ""), str(entry.get("state") or ""))
        rows.append((str(when), who, action, about, what))
    print_rows(out, ("time", "by", "action", "about", "what"), rows)


def item_changes(entry: Mapping[str, Any]) -> str:
    """Return the reason, and the fields that changed; of a new item only what tells it apart."""
    changes: Mapping[str, Mapping[str, Any]] = entry["changes"]
    made = "edition" in changes and all(one["before"] is None for one in changes.values())
    names = [name for name in changes if not made or name in NEW]
    left_out = sorted({*entry["hashes"]} - {*changes})
    return "; ".join(
        [
            *([str(entry["reason"])] if entry.get("reason") else []),
            *(_change(name, changes[name], "none") for name in sorted(names)),
            *([f"{', '.join(left_out)} (text not kept)"] if left_out else []),
        ]
    )


def _of_other(entry: Mapping[str, Any]) -> str:
    """Return the reason, fields with their values, and for sign-ins the address."""
    parts = [str(entry["reason"])] if entry.get("reason") else []
    parts += [_change(name, values, "all") for name, values in sorted(entry["changes"].items())]
    if str(entry.get("action")).startswith("sign_") and entry.get("address"):
        parts.append(f"from {entry['address']}")
    return "; ".join(parts)


def _change(name: str, values: Mapping[str, Any], empty: str) -> str:
    """Return a field with its values: a word between them keeps their order, also in Arabic."""
    before, after = (_value(values[one], empty) for one in ("before", "after"))
    return f"{name} {before}, now {after or 'none'}" if before else f"{name} {after}"


def _value(value: Any, empty: str) -> str:
    """Return the beginning of a value, in quotes if it has several words."""
    if value is None:
        return ""
    if value == [] or value is False:
        return "no" if value is False else empty
    text = " ".join(in_words(value).split())
    if len(text) > VALUE_MAX:
        text = text[: VALUE_MAX - 1] + "…"
    return f'"{text}"' if " " in text and isinstance(value, str) else text

"""A preview of a draft: each channel as it is sent, whom it interrupts, and what was sent today."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeAlias

from ticker.cli import times
from ticker.cli.status import PROVIDERS

if TYPE_CHECKING:
    from ticker.cli.bidi import Mode
    from ticker.cli.output import Output

Line: TypeAlias = tuple[str, str | None]
"""A line and its style."""
CHANNELS = {"site": "Site", "widget": "Widget", "bar": "Bar"} | PROVIDERS
NARROWEST = 20
MANY = 3
"""Alerts of one day from which the number is shown as a warning."""


async def show(out: Output, draft: Mapping[str, Any]) -> int:
    """Print the preview of ``draft``; return the exit code. Raises the errors of the client."""
    from ticker.cli.drill import DRILL_STYLE, DRILL_TEXT
    from ticker.cli.options import OK
    from ticker.cli.runner import editor, reading_response

    async with editor() as client:
        found = await client.preview(draft, since=midnight(out.now))
    if out.as_json:
        out.json(found)
        return OK
    width = max(NARROWEST, out.console.width) if out.tty else 0
    with reading_response():
        lines = [*channels(found, width, out.bidi), *reach(found)]
        lines += [
            *today(found, out.now, width, out.bidi),
            *warnings(found, out.now, width, out.bidi),
        ]
    if found.get("state") == "test":
        lines.insert(0, (DRILL_TEXT, DRILL_STYLE))
    for line, style in lines:
        out.say(line, style)
    out.say("Nothing was published (--preview).", style="dim")
    return OK


def midnight(now: datetime) -> datetime:
    """Return when today began in the zone of ``now``, by its rules at that moment."""
    return now.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)


def channels(found: Mapping[str, Any], width: int, mode: Mode) -> list[Line]:
    """Return the channels with their texts in ``width`` cells, those with the same text together.

    A width of 0 wraps nothing.
    """
    from ticker.cli import bidi

    groups: dict[tuple[str, ...], list[Mapping[str, Any]]] = {}
    for one in found["channels"]:
        key = tuple(str(one[name] or "") for name in ("title", "text", "dir", "hint"))
        groups.setdefault(key, []).append(one)
    lines: list[Line] = []
    room = max(NARROWEST, width - 2) if width else 0
    for (title, text, direction, hint), members in groups.items():
        names = ", ".join(CHANNELS.get(one["channel"], str(one["channel"])) for one in members)
        lines.append((f"{names}: {int(members[0]['characters']):,} characters", "bold"))
        for part in filter(None, (title, text)):
            lines += [(f"  {line}", None) for line in bidi.lines(part, room, mode, direction)]
        if hint:
            lines.append((f"  ! {hint}", "yellow"))
    return lines


def reach(found: Mapping[str, Any]) -> list[Line]:
    """Return whom the item interrupts."""
    people = found["interrupts"]
    lines: list[Line] = [(f"Readers on screen now: {int(people['readers']):,}", None)]
    for provider, count in people["subscriptions"].items():
        number = "1 subscription" if int(count) == 1 else f"{int(count):,} subscriptions"
        lines.append((f"{PROVIDERS.get(provider, provider)}: {number}", None))
    return lines


def today(found: Mapping[str, Any], now: datetime, width: int, mode: Mode) -> list[Line]:
    """Return the alerts that were sent today, by edition, each with the last one."""
    from ticker.cli import bidi

    lines: list[Line] = []
    for edition, alerts in found["alerts_today"].items():
        count = int(alerts["count"])
        text = f"Alerts in edition {edition} today: {count}"
        style = "yellow" if count >= MANY else None
        for last in alerts["newest"][:1]:
            text += f"; the last at {times.full(str(last['sent_at']), now)}:"
            lines.append((text, style))
            room = max(NARROWEST, width - 2) if width else 0
            headline = str(last["headline"] or "(retracted)")
            lines += [(f"  {line}", None) for line in bidi.lines(headline, room, mode)]
    return lines


def warnings(found: Mapping[str, Any], now: datetime, width: int, mode: Mode) -> list[Line]:
    """Return the warnings, such as items with a similar headline."""
    from ticker.cli import bidi

    return [
        (line, "yellow")
        for one in found["warnings"]
        for line in bidi.lines(f"! {times.localised(str(one['message']), now)}", width, mode)
    ]

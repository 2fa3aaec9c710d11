"""The ``ticker tail`` command: the live feed in a terminal."""

from __future__ import annotations

import asyncio
import signal
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from ticker.cli import options, times
from ticker.cli.item_text import LEVEL_STYLE, TEXT_STYLE, correction_notice, wrapped
from ticker.cli.output import Output
from ticker.cli.runner import run, settings
from ticker.cli.time_zone import shown_now
from ticker.client import errors

if TYPE_CHECKING:
    from rich.text import Text

    from ticker.client import Event, Item, ItemEvent, Retry, Snapshot

BACKLOG_MAX = 200
ACTION_LABELS = {
    "publish": ("", ""),
    "update": ("updated", "cyan"),
    "correct": ("corrected", "magenta"),
    "retract": ("retracted", "bold red"),
    "expire": ("expired", "dim"),
    "pin": ("pinned", "cyan"),
    "unpin": ("unpinned", "cyan"),
}

REASONS = {"drain": "the server is stopping"}
"""Text for each reason of a ``goodbye`` message."""


def tail(
    edition: options.Editions = [],  # noqa: B006  # typer copies it
    section: options.Sections = [],  # noqa: B006
    region: options.Regions = [],  # noqa: B006
    tag: options.Tags = [],  # noqa: B006
    story: options.Stories = [],  # noqa: B006
    level: options.MinimumLevel = None,
    after: Annotated[
        str | None, typer.Option(metavar="CURSOR", help="Resume after this cursor.")
    ] = None,
    backlog: Annotated[
        int,
        typer.Option(
            metavar="N", min=0, max=BACKLOG_MAX, help="Number of recent items to show first."
        ),
    ] = 20,
    since_start: Annotated[
        bool,
        typer.Option("--since-start", help="Show all live items first."),
    ] = False,
    bidi: options.BidiChoice = "auto",
    as_json: options.Json = False,
) -> None:
    """Follow the live feed until Ctrl-C, and reconnect without missing events.

    With --json, each event is printed on one line as the server sent it.
    """
    out = Output(as_json, bidi)
    view = EventPrinter(out)

    async def work() -> None:
        from ticker.client import Ticker

        feed = Ticker(
            settings().url,
            edition=options.split(edition),
            section=options.split(section),
            region=options.split(region),
            tag=options.split(tag),
            story=options.split(story),
            level=level,
            after=after,
            backlog="all" if since_start else backlog,
            on_retry=view.disconnected,
            on_welcome=view.connected,
        )
        loop = asyncio.get_running_loop()
        closing: list[asyncio.Task[None]] = []
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(
                number, lambda: closing.append(asyncio.ensure_future(feed.aclose()))
            )
        async with feed:
            async for event in feed:
                view.show(event)
        await asyncio.gather(*closing)
        view.print_resume_hint(feed.cursor)

    run(out, work())


class EventPrinter:
    """Prints events to standard output and changes of the connection to standard error."""

    def __init__(self, out: Output) -> None:
        self._out = out
        self._lost = False
        self._was_connected = False

    def disconnected(self, retry: Retry) -> None:
        """Print that the connection is lost, once. Raises Unreachable if there never was one."""
        if not self._was_connected:
            raise errors.Unreachable(settings().url, retry.reason)
        if not self._lost:
            reason = REASONS.get(retry.reason, retry.reason)
            self._out.note(f"Connection lost ({reason}), reconnecting…", style="yellow")
        self._lost = True

    def connected(self) -> None:
        """Print that the connection is restored, if it was lost."""
        if self._lost:
            self._out.note("Reconnected.", style="green")
        self._was_connected, self._lost = True, False

    def print_resume_hint(self, cursor: str | None) -> None:
        """Print the option that resumes here."""
        if cursor and self._out.tty and not self._out.as_json:
            self._out.note(f"\nResume with: --after {cursor}")

    def show(self, event: Event) -> None:
        """Print one event."""
        from ticker.client import Snapshot

        if isinstance(event, Snapshot):
            self._snapshot(event)
        elif self._out.as_json:
            self._out.json(
                {
                    "type": "item",
                    "cursor": event.cursor,
                    "action": event.action,
                    "item": event.item.json,
                }
            )
        else:
            self._event(event)

    def _snapshot(self, snapshot: Snapshot) -> None:
        if self._out.as_json:
            self._out.json(
                {
                    "type": "snapshot",
                    "cursor": snapshot.cursor,
                    "reset": snapshot.reset,
                    "reason": snapshot.reason,
                    "items": [item.json for item in snapshot.items],
                }
            )
            return
        if snapshot.reset:
            reason = f" ({snapshot.reason})" if snapshot.reason else ""
            self._out.note(f"Some events were missed{reason}. Current items:", style="yellow")
        for item in reversed(snapshot.items):  # the newest last, next to the events that follow
            self._item(item, "pinned" if item.pinned else "", "cyan")

    def _event(self, event: ItemEvent) -> None:
        label, style = ACTION_LABELS.get(event.action, (event.action, "cyan"))
        if event.removal:
            self._prefixed(event.item, label, style, [event.item.id], "dim")
            return
        self._item(event.item, label, style)

    def _item(self, item: Item, label: str, style: str) -> None:
        """Print an item, with its notice below if it was corrected (PROTOCOL.md §5)."""
        column = len(self._prefix(item, label)) + 2
        room = max(20, self._out.console.width - column) if self._out.tty else 0
        lines = wrapped(item, room, self._out.bidi)
        self._prefixed(item, label, style, lines, TEXT_STYLE.get(item.level, ""))
        if notice := correction_notice(item):
            self._out.labelled(" " * column, notice, "italic dim", direction=item.dir)
            sys.stdout.flush()

    def _prefix(self, item: Item, label: str, label_style: str = "") -> Text:
        from rich.text import Text

        when = times.shown(item.published_at or item.updated_at, shown_now())
        level = "" if item.level == "ticker" else item.level.upper()
        level_style = LEVEL_STYLE.get(item.level, "")
        parts = [(when, "dim"), (item.edition, "dim"), (level, level_style), (label, label_style)]
        return Text("  ").join(Text(*part) for part in parts if part[0])

    def _prefixed(
        self, item: Item, label: str, label_style: str, lines: list[str], style: str
    ) -> None:
        first = self._prefix(item, label, label_style)
        indent = " " * (len(first) + 2)
        first.append("  ").append(lines[0], style)
        self._out.console.print(first, soft_wrap=True)
        for line in lines[1:]:
            self._out.say(indent + line, style)
        sys.stdout.flush()

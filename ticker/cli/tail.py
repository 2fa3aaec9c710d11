"""``ticker tail``: the live feed in a terminal."""

from __future__ import annotations

import asyncio
import signal
import sys
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from ticker.cli import options, times
from ticker.cli.bidi import one_line
from ticker.cli.item_text import LEVEL_STYLE, LINE_STYLE, wrapped
from ticker.cli.output import Output
from ticker.cli.runner import run, settings
from ticker.client import errors

if TYPE_CHECKING:
    from rich.text import Text

    from ticker.client import Event, Item, ItemEvent, Retry, Snapshot

BACKLOG_MAX = 200
MARKS = {
    "publish": ("", ""),
    "update": ("updated", "cyan"),
    "correct": ("corrected", "magenta"),
    "retract": ("retracted", "bold red"),
    "expire": ("expired", "dim"),
    "pin": ("pinned", "cyan"),
    "unpin": ("unpinned", "cyan"),
}

REASONS = {"drain": "the server is stopping"}
"""What a goodbye says in one word, for a person."""


def tail(
    edition: options.Editions = [],  # noqa: B006  # typer copies it
    section: options.Sections = [],  # noqa: B006
    region: options.Regions = [],  # noqa: B006
    tag: options.Tags = [],  # noqa: B006
    story: options.Stories = [],  # noqa: B006
    level: options.MinimumLevel = None,
    after: Annotated[
        str | None, typer.Option(metavar="CURSOR", help="Resume behind this cursor.")
    ] = None,
    backlog: Annotated[
        int,
        typer.Option(
            metavar="N", min=0, max=BACKLOG_MAX, help="Begin with so many of the newest items."
        ),
    ] = 20,
    since_start: Annotated[
        bool,
        typer.Option("--since-start", help=f"Begin with all that is out, up to {BACKLOG_MAX}."),
    ] = False,
    bidi: options.BidiChoice = "auto",
    as_json: options.Json = False,
) -> None:
    """Follow the ticker live; resumes by itself. Ctrl-C ends it.

    With --json every event is a line of its own: the message as the server sent it.
    """
    out = Output(as_json, bidi)
    view = _View(out)

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
            backlog=BACKLOG_MAX if since_start else backlog,
            on_retry=view.retry,
            on_welcome=view.welcome,
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
        view.farewell(feed.cursor)

    run(out, work())


class _View:
    """Prints events as they come, and on standard error what happens to the connection."""

    def __init__(self, out: Output) -> None:
        self._out = out
        self._lost = False
        self._begun = False

    def retry(self, retry: Retry) -> None:
        """Tell that the connection is lost. Raises Unreachable if there never was one."""
        if not self._begun:
            raise errors.Unreachable(settings().url, retry.reason)
        if not self._lost:
            reason = REASONS.get(retry.reason, retry.reason)
            self._out.note(f"reconnecting… ({reason})", style="yellow")
        self._lost = True

    def welcome(self) -> None:
        """Tell that the connection is there again."""
        if self._lost:
            self._out.note("connected again", style="green")
        self._begun, self._lost = True, False

    def farewell(self, cursor: str | None) -> None:
        """Say where one could go on."""
        if cursor and self._out.tty and not self._out.as_json:
            self._out.note(f"\nGo on from here, and miss nothing: --after {cursor}")

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
            why = f" ({snapshot.reason})" if snapshot.reason else ""
            self._out.note(f"the gap could not be closed{why}: what is out now", style="yellow")
        for item in reversed(snapshot.items):  # the newest last, above what is still to come
            self._line(item, "pinned" if item.pinned else "", "cyan")

    def _event(self, event: ItemEvent) -> None:
        mark, style = MARKS.get(event.action, (event.action, "cyan"))
        if event.removal:
            self._prefixed(event.item, mark, style, [event.item.id], "dim")
            return
        indent = self._line(event.item, mark, style)
        correction = event.item.correction
        if event.action == "correct" and correction is not None:
            text = one_line(str(correction.get("text", "")), self._out.bidi, event.item.dir)
            self._out.say(" " * indent + text, style="italic dim")

    def _line(self, item: Item, mark: str, style: str) -> int:
        """Print an item; return the column at which its text begins."""
        taken = len(self._head(item, mark)) + 2
        room = max(20, self._out.console.width - taken) if self._out.tty else 0
        lines = wrapped(item, room, self._out.bidi)
        self._prefixed(item, mark, style, lines, LINE_STYLE.get(item.level, ""))
        return taken

    def _head(self, item: Item, mark: str, mark_style: str = "") -> Text:
        from rich.text import Text

        when = times.shown(item.published_at or item.updated_at, datetime.now().astimezone())
        level = "" if item.level == "ticker" else item.level.upper()
        level_style = LEVEL_STYLE.get(item.level, "")
        parts = [(when, "dim"), (item.edition, "dim"), (level, level_style), (mark, mark_style)]
        return Text("  ").join(Text(*part) for part in parts if part[0])

    def _prefixed(
        self, item: Item, mark: str, mark_style: str, lines: list[str], style: str
    ) -> None:
        head = self._head(item, mark, mark_style)
        indent = " " * (len(head) + 2)
        head.append("  ").append(lines[0], style)
        self._out.console.print(head, soft_wrap=True)
        for line in lines[1:]:
            self._out.say(indent + line, style)
        sys.stdout.flush()

"""The question before a command interrupts people: a preview, and "Send in edition en, now? [y/N]".

It is asked of a person at a terminal. Without a terminal, in a script or a pipe, nobody could
answer, so nothing is asked.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, NoReturn, TypeAlias, get_args

import typer

from ticker.cli import reach, times
from ticker.cli.drill import DRILL, DRILL_STYLE, DRILL_TEXT
from ticker.cli.options import REFUSED, Level
from ticker.cli.reach import LOUD, Line
from ticker.cli.typed_secret import interruptible
from ticker.domain.speaker import with_speaker
from ticker.domain.terminal_text import inline

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from ticker.cli.bidi import Mode
    from ticker.cli.output import Output

INTERRUPTED = 130
"""Exit code after Ctrl-C, as shells count it."""
ANSWER_MAX = 1024
"""Bytes of an answer; the rest is dropped."""
ANSWERS = (b"y", b"yes")
CHOICE = "[y/N]"
NARROWEST = 20

Yes: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--yes",
        "-y",
        help="Do not ask. Else a terminal asks before an alert, a flash or a bulletin.",
    ),
]


def can_ask(yes: bool) -> bool:
    """Return whether a person is at the terminal and has not said ``--yes``."""
    streams = (sys.stdin, sys.stdout, sys.stderr)
    return not yes and all(stream is not None and stream.isatty() for stream in streams)


def interrupts(item: Mapping[str, Any]) -> bool:
    """Return whether the publication of ``item``, a draft or an item, interrupts people."""
    return not item.get("test") and (bool(item.get("push")) or item.get("level") in LOUD)


def asks(item: Mapping[str, Any]) -> bool:
    """Return whether ``item`` is asked about: it interrupts people, or is the drill of one."""
    return interrupts({**item, "test": False})


def change_interrupts(item: Mapping[str, Any], changes: Mapping[str, Any]) -> bool:
    """Return whether ``changes`` of ``item`` interrupt people: a new alert, or a higher level.

    A change of an item that has an alert replaces it without a sound.
    """
    levels = get_args(Level)
    old, new = item.get("level"), changes.get("level")
    raised = new in levels and (old not in levels or levels.index(new) > levels.index(old))
    new_alert = bool(changes.get("push")) and not item.get("test")
    return new_alert or (raised and interrupts({**item, **changes}))


async def confirm(
    out: Output,
    item: Mapping[str, Any],
    done: str = "published",
    *,
    checked: bool = False,
    before: Sequence[Line] = (),
    what: str = "Send",
) -> None:
    """Show ``item``, a draft or an item, and ask. Raises typer.Exit unless the answer is yes.

    ``done`` is what has not happened then. With ``checked``, raises Refused instead of asking if
    the newsroom would not publish the draft. ``before`` are lines above it, ``what`` begins the
    question. Only for a command that ``can_ask``.
    """
    counts, readers, more = await reach.counts(item, checked)
    width = max(NARROWEST, out.stderr.width)
    lines = [*before, *preview(item, counts, width, out.bidi, out.now, readers)]
    question = _question(item, width, out.now, what)
    ask(out, [*lines, *more(width, out.bidi, out.now)], question, done)


def ask(out: Output, lines: list[Line], question: str, done: str) -> None:
    """Show ``lines`` and ask ``question``. Raises typer.Exit unless the answer is yes.

    ``done`` is what has not happened then. Only for a command that ``can_ask``.
    """
    code = REFUSED
    try:
        with interruptible():
            for line, style in lines:
                out.note(line, style)
            out.stderr.print(f"{question} {CHOICE} ", style="bold", end="", markup=False)
            sys.stderr.flush()
            answer = sys.stdin.buffer.readline(ANSWER_MAX)
    except KeyboardInterrupt:
        answer, code = b"", INTERRUPTED
    if not answer.endswith(b"\n"):  # Ctrl-C or Ctrl-D: the cursor is still behind the question
        out.note("")
    if answer.strip().lower() not in ANSWERS:
        declined(out, f"Nothing was {done}.", code)


def _question(item: Mapping[str, Any], width: int, now: datetime, what: str) -> str:
    """Return the question, with edition and time if that fits in a line of ``width`` cells."""
    from rich.cells import cell_len

    what = f"{what} this {DRILL}" if item.get("test") else what
    question = f"{what} {_place(item, now)}?"
    return question if cell_len(f"{question} {CHOICE} ") <= width else f"{what}?"


def _place(item: Mapping[str, Any], now: datetime) -> str:
    due = times.announced(str(item.get("at") or item.get("embargo_until") or ""), now)
    return f"in edition {inline(str(item.get('edition')))}, {due or 'now'}"


def preview(
    item: Mapping[str, Any],
    counts: Mapping[str, int] | None,
    width: int,
    mode: Mode,
    now: datetime,
    readers: int | None = None,
) -> list[Line]:
    """Return the lines that show what is about to be sent, in ``width`` cells.

    ``counts``: the devices by provider, if they are known. ``readers``: those whose page is open.
    """
    from ticker.cli import bidi
    from ticker.cli.item_text import TEXT_STYLE

    level, push = str(item.get("level")), item.get("push")
    direction = item.get("dir")

    def quoted(text: object, style: str | None = None) -> list[Line]:
        lines = bidi.lines(str(text), width - 2, mode, direction)
        return [(f"  {line}", style) for line in lines]

    def plain(text: str) -> list[Line]:
        return [(line, None) for line in bidi.wrap(inline(text), width)]

    drill = bool(item.get("test"))
    lines: list[Line] = []
    if drill:
        lines += [(line, DRILL_STYLE) for line in bidi.wrap(DRILL_TEXT, width)]
    what = f"{DRILL}: {level}" if drill else level.capitalize()
    lines += plain(f"{what} {_place(item, now)}:")
    headline = with_speaker(item.get("speaker"), str(item.get("headline")))
    lines += quoted(headline, TEXT_STYLE.get(level))
    screens = plain(_screens(readers)) if level in LOUD and not drill else []
    if not push:
        return lines + plain("No alert.") + screens
    options = push if isinstance(push, Mapping) else {}
    for name, key, usual in (("title", "title", "name of the site"), ("text", "body", "headline")):
        given = options.get(key)
        lines += plain(f"The alert's {name}:" if given else f"The alert's {name} is the {usual}.")
        lines += quoted(given) if given else []
    return lines if drill else lines + screens + plain(_reach(counts))


def _screens(readers: int | None) -> str:
    if readers is None:
        return "It interrupts readers whose page is open."
    if not readers:
        return "No reader has a page open now."
    return f"It interrupts up to {readers:,} reader{'' if readers == 1 else 's'} on screen now."


def _reach(counts: Mapping[str, int] | None) -> str:
    if counts is None:
        return "It is not known how many devices it may interrupt."
    known = [f"{name} {count:,}" for name, count in counts.items() if count]
    if not known:
        return "No device is registered for alerts."
    total = sum(counts.values())
    devices = "device" if total == 1 else "devices"
    return f"It may interrupt up to {total:,} {devices}: {', '.join(known)}."


def declined(out: Output, text: str, code: int) -> NoReturn:
    """Print ``text`` and exit with ``code``."""
    if out.as_json:
        out.json({"type": "about:blank", "title": "Cancelled", "detail": text})
    else:
        out.note(text, style=None)
    raise typer.Exit(code)

"""Print the result of a change, such as publish, correct or retract."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ticker.cli import screens, times
from ticker.cli.bidi import lines
from ticker.cli.drill import DRILL, DRILL_STYLE
from ticker.cli.item_text import TEXT_STYLE, wrapped
from ticker.cli.listing import was_out
from ticker.cli.options import OK, PENDING
from ticker.cli.output import Output

if TYPE_CHECKING:
    from ticker.client import Editor
    from ticker.client.results import Published

DURABILITY = {"local": "not yet on disk", "fsync": "on disk", "replicated": "on a replica"}
"""Text for each ``durability`` of a response."""

SCHEDULED = {
    "published": "scheduled",
    "approved": "approved and scheduled",
    "rescheduled": "rescheduled",
    "published again as a new item": "scheduled again as a new item",
}
"""What is said of a scheduled item instead of what was done."""
DRAFT = {
    "published": "is a draft; `ticker approve` publishes it",
    "published again as a new item": "is a draft again, as a new item",
}
"""What is said of a draft instead of what was done."""


ALREADY = {
    "corrected": "has these values already",
    "updated": "has these values already",
    "rescheduled": "was scheduled for this time already",
    "approved": "was approved already",
    "released": "is live already",
    "ended": "had ended already",
    "retracted": "was retracted already",
    "withdrawn": "was withdrawn already",
    "taken back": "was taken back already",
    "pinned": "was pinned already",
    "unpinned": "was not pinned",
}
"""What is said after a change that the item did not need."""


async def report(out: Output, client: Editor, result: Published, done: str) -> int:
    """Print a result as ``print_result`` does, and why it is not on screens yet if it is not.

    A person at a terminal also sees how many screens it has reached; a script does not wait for it.

    Return the exit code.
    """
    pending = result.delivered is False
    out.finished(f"{done.capitalize()} {result.item.id}", PENDING if pending else OK)
    silent = await client.silent_hop() if pending else None
    print_result(out, result, done, silent=silent)
    if out.tty and not out.as_json and (text := await screens.reached(client, result)):
        out.say(f"  {text[:1].upper()}{text[1:]}.", "dim")
    return PENDING if pending else OK


def print_result(out: Output, result: Published, done: str, *, silent: str | None = None) -> None:
    """Print the item's id, ``done`` (such as "published") and the item's text.

    ``silent`` is the hop that passes no events. With ``--json`` prints the server's response.
    """
    if out.as_json:
        out.json({**result.json, "silent": silent} if result.delivered is False else result.json)
        return
    from rich.text import Text

    item = result.item
    if done == "retracted" and not was_out(item):
        done = "withdrawn"  # readers never had it
    if done in ALREADY and not result.changed and not result.repeated:
        done = f"{ALREADY[done]}, nothing changed"
    elif result.repeated:
        # The key of `ticker undo` is its own, which nobody has given.
        by = "" if done.startswith("published again") else " with this key"
        done = f"already {done}{by}, nothing changed"
    elif result.state == "scheduled" and item.json.get("undo_until"):
        done = f"{done if done == 'approved' else 'accepted'}; readers do not have it yet"
    elif result.state == "scheduled":
        when = times.announced(str(item.json.get("embargo_until") or ""), out.now)
        done = SCHEDULED.get(done, f"{done}, scheduled") + (f" for {when}" if when else "")
    elif result.state == "draft":
        done = DRAFT.get(done, f"{done}; it waits for an approval")
    elif item.json.get("proposed") and result.json.get("wire_id") is None:
        done = "is proposed; it waits for a second person (`ticker approve`)"
    elif result.state == "test":
        done = "stored as a test item, not sent to readers"
    elif item.json.get("test"):
        done = f"{done}; no reader had it"
    mark, style = "✓ ", "bold green"
    if item.json.get("test"):
        mark, style = f"{DRILL} ", DRILL_STYLE
    if result.delivered is False:
        mark, style = "! ", "bold yellow"
        done = "accepted; not on screens yet"
    saved = DURABILITY.get(result.durability, result.durability)
    details = f"version {item.version}, {saved}"
    out.console.print(
        Text.assemble((mark, style), f"{item.id}  {done}  ", (details, "dim")),
        soft_wrap=not out.tty,
    )
    if result.delivered is False:
        say_why(out, silent)
    if wait := undo_seconds(result):
        out.say(f"  Goes out in {wait} s; take it back with: ticker undo", "bold")
    for warning in result.warnings:
        for line in _warning(warning, out):
            out.note(line, style="yellow")
    expires = times.announced(str(item.json.get("expires_at") or ""), out.now)
    if expires and result.state not in screens.REMOVED:  # one that has ended does so no more
        out.say(f"  Expires {expires}", "dim")
    for line in wrapped(item, max(20, out.console.width - 2) if out.tty else 0, out.bidi):
        out.say(f"  {line}", TEXT_STYLE.get(item.level))
    if item.correction is not None:
        text = str(item.correction.get("text", ""))
        out.labelled("  Correction: ", text, "dim", direction=item.dir)


def undo_seconds(result: Published) -> str:
    """Return the seconds from the change to the end of the undo window; empty without one.

    Both times are of the newsroom's clock: that of this computer may be wrong.
    """
    item = result.item
    until = str(item.json.get("undo_until") or "")
    if result.state != "scheduled" or result.repeated or not until:
        return ""
    try:
        left = datetime.fromisoformat(until) - datetime.fromisoformat(item.updated_at)
    except (ValueError, TypeError):
        return ""  # a server that is none of ours
    return f"{max(0.1, round(left.total_seconds(), 1)):g}"


def say_why(out: Output, silent: str | None) -> None:
    """Print why an accepted event is not on screens yet; ``silent`` is the hop that passes none."""
    out.say(f"  {silent or 'the worker has not carried it yet'}", "yellow")
    out.say("  It appears by itself. `ticker doctor` shows what to do.", "dim")


def _warning(warning: Mapping[str, Any], out: Output) -> list[str]:
    """Return a warning of the server in lines, with local time."""
    similar = warning.get("item")
    if not isinstance(similar, dict):
        message = times.localised(str(warning.get("message") or ""), out.now)
        return [f"! {_sentence(message)}"]
    when = times.full(str(similar.get("published_at") or ""), out.now)
    head = f"! Similar to {similar.get('id')}, published {when}:"
    text = str(similar.get("headline") or "")
    if not out.stderr.is_terminal:
        return [f"{head} {text}"]
    found = lines(text, max(20, out.stderr.width - 4), out.bidi)
    return [head, *(f"    {line}" for line in found)]


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."

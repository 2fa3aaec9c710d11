"""Retract an alert and publish its cancellation: two changes that the newsroom makes one by one.

The wrong text goes first. What the newsroom would refuse is found out before, so that nothing is
done by halves; what fails all the same is said, with what to do.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

from ticker.cli import confirm, screens
from ticker.cli.listing import was_out
from ticker.cli.options import OK, PENDING, REFUSED, UNREACHABLE
from ticker.cli.output import Output, document
from ticker.cli.result import print_result
from ticker.client.errors import ClientError, Duplicate, Forbidden, Invalid, Unauthorised, refusal

if TYPE_CHECKING:
    from ticker.cli.reach import Line
    from ticker.client import Editor
    from ticker.client.events import Item
    from ticker.client.results import Published

KEPT = ("edition", "level", "language", "dir", "sections", "regions", "tags", "story")
"""Fields of the cancellation that are those of the item."""
OUT = ("live", "test", "retracted")
"""States of an item that readers may have had, and of a drill."""
TITLE = "The item has no cancellation"


@dataclass(frozen=True, slots=True)
class Wish:
    """The options of the command: see there."""

    text: str | None
    break_glass: str | None
    force: bool
    ask: bool
    key: str | None


async def retract_and_cancel(out: Output, client: Editor, id: str, reason: str, wish: Wish) -> int:
    """Retract the item and publish its cancellation; return the exit code.

    Raises the errors of the client if nothing is retracted; typer.Exit if the answer is no.
    """
    item = (await client.get(id)).item
    draft = cancellation(item, wish)
    try:
        waits = await _checked(client, draft)
    except ClientError as error:
        out.problem(error)
        if not out.as_json:
            out.note("  Nothing was retracted.")
        return REFUSED
    if wish.ask:
        gone = item.json.get("state") == "retracted"
        what, done = ("Send", "published") if gone else ("Retract it and send", "retracted")
        await confirm.confirm(out, draft, done, before=_above(out, item, waits), what=what)
    suffix = hashlib.sha256(orjson.dumps(draft, option=orjson.OPT_SORT_KEYS)).hexdigest()[:16]
    key = wish.key
    retracted = await client.retract(id, reason, key=None if key is None else f"{key}-retract")
    out.finished(f"Retracted {id}; its cancellation is not published", REFUSED)
    try:
        sent = await client.publish_draft(draft, key=key or f"cancel-{id}-{suffix}")
    except ClientError as error:
        return _half(out, retracted, error)
    except asyncio.CancelledError:
        out.note(f"! Retracted {id}. {_REPEAT}", style="bold yellow")
        raise
    code = PENDING if False in (retracted.delivered, sent.delivered) else OK
    out.finished(f"Retracted {id} and published {sent.item.id}", code)
    if out.as_json:
        out.json({"retracted": retracted.json, "cancellation": sent.json, "problem": None})
        return code
    silent = await client.silent_hop() if code == PENDING else None
    print_result(out, retracted, "retracted", silent=silent)
    print_result(out, sent, "published", silent=silent)
    if out.tty and (reached := await screens.reached(client, sent)):
        out.say(f"  {reached[:1].upper()}{reached[1:]}.", "dim")
    return code


def cancellation(item: Item, wish: Wish) -> dict[str, Any]:
    """Return the draft that takes ``item`` back. Raises Refused if readers never had an alert."""
    fields = item.json
    state = str(fields.get("state") or "live")
    if state not in OUT or (not was_out(item) and not fields.get("test")):
        detail = f"readers do not have it: it is {state}; retract it without --cancel"
        raise refusal(409, {"type": "about:blank", "title": TITLE, "detail": detail})
    draft = {name: fields[name] for name in KEPT if fields.get(name)}
    text = wish.text or fields.get("cancellation")
    if not text and not confirm.interrupts({**fields, "test": False}):
        detail = "it was no alert; say with --cancellation TEXT what readers get instead"
        raise refusal(409, {"type": "about:blank", "title": TITLE, "detail": detail})
    if not text:
        from ticker.translations import translation_for  # slow to import

        known = translation_for(item.language or "")
        text = known.push["withdrawn"]
        draft |= {"language": known.language, "dir": known.dir}
    draft["headline"] = text
    draft |= {"push": True} if fields.get("push") else {}
    draft |= {"test": True} if fields.get("test") else {}
    draft |= {"force": True} if wish.force else {}
    return draft | ({"break_glass": wish.break_glass} if wish.break_glass else {})


async def _checked(client: Editor, draft: dict[str, Any]) -> bool:
    """Return whether the cancellation will wait for an approval; then ``draft`` may become one.

    Raises Refused if the newsroom would not take it.
    """
    try:
        found = await client.preview(draft)
    except Forbidden:
        if draft.get("break_glass") or draft.get("test"):
            raise
        await client.preview(draft | {"draft": True})
        draft["draft"] = True
        return True
    except (Invalid, Unauthorised):
        raise
    except ClientError:
        return False  # what is wrong with the newsroom, the retraction itself will say
    return found.get("state") == "draft"


def _above(out: Output, item: Item, waits: bool) -> list[Line]:
    """Return what the terminal shows above the cancellation."""
    from ticker.cli import bidi
    from ticker.domain.speaker import with_speaker

    width = max(confirm.NARROWEST, out.stderr.width)
    text = with_speaker(item.json.get("speaker"), item.headline)
    quoted = bidi.lines(text, width - 2, out.bidi, item.dir)
    gone = item.json.get("state") == "retracted"
    lines: list[Line] = [("Retracted already:" if gone else "Retract:", "bold")]
    lines += [(f"  {line}", None) for line in quoted]
    lines.append(("Then publish its cancellation.", "bold"))
    if waits:
        said = "It waits as a draft until somebody who may send it approves it."
        lines += [(line, "yellow") for line in bidi.wrap(said, width)]
    return lines


_REPEAT = (
    "It is not known whether its cancellation is published: repeat the command. It retracts "
    "nothing anew, and publishes the cancellation once."
)


def _half(out: Output, retracted: Published, error: ClientError) -> int:
    """Say that the item is retracted and its cancellation not published; return the exit code."""
    code = UNREACHABLE if error.temporary else REFUSED
    out.finished(f"Retracted {retracted.item.id}; its cancellation is not published", code)
    if out.as_json:
        problem: Mapping[str, Any] = document(error)
        out.json({"retracted": retracted.json, "cancellation": None, "problem": problem})
        return code
    if isinstance(error, Duplicate):
        said = "Its cancellation is not published: these words are live, as of another alert. "
        said += "Repeat the command with --force, which retracts nothing anew."
    elif error.temporary:
        said = _REPEAT
    else:
        said = "Its cancellation is not published. Repeat the command when the cause is mended: it "
        said += "retracts nothing anew."
    print_result(out, retracted, "retracted")
    out.problem(error)
    for line in out.wrapped(said, 2):
        out.note(f"  {line}", style="bold yellow")
    return code

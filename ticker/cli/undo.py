"""The ``ticker undo`` command: take an item back that waits in its undo window.

It also publishes an item again that was retracted or ended by mistake.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ticker.cli import confirm, options
from ticker.cli.item_ids import full_id
from ticker.cli.output import Output
from ticker.cli.runner import editor, reading_response, run, settings
from ticker.client.errors import ImplausibleTime, Stale, refusal
from ticker.domain.speaker import with_speaker

if TYPE_CHECKING:
    from ticker.client import Editor
    from ticker.client.results import Published

NOTICES = {
    "ar": "سُحب هذا الخبر عن طريق الخطأ، ونعيد نشره.",
    "en": "This item was withdrawn by mistake and is published again.",
    "es": "Esta noticia se retiró por error y se publica de nuevo.",
}
"""The correction notice of an item that was retracted by mistake, by language; else English."""

NOTHING = "There is nothing to take back"
NOT_YOURS = (
    "no item that your key or account has sent is in its undo window; for another one, or one that "
    "was retracted, write its id: ticker undo ID"
)
WAITING_MAX = 200
"""Scheduled items that are looked through, the next one first: those in a window come early."""
RACES = 5
"""Attempts at taking one item back, when colleagues keep changing it."""
KEPT = (
    *("headline", "edition", "level", "language", "dir", "summary", "speaker", "source"),
    *("sections", "regions", "tags", "story", "link", "media", "verification", "test"),
    "cancellation",
)
"""Fields of the new item that are those of the old one. It sends no alerts and is not pinned."""


def undo(
    item_id: options.MaybeItemId = None,
    correction: Annotated[
        str | None,
        typer.Option(
            metavar="TEXT",
            help="Public: what happened. Default for a retracted item: that it was a mistake. "
            '"" for none.',
        ),
    ] = None,
    yes: confirm.Yes = False,
    bidi: options.BidiChoice = "auto",
    as_json: options.Json = False,
) -> None:
    """Take back an item before it goes out, or publish one again that was retracted by mistake.

    Within its undo window (ticker publish --undo-window) the item is withdrawn, and no reader ever
    has it. An item that is out already is not touched: retract it. Without an id, it is the newest
    item that your key or account has sent and that is still in its window; on a terminal the
    command shows it and asks.

    What is retracted stays retracted: the text comes back as a new item, which tells readers that
    it was withdrawn by mistake, and without an alert. The page of the old one leads there, and
    ticker history shows both as one. A scheduled item is scheduled again. Repeated, the command
    publishes nothing new.
    """
    out = Output(as_json, bidi)

    async def work() -> int:
        from ticker.cli.result import report

        async with editor() as client:
            if item_id is None:
                id = await _newest(out, yes)
                return await report(out, client, await _take_back(client, id), "taken back")
            id = await full_id(client, item_id)
            item = (await client.get(id)).item
            if waits(item.json):
                return await report(out, client, await _take_back(client, id), "taken back")
            with reading_response():
                draft = draft_again(item.json, correction)
            await _check_successor(client, item.json)
            if confirm.asks(draft) and confirm.can_ask(yes):
                await confirm.confirm(out, draft)
            key = f"undo-{id}"
            if correction is not None:  # with other words it is another request
                key += "-" + hashlib.sha256(correction.encode()).hexdigest()[:8]
            result = await _publish(client, draft, key)
            if correction and "replaces" not in draft and result.state == "live":
                new, key = result.item.id, f"{key}-correction"
                result = await client.correct(new, correction.strip(), key=key)
            return await report(out, client, result, "published again as a new item")

    run(out, work())


def waits(item: Mapping[str, Any]) -> bool:
    """Tell whether an item waits in its undo window, or was taken back there."""
    return bool(item.get("undo_until")) and item.get("state") in ("scheduled", "retracted")


async def _newest(out: Output, yes: bool) -> str:
    """Return the id of the item to take back, once the editor has agreed.

    Raises NotFound if none of theirs waits; typer.Exit unless the answer is yes.
    """
    from ticker.cli import bidi
    from ticker.cli.item_text import TEXT_STYLE
    from ticker.client.account import AccountEditor

    found = settings()
    async with AccountEditor(found.url, found.key) as client:
        with reading_response():
            name = str((await client.holder())["name"])
        waiting = await client.list(scheduled=True, limit=WAITING_MAX)
    with reading_response():
        item = newest([one.json for one in waiting.items], name)
        if item is None:
            raise refusal(404, {"type": "about:blank", "title": NOTHING, "detail": NOT_YOURS})
        id, level = str(item["id"]), str(item["level"])
    if confirm.can_ask(yes):
        mode, width = out.bidi, max(confirm.NARROWEST, out.stderr.width)
        text = with_speaker(item.get("speaker"), str(item.get("headline")))
        parts = bidi.lines(text, width - 2, mode, item.get("dir"))
        shown = [(f"  {line}", TEXT_STYLE.get(level)) for line in parts]
        confirm.ask(out, shown, "Take it back?", "taken back")
    return id


def newest(items: Sequence[Mapping[str, Any]], name: str) -> Mapping[str, Any] | None:
    """Return the item that ``name`` has sent last of those in their undo window, or None.

    Who approves a draft has sent it.
    """
    sent = [
        item
        for item in items
        if waits(item)
        and item["state"] == "scheduled"
        and (item.get("approved_by") or item["created_by"]) == name
    ]
    return max(sent, key=_sent_at, default=None)


def _sent_at(item: Mapping[str, Any]) -> tuple[str, str]:
    """Return when it was sent, and its id: a change by a colleague does not make it newer."""
    at = item["updated_at"] if item.get("approved_by") else item["published_at"]
    return str(at), str(item["id"])


async def _take_back(client: Editor, id: str) -> Published:
    """Withdraw an item that waits. Raises Conflict if it is out by now; then it stays out."""
    for _ in range(RACES):
        item = (await client.get(id)).item
        if not waits(item.json):
            raise _not_again(item.json)
        try:
            return await client.retract(id, "Taken back.", if_match=item.version)
        except Stale:
            continue  # it went out, or a colleague has changed it
    raise _refused("colleagues keep changing it; try again")


async def _publish(client: Editor, draft: dict[str, Any], key: str) -> Published:
    """Publish ``draft``, without its expiry if that has passed.

    The draft of a repeated command is the same as the first, so the answer is the first one,
    whatever has passed since. Raises Conflict if the time of a scheduled item has passed.
    """
    try:
        return await client.publish_draft(draft, key=key)
    except ImplausibleTime as error:
        if "at" in {wrong.field for wrong in error.errors}:
            detail = "it was not published before its time passed; publish a new item"
            raise _refused(detail) from error
        without = {name: value for name, value in draft.items() if name != "expires_at"}
        return await client.publish_draft(without, key=f"{key}-later")


async def _check_successor(client: Editor, item: Mapping[str, Any]) -> None:
    """Raise Conflict if an item was published again, and that one was retracted in turn.

    A repeated command hears of one that is there still.
    """
    if (successor := item.get("replaced_by")) is None:
        return
    found = (await client.get(str(successor))).item
    if found.json.get("state") == "retracted":
        raise _refused(
            f"it was published again as {found.id}, which was retracted too: ticker undo {found.id}"
        )


def draft_again(item: Mapping[str, Any], correction: str | None = None) -> dict[str, Any]:
    """Return the draft of a new item for one that is retracted or expired.

    ``correction`` is what readers are told, "" for nothing, and None for the sentence in their
    language; who had no such item is told nothing. It depends on the item and that alone. Raises
    Conflict in other states.
    """
    state = item.get("state") or "live"
    if state not in ("retracted", "expired"):
        raise _not_again(item)
    draft = {name: item[name] for name in KEPT if item.get(name) not in (None, [], False)}
    draft["note"] = f"Published again: {item['id']} was {state} by mistake."
    told = notice(item)
    if told:
        draft["replaces"] = item["id"]
        if text := told if correction is None else correction.strip():
            draft["correction"] = text
    if due := item.get("embargo_until"):  # it was withdrawn before it was published
        draft["at"] = due
    if _unapproved(item):
        draft["draft"] = True
    until = item.get("expires_at")
    if until and until > item["updated_at"]:  # else it is the end that is undone
        draft["expires_at"] = until
    return draft


def notice(item: Mapping[str, Any]) -> str:
    """Return what readers are told of an item that they had until it was retracted, else ""."""
    if item.get("state") != "retracted" or item.get("embargo_until") or _unapproved(item):
        return ""
    if item.get("test"):
        return ""
    language = str(item.get("language") or "").lower().split("-")[0]
    return NOTICES.get(language, NOTICES["en"])


def _unapproved(item: Mapping[str, Any]) -> bool:
    """Return whether it was a draft that nobody had approved."""
    return bool(item.get("authors")) and not item.get("approved_by")


def _not_again(item: Mapping[str, Any]) -> Exception:
    state, id = item.get("state") or "live", item["id"]
    if state == "live":
        return _refused(f"it is live; readers have it. Retract it with: ticker retract {id}", OUT)
    if state == "scheduled":
        return _refused(f"it is scheduled; withdraw it with: ticker retract {id}")
    return _refused(f"it is {state}; only a retracted or expired item can be published again")


OUT = "The item is out"


def _refused(detail: str, title: str = "The item cannot be published again") -> Exception:
    return refusal(409, {"type": "about:blank", "title": title, "detail": detail})

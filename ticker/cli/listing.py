"""Choose among listed items: by state, and by the words that they have. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ticker.client import Item

STATES = ("live", "draft", "scheduled", "expired", "retracted", "test")


def state_of(item: Item) -> str:
    """Return the item's state. Only editors are told; what readers get is live."""
    return str(item.json.get("state") or "live")


def shown_state(item: Item) -> str:
    """Return the state for people: "withdrawn" if the item was retracted before it went out."""
    state = state_of(item)
    return "withdrawn" if state == "retracted" and not was_out(item) else state


def time_of(item: Item) -> str:
    """Return when the item was published, or is to be published."""
    due = item.json.get("embargo_until") if state_of(item) == "scheduled" else None
    return str(due or item.published_at)


def was_out(item: Item) -> bool:
    """Tell whether readers have had the item: a draft or one retracted before its time was not out.

    ``published_at`` of such an item is the time at which an editor sent it.
    """
    drafted = bool(item.json.get("authors")) and not item.json.get("approved_by")
    return not drafted and not item.json.get("embargo_until")


def chosen(items: Iterable[Item], states: Collection[str], search: str | None) -> list[Item]:
    """Return the items in one of ``states`` (none: any) that have every word of ``search``."""
    words = _plain(search or "").split()
    return [
        item
        for item in items
        if (not states or state_of(item) in states)
        and all(word in _plain(_searched(item)) for word in words)
    ]


def _searched(item: Item) -> str:
    texts = (item.headline, item.summary, item.speaker, item.source, item.story, item.id)
    note = item.json.get("note")
    return "\n".join([*(text for text in texts if text), *item.tags, str(note or "")])


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()

"""Rows of the board: what the console shows of an item, and what its reader may do to it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from ticker.domain.editor import ALERT_LEVELS, PERMISSIONS, Editor
from ticker.domain.errors import Forbidden
from ticker.domain.item import Item
from ticker.domain.text import folded

Act = Literal[
    "approve",
    "dismiss",
    "correct",
    "retract",
    "pin",
    "unpin",
    "release",
    "reschedule",
    "expire",
    "copy",
    "cancel",
]

_BY_STATE: dict[str, tuple[Act, ...]] = {
    "draft": ("approve", "correct", "retract"),
    "scheduled": ("release", "reschedule", "correct", "retract"),
    "live": ("correct", "retract", "pin", "expire"),
    "test": ("correct", "retract"),
}

VIEWS = ("all", "live", "scheduled", "draft", "gone", "test")
"""Views of the board. ``gone`` are items that were retracted or have expired; ``test`` are drills,
the retracted ones too."""


@dataclass(frozen=True, slots=True)
class Row:
    """One item on the board."""

    item: Item
    acts: tuple[Act, ...]
    marks: tuple[str, ...] = field(default=())
    """Words for what is special about it, such as ``pinned`` or ``corrected``."""
    locked_by: str = ""
    """The colleague who is editing it."""

    @property
    def state(self) -> str:
        """Return the item's state, which is ``withdrawn`` if it was taken back before it went out.

        A drill that was retracted says itself that no reader had it.
        """
        item = self.item
        unseen = item.state == "retracted" and not item.went_out and not item.test
        return "withdrawn" if unseen else item.state

    @property
    def key(self) -> str:
        """Return what changes whenever the row looks different."""
        return f"{self.item.version}-{self.item.state}-{'-'.join(self.acts)}-{self.locked_by}"


def row(item: Item, editor: Editor, lock: str = "") -> Row:
    """Return the row of ``item`` for ``editor``, with the acts that the editor's role permits.

    ``lock`` is the name of who is editing the item. The server decides about each act again: a
    role may change, and an item.
    """
    colleague = "" if lock == editor.name else lock
    return Row(item, tuple(_acts(item, editor)), tuple(_marks(item)), colleague)


def cancellation(item: Item, editor: Editor, withdrawn: str) -> str | None:
    """Return the headline that takes back an alert readers have; None if there is nothing to.

    ``withdrawn`` is that of an item that has none of its own, in the item's language.
    """
    alert = bool(item.push) or item.level in ALERT_LEVELS
    if not alert or item.state not in ("live", "test") or "retract" not in _acts(item, editor):
        return None
    return item.cancellation or withdrawn


def shown(items: Sequence[Item], view: str, edition: str, words: str) -> list[Item]:
    """Return the items of a view that have all ``words`` in their texts, in the order given."""
    wanted = folded(words).split()
    return [
        item
        for item in items
        if (not edition or item.edition == edition)
        and _in_view(item, view)
        and all(word in _text(item) for word in wanted)
    ]


def _in_view(item: Item, view: str) -> bool:
    if view == "all":
        return True
    if view == "test":
        return item.test
    if view == "gone":
        return item.state not in ("live", "scheduled", "draft", "test")
    return item.state == view


def _text(item: Item) -> str:
    texts = (item.headline, item.speaker, item.summary, item.story, item.source, item.id)
    return folded(" ".join(text for text in texts if text))


def _acts(item: Item, editor: Editor) -> list[Act]:
    try:
        editor.check_edition(item.edition)
    except Forbidden:
        return []
    found: list[Act] = []
    waits: tuple[Act, ...] = () if item.proposed is None else ("approve", "dismiss")
    for act in (*waits, *_BY_STATE.get(item.state, ())):
        needed = "draft" if item.state == "draft" and act == "correct" else "publish"
        if needed in PERMISSIONS[editor.role]:
            found.append("unpin" if act == "pin" and item.pinned else act)
    return found


def _marks(item: Item) -> list[str]:
    marks = ["test"] if item.test else []
    if item.pinned:
        marks.append("pinned")
    if item.correction is not None and item.state == "live":
        marks.append("corrected")
    if item.proposed is not None:
        marks.append("proposed")
    if item.push:
        marks.append("push")
    if item.break_glass:
        marks.append("breakGlass")
    return marks

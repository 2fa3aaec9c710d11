"""Schemas of items and events: a retraction, and the responses of reading and editing.

Responses are not built from these models, because their bytes exist already: tests validate the
responses against them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, RootModel, create_model

from ticker.api.schema import Schema
from ticker.api.warnings import EditorWarning
from ticker.domain.draft import Change
from ticker.domain.event import Action
from ticker.domain.item import PUBLIC_FIELDS, Item, State, Status
from ticker.domain.item_fields import Text

EDITOR_FIELDS = set(Item.model_fields) - {"reach"}
"""Fields that editors see: all but ``reach``, which is internal bookkeeping."""

CURSOR: dict[str, str] = {"$ref": "#/components/schemas/Cursor"}
"""JSON schema of a parameter that is a cursor."""


class Approval(Schema):
    """``force`` publishes a duplicate. ``break_glass`` is why there is no second person.

    ``check`` changes nothing: the answer is a refusal, or the item as it is. It does not look for
    duplicates.
    """

    check: bool = False
    force: bool = False
    break_glass: Text = None


class Check(Schema):
    """``check`` changes nothing: the answer is a refusal, or the item as it is."""

    check: bool = False


class ItemChange(Change):
    """Changes of an item: only the fields in the body change. The edition cannot change.

    ``check`` changes nothing: the answer is a refusal, or the item as it is.
    """

    check: bool = False


class Retraction(Schema):
    """The reason for a retraction; only editors see it."""

    reason: Text = None


def _fields(names: Iterable[str]) -> dict[str, Any]:
    """Return fields of ``Item`` for a response, where each has a value."""
    wanted = set(names)
    return {
        name: (field.annotation, ...) for name, field in Item.model_fields.items() if name in wanted
    }


PublicItem: type[BaseModel] = create_model(
    "PublicItem",
    __config__=ConfigDict(extra="forbid"),
    __doc__="One version of an item, with its public fields. An unset field is null; `replaces`, "
    "the retracted item that this one publishes again, is left out.",
    **_fields(PUBLIC_FIELDS - {"replaces"}),
    replaces=(str | None, None),
)
EditorItem: type[BaseModel] = create_model(
    "EditorItem",
    __config__=ConfigDict(extra="forbid"),
    __doc__="An item as editors see it: public fields, state and internal fields.",
    **_fields(EDITOR_FIELDS),
)


class Difference(Schema):
    """The value of a field before and after a change."""

    before: Any
    after: Any


class HistoryEntry(Schema):
    """One change of an item. ``wire_id`` is null if it was not published.

    The action of such a change is ``draft``, ``schedule``, ``reschedule``, ``test``, ``update``,
    ``correct``, ``withdraw``, ``propose`` or ``dismiss``.
    """

    wire_id: str | None
    action: str
    version: int
    at: str
    by: str
    note: str | None
    changes: dict[str, Difference]
    """Each field that differs from the entry before."""


ItemWithHistory: type[BaseModel] = create_model(
    "ItemWithHistory",
    __base__=EditorItem,
    __doc__="An item and its changes, oldest first.",
    history=(list[HistoryEntry], ...),
)


class OneItem(RootModel[PublicItem | ItemWithHistory]):
    """An item; with a key, the item as editors see it, and its history."""


class CommitResult(Schema):
    """The committed item. ``wire_id`` and ``cursor`` are null if nothing was published."""

    item: EditorItem
    wire_id: str | None
    state: State
    cursor: str | None
    durability: Literal["local", "fsync", "replicated"]
    repeated: bool
    changed: bool
    """False if this request has changed nothing: it is repeated, or the item was as it makes it."""
    warnings: list[EditorWarning]
    delivered: Literal[True, "pending"] | None
    """True: the servers have the event for their readers. `pending`: it is written and follows when
    a worker carries it. Null: there is no event, or not yet (drafts, scheduled and test items)."""


class Removal(Schema):
    """The item of a ``retract`` or ``expire`` event, without its text."""

    id: str
    version: int
    status: Status
    edition: str
    updated_at: str


class Event(Schema):
    """One event of the lane; apply it to your list by the item's id."""

    type: Literal["item"]
    cursor: str
    action: Action
    item: PublicItem | Removal


class Snapshot(Schema):
    """The live items in display order; ``reason`` says why it replaces a replay."""

    cursor: str
    mode: Literal["snapshot"]
    reset: bool
    reason: Literal["epoch", "expired", "ahead", "unreadable"] | None
    items: list[PublicItem]
    page: str | None = None
    """Ask for this `page` to get the items that follow."""
    next: str | None
    """The value of ``before`` that continues with older items; null if there are no items."""


class Events(Schema):
    """The events after the cursor, oldest first. If ``more`` is true, ask again at once."""

    cursor: str
    mode: Literal["replay", "live"]
    reset: Literal[False]
    reason: None
    more: bool
    events: list[Event]


class ItemWithState(PublicItem):
    """A public item, and with a key whether it is live or expired."""

    state: Literal["live", "expired"] | None = None


class ItemPage(Schema):
    """Items published before a place, newest first. Pinned ones are in the snapshot alone."""

    mode: Literal["page"]
    items: list[ItemWithState]
    next: str | None
    """The value of ``before`` for the next page; null after the last one."""


class Board(Schema):
    """The items that were live at a time, as they were, in display order."""

    mode: Literal["board"]
    at: str
    items: list[ItemWithState]


class ItemList(Schema):
    """The newest items for editors, newest first, scheduled ones included."""

    items: list[EditorItem]
    next: str | None
    """The value of ``before`` for the next page; null after the last one. A page of which a filter
    leaves little may be short, or empty."""
    since: str | None
    """After the last page: items that are older than this may have left the list; null if none
    has."""


class ItemsWithPart(Schema):
    """The items whose id begins or ends with some characters, newest first."""

    items: list[EditorItem | ItemWithState]


class Poll(RootModel[Snapshot | Events | ItemPage | Board | ItemList]):
    """The live items, events after a cursor, older items, a board, or the items for editors."""

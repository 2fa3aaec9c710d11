"""Typed results of the editors' API. ``json`` is always the object as received."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypedDict

from ticker.client.errors import WrongField
from ticker.client.events import Item


class ItemFields(TypedDict, total=False):
    """The optional fields of an item (``POST /v1/items``)."""

    level: str
    language: str
    dir: str
    summary: str | None
    speaker: str | None
    source: str | None
    sections: Sequence[str]
    regions: Sequence[str]
    tags: Sequence[str]
    story: str | None
    link: str | None
    media: Sequence[Mapping[str, Any]]
    verification: str
    published_at: str
    expires_at: str | None
    expires_in: int
    at: str
    pinned: bool
    push: Mapping[str, Any] | bool
    note: str
    test: bool
    draft: bool
    break_glass: str
    undo_window: float
    replaces: str
    correction: str
    force: bool


@dataclass(frozen=True, slots=True)
class Published:
    """The result of a change that the server has stored with this ``durability``.

    ``state`` is ``live``, ``scheduled`` or ``draft``; ``cursor`` is the event's position in the
    lane, None if it is not there. ``repeated`` is true if the idempotency key was known: nothing
    new happened.
    ``changed`` is false if this request has changed nothing.
    ``delivered`` is true if the event is in the lane, from which readers get it, False if it waits
    for a worker, and None if there is nothing for readers yet (a draft, a scheduled or test item).
    Each of ``warnings`` has a ``code``, a ``message`` and perhaps the ``item`` that it is about.
    """

    item: Item
    state: str
    wire_id: str | None
    cursor: str | None
    durability: str
    repeated: bool
    changed: bool
    delivered: bool | None
    warnings: tuple[Mapping[str, Any], ...]
    json: Mapping[str, Any] = field(repr=False, compare=False, hash=False)

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> Published:
        """Return the result in a JSON object. Raises KeyError, TypeError, ValueError."""
        return cls(
            item=Item.read(data["item"]),
            state=str(data.get("state") or "live"),
            wire_id=data.get("wire_id"),
            cursor=data.get("cursor"),
            durability=str(data.get("durability") or "local"),
            repeated=bool(data.get("repeated")),
            changed=bool(data.get("changed", True)),
            delivered={True: True, "pending": False}.get(data.get("delivered")),
            warnings=tuple(one for one in data.get("warnings") or () if isinstance(one, dict)),
            json=data,
        )


@dataclass(frozen=True, slots=True)
class Detail:
    """One item; with a key also its ``state`` and ``history``, oldest change first."""

    item: Item
    state: str | None
    history: tuple[Mapping[str, Any], ...]
    json: Mapping[str, Any] = field(repr=False, compare=False, hash=False)

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> Detail:
        """Return the detail in a JSON object. Raises KeyError, TypeError, ValueError."""
        item = data.get("item", data)
        state = data.get("state", item.get("state"))
        return cls(Item.read(item), state, tuple(data.get("history") or ()), data)


@dataclass(frozen=True, slots=True)
class Receipts:
    """The receipts of an item: screens, push, webhooks; ``json`` has them (``ItemReceipts``).

    ``push`` is true if the item was published with push, ``complete`` if no push is left to send.
    ``clean`` is false if the item is retracted and a place may still have it.
    """

    id: str
    push: bool
    complete: bool
    clean: bool
    json: Mapping[str, Any] = field(repr=False, compare=False, hash=False)

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> Receipts:
        """Return the receipts in a JSON object. Raises KeyError, TypeError, ValueError."""
        dict(data["providers"])
        retraction = data["retraction"]
        clean = retraction is None or bool(retraction["clean"])
        return cls(str(data["id"]), bool(data["push"]), bool(data["complete"]), clean, data)


@dataclass(frozen=True, slots=True)
class Listing:
    """Items in display order, and the cursor of this state (None with ``all`` and ``before``).

    ``next`` is where older items begin (``before``); None if there are none.
    """

    items: tuple[Item, ...]
    cursor: str | None
    json: Mapping[str, Any] = field(repr=False, compare=False, hash=False)
    next: str | None = None

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> Listing:
        """Return the listing in a JSON object. Raises KeyError, TypeError, ValueError."""
        items = tuple(map(Item.read, data["items"]))
        return cls(items, data.get("cursor"), data, data.get("next"))

    @classmethod
    def found(cls, data: Mapping[str, Any]) -> Listing:
        """Return the results of a search in a JSON object. Raises as ``read`` does."""
        items = tuple(Item.read(one["item"]) for one in data["results"])
        return cls(items, None, data, data.get("next"))


@dataclass(frozen=True, slots=True)
class DraftResult:
    """The result of one imported draft; ``number`` counts from 1 over the whole import."""

    number: int
    status: int
    id: str | None
    errors: tuple[WrongField, ...]
    detail: str
    warnings: tuple[str, ...] = ()
    """Reasons to look again at an item that was published or updated."""

    @property
    def refused(self) -> bool:
        """Whether the draft was refused, so neither published now nor before."""
        return self.status >= 400

    @classmethod
    def read(cls, data: Mapping[str, Any], first: int) -> DraftResult:
        """Return the result of one draft of a batch whose first draft is number ``first``."""
        errors = [
            WrongField(str(error.get("field", "")), str(error.get("message", "")))
            for error in data.get("errors") or ()
        ]
        return cls(
            number=first + int(data["line"]) - 1,
            status=int(data["status"]),
            id=data.get("id"),
            errors=tuple(errors),
            detail=str(data.get("detail") or data.get("title") or ""),
            warnings=tuple(str(one["message"]) for one in data.get("warnings") or ()),
        )


@dataclass(frozen=True, slots=True)
class BatchResult:
    """The result of one batch of an import; ``count`` is the number of its drafts.

    ``pending`` of them are accepted and wait for a worker to bring them to readers.
    """

    count: int
    published: int
    repeated: int
    refused: int
    refusals: tuple[DraftResult, ...]
    pending: int = 0
    updated: int = 0
    withdrawn: int = 0
    warned: tuple[DraftResult, ...] = ()
    """The drafts that were accepted with warnings."""

    @classmethod
    def read(cls, data: Mapping[str, Any], first: int, count: int) -> BatchResult:
        """Return the result of ``count`` drafts from ``first`` on. Raises KeyError, TypeError."""
        refused = [
            DraftResult.read(result, first)
            for result in data["results"]
            if int(result["status"]) >= 400
        ]
        return cls(
            count,
            int(data["published"]),
            int(data["repeated"]),
            int(data["refused"]),
            (*refused,),
            int(data.get("pending") or 0),
            int(data.get("updated") or 0),
            int(data.get("withdrawn") or 0),
            tuple(
                DraftResult.read(result, first)
                for result in data["results"]
                if result.get("warnings")
            ),
        )

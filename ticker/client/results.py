"""What the editors' API answers, typed. ``json`` is always the object as it came."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypedDict

from ticker.client.errors import WrongField
from ticker.client.events import Item


class Fields(TypedDict, total=False):
    """What an editor may say about an item besides its headline (``POST /v1/items``)."""

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
    force: bool


@dataclass(frozen=True, slots=True)
class Published:
    """An acknowledged act: written, and as durable as ``durability`` says.

    ``state`` is ``live`` or ``scheduled``; ``cursor`` is where the event is in the lane, None if it
    is not out. ``repeated`` means that the idempotency key was known: nothing new was published.
    """

    item: Item
    state: str
    wire_id: str | None
    cursor: str | None
    durability: str
    repeated: bool
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
            json=data,
        )


@dataclass(frozen=True, slots=True)
class Detail:
    """One item; with a key also its ``state`` and ``history``, oldest act first."""

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
    """What became of an item at the bridges; the counts are in ``json`` (``ItemReceipts``).

    ``push`` tells whether the desk asked for push, ``complete`` that no phone is still to be told.
    """

    id: str
    push: bool
    complete: bool
    json: Mapping[str, Any] = field(repr=False, compare=False, hash=False)

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> Receipts:
        """Return the receipts in a JSON object. Raises KeyError, TypeError, ValueError."""
        dict(data["providers"])
        return cls(str(data["id"]), bool(data["push"]), bool(data["complete"]), data)


@dataclass(frozen=True, slots=True)
class Listing:
    """Items in display order, and the cursor at which they stand so (None with ``all``)."""

    items: tuple[Item, ...]
    cursor: str | None
    json: Mapping[str, Any] = field(repr=False, compare=False, hash=False)

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> Listing:
        """Return the listing in a JSON object. Raises KeyError, TypeError, ValueError."""
        return cls(tuple(map(Item.read, data["items"])), data.get("cursor"), data)


@dataclass(frozen=True, slots=True)
class LineResult:
    """What became of one imported draft; ``line`` counts from 1 over the whole import."""

    line: int
    status: int
    id: str | None
    errors: tuple[WrongField, ...]
    detail: str

    @property
    def refused(self) -> bool:
        """Whether the draft was not published and had not been before."""
        return self.status >= 400

    @classmethod
    def read(cls, data: Mapping[str, Any], first_line: int) -> LineResult:
        """Return the result of one line of a batch that began at ``first_line``."""
        errors = [
            WrongField(str(error.get("field", "")), str(error.get("message", "")))
            for error in data.get("errors") or ()
        ]
        return cls(
            line=first_line + int(data["line"]) - 1,
            status=int(data["status"]),
            id=data.get("id"),
            errors=tuple(errors),
            detail=str(data.get("detail") or data.get("title") or ""),
        )


@dataclass(frozen=True, slots=True)
class BatchResult:
    """What became of one batch of an import."""

    lines: int
    published: int
    repeated: int
    refused: int
    refusals: tuple[LineResult, ...]

    @classmethod
    def read(cls, data: Mapping[str, Any], first_line: int, lines: int) -> BatchResult:
        """Return the result of ``lines`` lines from ``first_line``. Raises KeyError, TypeError."""
        refused = [
            LineResult.read(result, first_line)
            for result in data["results"]
            if int(result["status"]) >= 400
        ]
        return cls(
            lines, int(data["published"]), int(data["repeated"]), int(data["refused"]), (*refused,)
        )

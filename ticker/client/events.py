"""The events of a feed: typed, immutable, and tolerant of fields that a newer server adds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

REMOVALS = frozenset({"retract", "expire"})


@dataclass(frozen=True, slots=True)
class Media:
    """A picture or clip of an item: address, media type (``image/jpeg``) and alternative text."""

    href: str
    type: str = "image/jpeg"
    alt: str | None = None
    credit: str | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """One version of an item. A removal has only id, version, status, edition and updated_at.

    ``json`` is the object as received, including fields that this client does not know.
    """

    id: str
    version: int
    status: str
    edition: str
    updated_at: str
    level: str = "ticker"
    language: str | None = None
    dir: str | None = None
    headline: str = ""
    summary: str | None = None
    speaker: str | None = None
    source: str | None = None
    sections: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    story: str | None = None
    link: str | None = None
    media: tuple[Media, ...] = ()
    verification: str | None = None
    published_at: str = ""
    expires_at: str | None = None
    pinned: bool = False
    correction: Mapping[str, Any] | None = None
    json: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False, hash=False)

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> Item:
        """Return the item in a JSON object.

        Raises KeyError, TypeError or ValueError for an object that is not an item.
        """
        return cls(
            id=str(data["id"]),
            version=int(data["version"]),
            status=str(data["status"]),
            edition=str(data["edition"]),
            updated_at=str(data["updated_at"]),
            level=str(data.get("level") or "ticker"),
            language=data.get("language"),
            dir=data.get("dir"),
            headline=str(data.get("headline") or ""),
            summary=data.get("summary"),
            speaker=data.get("speaker"),
            source=data.get("source"),
            sections=tuple(data.get("sections") or ()),
            regions=tuple(data.get("regions") or ()),
            tags=tuple(data.get("tags") or ()),
            story=data.get("story"),
            link=data.get("link"),
            media=tuple(
                Media(
                    str(one["href"]),
                    str(one.get("type") or "image/jpeg"),
                    one.get("alt"),
                    one.get("credit"),
                )
                for one in data.get("media") or ()
            ),
            verification=data.get("verification"),
            published_at=str(data.get("published_at") or ""),
            expires_at=data.get("expires_at"),
            pinned=bool(data.get("pinned")),
            correction=data.get("correction"),
            json=data,
        )


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The current items at ``cursor``, in display order. Replace all items with them.

    ``reset`` is true if events were missed that the server no longer has; ``reason`` is then
    ``epoch``, ``expired`` or ``ahead``. Otherwise this is the first event of the feed.
    """

    items: tuple[Item, ...]
    cursor: str
    reset: bool = False
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class ItemEvent:
    """One change of one item, at ``cursor``."""

    action: str
    item: Item
    cursor: str

    @property
    def removal(self) -> bool:
        """Whether the item is removed: retracted, expired, or no longer matching the filter."""
        return self.action in REMOVALS


Event: TypeAlias = Snapshot | ItemEvent
Mode: TypeAlias = Literal["snapshot", "replay", "live"]

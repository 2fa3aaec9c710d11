"""Authors that are feeds of agencies, whose drafts wait on the wire desk. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ticker.domain.item import Item

PREFIX = "wire:"


def author(feed: str) -> str:
    """Return the author of the drafts that come from ``feed``."""
    return PREFIX + feed


def check_name(name: str) -> None:
    """Raise ValueError for the name of a person or key that only feeds have."""
    if name.casefold().startswith(PREFIX):
        raise ValueError(f"a name cannot begin with {PREFIX}: authors that do are feeds")


def feed_of(item: Item) -> str | None:
    """Return the feed that an item came from, None if a person wrote it."""
    by = item.created_by
    return by.removeprefix(PREFIX) if by.startswith(PREFIX) else None


def is_wire_draft(item: Item | None) -> bool:
    """Tell whether an item is a draft as a feed wrote it. One that a person has changed is not."""
    return (
        item is not None
        and item.state == "draft"
        and bool(item.authors)
        and all(one.startswith(PREFIX) for one in item.authors)
    )

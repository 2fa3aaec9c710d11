"""Authors that are feeds of agencies, whose drafts wait on the wire desk. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ticker.domain.messages import said

if TYPE_CHECKING:
    from ticker.domain.item import Item

PREFIX = "wire:"


def author(feed: str) -> str:
    """Return the author of the drafts that come from ``feed``."""
    return PREFIX + feed


def is_feed(name: str) -> bool:
    """Tell whether ``name`` is that of a feed. People and keys have no such name."""
    return name.startswith(PREFIX)


def setter(feed: str, name: str) -> str:
    """Return the author that stands for whoever has set the address of ``feed``."""
    return f"{PREFIX}{feed}:{name}"


def behind(author: str) -> str:
    """Return the name of the person whom an author of a draft stands for; a feed is none."""
    return author.split(":", 2)[2] if is_setter(author) else author


def is_setter(author: str) -> bool:
    """Tell whether an author is somebody who has set the address of a feed."""
    return author.startswith(PREFIX) and author.count(":") > 1


def check_name(name: str) -> None:
    """Raise ValueError for the name of a person or key that only feeds have."""
    if name.casefold().startswith(PREFIX):
        raise ValueError(said("name-of-a-feed", prefix=PREFIX))


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

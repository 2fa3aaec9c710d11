"""The order of all items: by time of publication, ties by id."""

from __future__ import annotations

from typing import NamedTuple


class Place(NamedTuple):
    """A place in the order of all items."""

    published_ms: int
    id: str


def token(published_ms: int, id: str, *, pinned: bool = False) -> str:
    """Return a place as the API's ``next`` gives it. Pinned items come first in a snapshot."""
    return f"{'p' if pinned else ''}{published_ms}.{id}"

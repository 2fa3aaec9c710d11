"""Schemas of stories and related items."""

from __future__ import annotations

from ticker.api.item_schemas import PublicItem
from ticker.api.schema import Schema


class Story(Schema):
    """The developments of a story, oldest first, and the editions that have any."""

    story: str
    cursor: str
    editions: list[str]
    items: list[PublicItem]


class Related(Schema):
    """Items related to an item, best first."""

    items: list[PublicItem]

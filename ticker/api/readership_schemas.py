"""Schemas of read reports and rankings."""

from __future__ import annotations

from typing import Annotated

from ticker.api.item_schemas import PublicItem
from ticker.api.schema import Schema
from ticker.domain.messages import said
from ticker.domain.shape import Shape
from ticker.readership.scores import Kind, Window


class Beacon(Schema):
    """One read: an item that was opened or shared."""

    id: Annotated[str, Shape(r"[0-9a-hjkmnp-tv-z]{26}", said("not-an-item-id"))]
    kind: Kind


class RankedItem(Schema):
    """An item, and its opens and shares since it was published."""

    item: PublicItem
    opens: int
    shares: int


class MostRead(Schema):
    """The most-read items, best first."""

    window: Window
    items: list[RankedItem]

"""Schemas of searches."""

from __future__ import annotations

from ticker.api.item_schemas import ItemWithState
from ticker.api.schema import Schema


class Marks(Schema):
    """Parts of the texts that the search matches: begin and end, in code points."""

    headline: list[tuple[int, int]]
    summary: list[tuple[int, int]]


class SearchResult(Schema):
    """An item that was found."""

    item: ItemWithState
    marks: Marks


class SearchResults(Schema):
    """The items that a search finds, newest first."""

    results: list[SearchResult]
    next: str | None
    """The value of ``before`` for the next page; null after the last one."""

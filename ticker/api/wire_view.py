"""The wire desk as editors see it: drafts that wait, and what sources did to items of editors."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from ticker.domain.item import Item
from ticker.domain.wire_author import feed_of
from ticker.publishing.repository import ItemRepository
from ticker.wires.feed import Feed, FeedState
from ticker.wires.store import Wires

SCANNED_MAX = 2_000
"""Drafts that a query looks through: all that the wire desk keeps."""


class WireView:
    """Reads the wire desk. Methods raise Unavailable."""

    def __init__(self, wires: Wires, items: ItemRepository) -> None:
        self._wires = wires
        self._items = items

    async def feeds(self) -> list[tuple[Feed, FeedState]]:
        """Return the feeds with their states, by name."""
        return await self._wires.all()

    async def waiting(
        self, limit: int, wire: str = "", desk: str = "", edition: str = ""
    ) -> list[Item]:
        """Return drafts that wait, the one that was changed last first; empty texts are all."""
        names = None if not wire else {wire}
        if desk:
            of_desk = {feed.name for feed, _ in await self._wires.all() if feed.desk == desk}
            names = of_desk if names is None else names & of_desk
        filtered = names is not None or bool(edition)
        found = await self._items.wire_drafts(SCANNED_MAX if filtered else limit)
        return [
            item
            for item in found
            if (names is None or feed_of(item) in names)
            and (not edition or item.edition == edition)
        ][:limit]

    async def notes(self, found: Collection[tuple[Feed, FeedState]]) -> list[Mapping[str, Any]]:
        """Return the notes of feeds that still hold, the newest first.

        A note is done with when the item was changed since, or is not out any more.
        """
        notes = [(feed.name, note) for feed, state in found for note in state.notes]
        items = {
            item.id: item for item in await self._items.with_ids([note.item for _, note in notes])
        }
        open_ones = [
            {
                "wire": name,
                "item": note.item,
                "did": note.did,
                "headline": note.headline,
                "item_headline": items[note.item].headline,
                "at": note.at,
            }
            for name, note in notes
            if note.item in items
            and items[note.item].version == note.version
            and items[note.item].state not in ("retracted", "expired")
        ]
        return sorted(open_ones, key=lambda note: str(note["at"]), reverse=True)

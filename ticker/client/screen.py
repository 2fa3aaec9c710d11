"""The fold of a feed: what a reader's screen shows after the events so far. Pure."""

from __future__ import annotations

from ticker.client.events import Event, Item, Snapshot

DEFAULT_LIMIT = 1_000


class Screen:
    """Items in display order: pinned first, then newest, ties by id.

    Holds at most ``limit`` items; beyond it the last ones in display order go.
    """

    def __init__(self, limit: int = DEFAULT_LIMIT) -> None:
        self.limit = limit
        self._items: dict[str, Item] = {}

    def __len__(self) -> int:
        return len(self._items)

    def get(self, item_id: str) -> Item | None:
        """Return the item as it is shown, or None."""
        return self._items.get(item_id)

    @property
    def items(self) -> tuple[Item, ...]:
        """What is shown, top first."""
        return tuple(sorted(self._items.values(), key=_order, reverse=True))

    def apply(self, event: Event) -> bool:
        """Take ``event`` in. Return False if it is not newer than what is shown: nothing changed.

        A snapshot replaces everything.
        """
        if isinstance(event, Snapshot):
            self._items = {item.id: item for item in event.items}
            self._trim()
            return True
        item = event.item
        shown = self._items.get(item.id)
        if shown is not None and item.version <= shown.version:
            return False
        if event.removal:
            return self._items.pop(item.id, None) is not None
        self._items[item.id] = item
        self._trim()
        return True

    def _trim(self) -> None:
        while len(self._items) > self.limit:
            del self._items[min(self._items.values(), key=_order).id]


def _order(item: Item) -> tuple[bool, str, str]:
    # RFC 3339 in UTC with a fixed number of digits sorts as text (PROTOCOL.md: timestamps).
    return item.pinned, item.published_at, item.id

"""The current items after the events of a feed so far, in display order. Pure."""

from __future__ import annotations

from ticker.client.events import Event, Item, Snapshot

DEFAULT_LIMIT = 1_000


class CurrentItems:
    """The current items in display order: pinned first, then newest, ties by id.

    Holds at most ``limit`` items and drops the last ones in display order beyond that.
    """

    def __init__(self, limit: int = DEFAULT_LIMIT) -> None:
        self.limit = limit
        self._items: dict[str, Item] = {}

    def __len__(self) -> int:
        return len(self._items)

    def get(self, item_id: str) -> Item | None:
        """Return the current version of an item, or None."""
        return self._items.get(item_id)

    @property
    def items(self) -> tuple[Item, ...]:
        """The items in display order."""
        return tuple(sorted(self._items.values(), key=_display_order, reverse=True))

    def apply(self, event: Event) -> bool:
        """Apply ``event``. Return False if it changed nothing because it is not newer.

        A snapshot replaces all items.
        """
        if isinstance(event, Snapshot):
            self._items = {item.id: item for item in event.items}
            self._trim()
            return True
        item = event.item
        current = self._items.get(item.id)
        if current is not None and item.version <= current.version:
            return False
        if event.removal:
            return self._items.pop(item.id, None) is not None
        self._items[item.id] = item
        self._trim()
        return True

    def _trim(self) -> None:
        while len(self._items) > self.limit:
            del self._items[min(self._items.values(), key=_display_order).id]


def _display_order(item: Item) -> tuple[bool, str, str]:
    # RFC 3339 in UTC with a fixed number of digits sorts as text (PROTOCOL.md: timestamps).
    return item.pinned, item.published_at, item.id

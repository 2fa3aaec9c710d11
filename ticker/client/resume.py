"""The state of a feed with one subscription: turns messages into events. No I/O, no clock."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ticker.client.backoff import Backoff
from ticker.client.connection_state import MAX_ITEMS, Backlog, ConnectionState, Welcome, text
from ticker.client.events import Event, Item, ItemEvent, Snapshot
from ticker.client.filters import Pairs


class ResumeState(ConnectionState[Event]):
    """A feed's position, and the decisions after each message and each lost connection."""

    def __init__(
        self,
        filter: Pairs,
        after: str | None,
        backlog: Backlog,
        backoff: Backoff,
        renews: bool = False,
    ) -> None:
        """``renews``: each connection has a new token (PROTOCOL.md §6)."""
        super().__init__(after, backoff, renews)
        self._filter = filter
        self._backlog = backlog
        self._partial: list[Item] | None = None
        """The items of a snapshot of which pages are still to come."""

    def _query(self) -> list[tuple[str, str]]:
        self._partial = None
        resumed = [] if self.cursor is None else [("after", self.cursor)]
        return [*self._filter, *resumed, ("backlog", str(self._backlog))]

    def _on_welcome(self, message: Mapping[str, Any]) -> None:
        super()._on_welcome(message)
        self._partial = None  # a reset may come between two pages

    def _on_snapshot(self, message: Mapping[str, Any], is_page: bool) -> Snapshot | None:
        """Return the snapshot once its last page is here; the cursor moves only then."""
        welcome = self._required_welcome()
        if welcome.mode != "snapshot":
            raise ValueError(f"a snapshot in mode {welcome.mode}")
        if is_page is (self._partial is None):
            raise ValueError("a page without a snapshot, or a snapshot among its pages")
        found = [*(self._partial or ()), *(Item.read(item) for item in message["items"])]
        if message.get("more"):
            if len(found) > MAX_ITEMS:
                raise ValueError(f"a snapshot of more than {MAX_ITEMS} items")
            self._partial = found
            return None
        self._partial = None
        items = tuple(found)
        # A snapshot for a reader that had a position is always a reset.
        reset = welcome.reset or self.cursor is not None
        cursor = text(message["cursor"])
        self._move(cursor)
        self._welcome = Welcome("live", False, None)
        return Snapshot(items, cursor, reset, welcome.reason)

    def _on_item(self, message: Mapping[str, Any]) -> ItemEvent | None:
        welcome = self._required_welcome()
        if welcome.mode == "snapshot":
            raise ValueError("an item before the snapshot")
        cursor = text(message["cursor"])
        event = ItemEvent(str(message["action"]), Item.read(message["item"]), cursor)
        return event if self._advance(cursor) else None

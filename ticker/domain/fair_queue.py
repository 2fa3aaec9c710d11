"""Queue in which clients take turns: one with many items delays its own, not other clients'."""

from __future__ import annotations

from collections import deque
from typing import Generic, TypeVar

from ticker.domain.client_address import groups

Item = TypeVar("Item")


class FairQueue(Generic[Item]):
    """First come, first served for each client; clients with items take turns.

    A client is an IPv4 address or an IPv6 /64. The users of this class bound the items.
    """

    def __init__(self) -> None:
        self._items: dict[str, deque[Item]] = {}
        self._clients: deque[str] = deque()
        """Those with items, each once, in the order of their turns."""
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def append(self, address: str, item: Item) -> None:
        """Add an item of the client with ``address`` behind its others."""
        client = groups(address)[0]
        items = self._items.get(client)
        if items is None:
            items = self._items[client] = deque()
            self._clients.append(client)
        items.append(item)
        self._size += 1

    def popleft(self) -> Item:
        """Remove and return the first item of the client whose turn it is. Raises IndexError."""
        client = self._clients.popleft()
        items = self._items[client]
        item = items.popleft()
        if items:
            self._clients.append(client)
        else:
            del self._items[client]
        self._size -= 1
        return item

    def displace(self, address: str) -> Item | None:
        """Make room for an item of the client with ``address``: remove and return another one.

        It is the last one of the client with the most items, if that client still has no fewer than
        this one then; else None.
        """
        own = len(self._items.get(groups(address)[0], ()))
        most = max(self._items.values(), key=len, default=deque())
        if len(most) < own + 2:
            return None
        self._size -= 1
        return most.pop()

"""Timer wheel that spreads the subscribers' heartbeats evenly over the interval."""

from __future__ import annotations

from collections.abc import Iterator

from ticker.gateway.subscriber import Subscriber

TICKS_PER_SECOND = 4
"""How often ``Hub.tick`` runs, and with it ``turn``."""


class HeartbeatWheel:
    """All subscribers, each in one of the slots. One slot is due in each tick."""

    def __init__(self, interval: int) -> None:
        """``interval`` is the seconds between two heartbeats of one subscriber."""
        self._slots: list[dict[Subscriber, None]] = [{} for _ in range(interval * TICKS_PER_SECOND)]
        self._position = 0
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[Subscriber]:
        for slot in self._slots:
            yield from tuple(slot)

    def add(self, subscriber: Subscriber) -> bool:
        """Add ``subscriber``; return False if it is there already."""
        if subscriber.slot >= 0:
            return False
        self._size += 1
        subscriber.slot = self._size % len(self._slots)
        self._slots[subscriber.slot][subscriber] = None
        return True

    def discard(self, subscriber: Subscriber) -> None:
        """Remove ``subscriber`` if it is there."""
        if subscriber.slot >= 0:
            self._size -= 1
            del self._slots[subscriber.slot][subscriber]
            subscriber.slot = -1

    def turn(self) -> tuple[Subscriber, ...]:
        """Move on by one tick and return the subscribers whose heartbeat is due."""
        self._position = (self._position + 1) % len(self._slots)
        return tuple(self._slots[self._position])

"""Live receipts: to how many live connections the gateways wrote an event, and when. Pure.

Each gateway process keeps one receipt for the newest event of each action on an item. The receipts
of all processes are added up when somebody asks.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from ticker.domain.clock import rfc3339
from ticker.domain.cursor import StreamId

Connections: TypeAlias = Mapping[str, Mapping[str, int]]
"""Connections by transport, and by the edition that the reader has chosen."""


@dataclass(frozen=True, slots=True)
class LiveReceipt:
    """The outcome of one event, at one gateway process or at all of them."""

    event: StreamId
    """Its lane id, which contains the time of publication by Redis' clock."""
    written: Connections = field(default_factory=dict)
    """Live connections that the event was written to."""
    delayed: int = 0
    """How many of them did not take all of it at once: they were slow, or broken."""
    later: int = 0
    """Connections that got it afterwards, out of the replay window."""
    first_ms: int | None = None
    last_ms: int | None = None
    """When the first write began and the last one ended, in ms since 1970 by gateways' clocks."""
    gateways: int = 1
    clean: bool = True
    """False if a process that has read a retraction still has text of the item in its memory."""

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> LiveReceipt:
        """Return what ``stored`` has made. Raises KeyError, TypeError, ValueError."""
        written = {
            str(transport): {str(edition): int(count) for edition, count in editions.items()}
            for transport, editions in dict(data["written"]).items()
        }
        return cls(
            StreamId.parse(data["event"]),
            written,
            int(data["delayed"]),
            int(data["later"]),
            None if data["first"] is None else int(data["first"]),
            None if data["last"] is None else int(data["last"]),
            clean=bool(data["clean"]),
        )

    @property
    def stored(self) -> dict[str, Any]:
        """The receipt of one process as a JSON object for the store."""
        return {
            "event": str(self.event),
            "written": self.written,
            "delayed": self.delayed,
            "later": self.later,
            "first": self.first_ms,
            "last": self.last_ms,
            "clean": self.clean,
        }

    @property
    def screens(self) -> int:
        """The connections that took the event at once."""
        return max(0, sum(sum(one.values()) for one in self.written.values()) - self.delayed)

    def to_json(self) -> dict[str, Any]:
        """Return a JSON object for the API. Times are seconds after the publication."""
        return {
            "event": str(self.event),
            "published_at": rfc3339(self.event.ms),
            "screens": self.screens,
            "delayed": self.delayed,
            "later": self.later,
            "first_after": self._after(self.first_ms),
            "last_after": self._after(self.last_ms),
            "written": {
                transport: dict(sorted(editions.items()))
                for transport, editions in sorted(self.written.items())
            },
            "gateways": self.gateways,
        }

    def _after(self, ms: int | None) -> float | None:
        return None if ms is None else max(0, ms - self.event.ms) / 1000  # clocks differ a little


def total(receipts: Iterable[LiveReceipt]) -> LiveReceipt | None:
    """Return the sum over the processes, of the newest event among ``receipts``; None of nothing.

    A process that has not written the newest event yet is not part of it.
    """
    receipts = list(receipts)
    if not receipts:
        return None
    newest = max(one.event for one in receipts)
    found = [one for one in receipts if one.event == newest]
    written: dict[str, dict[str, int]] = {}
    for one in found:
        for transport, editions in one.written.items():
            counts = written.setdefault(transport, {})
            for edition, count in editions.items():
                counts[edition] = counts.get(edition, 0) + count
    return LiveReceipt(
        newest,
        written,
        sum(one.delayed for one in found),
        sum(one.later for one in found),
        min((one.first_ms for one in found if one.first_ms is not None), default=None),
        max((one.last_ms for one in found if one.last_ms is not None), default=None),
        len(found),
        all(one.clean for one in found),
    )

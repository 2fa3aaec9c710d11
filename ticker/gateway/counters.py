"""Counters of a gateway process, in plain ints: what they cost is one addition."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from ticker.telemetry.families import Family, counter


def _totals() -> dict[tuple[str, str], int]:
    return defaultdict(int)


def _refusals() -> dict[str, int]:
    return defaultdict(int)


@dataclass(slots=True)
class Counters:
    """Totals since the process started. Keys are words of the code, never a client's."""

    events: int = 0
    writes: int = 0
    encodes: int = 0
    connects: int = 0
    pauses: int = 0
    compressed_connects: int = 0
    saved_bytes: int = 0
    closes: dict[tuple[str, str], int] = field(default_factory=_totals)
    """By transport and close code; ``client``: the client closed, ``lost``: it vanished."""
    welcomes: dict[tuple[str, str], int] = field(default_factory=_totals)
    """By outcome (``live``, ``replay``, ``snapshot``, ``reset``) and the reason of a reset."""
    refusals: dict[str, int] = field(default_factory=_refusals)
    """By reason; see ``refused``."""

    def refused(self, reason: str) -> None:
        """Count a connection, request or message that was refused, for a limit or a mistake."""
        self.refusals[reason] += 1

    def welcomed(self, outcome: str, reason: str = "") -> None:
        """Count the answer to a subscription."""
        self.welcomes[outcome, reason] += 1

    def closed(self, transport: str, code: str) -> None:
        """Count the end of a connection."""
        self.closes[transport, code] += 1

    @property
    def resets(self) -> int:
        """Return how many subscribers were reset, for whatever reason."""
        return sum(n for (outcome, _), n in self.welcomes.items() if outcome == "reset")

    def metrics(self) -> Iterable[Family]:
        """Return the totals."""
        yield counter("events_total", "Item events read from the lane.", self.events)
        yield counter(
            "writes_total", "Writes to clients; one write may carry several events.", self.writes
        )
        yield counter(
            "encodes_total",
            "Frames encoded; each is shared by all clients with one filter and transport.",
            self.encodes,
        )
        yield counter("connects_total", "Connections that subscribed.", self.connects)
        yield counter(
            "compressed_connects_total",
            "WebSocket connections that use compression (permessage-deflate).",
            self.compressed_connects,
        )
        yield counter(
            "saved_bytes_total",
            "Bytes of live events that compression kept off the network.",
            self.saved_bytes,
        )
        yield counter(
            "pauses_total",
            "Times a client was paused because its send buffer was full.",
            self.pauses,
        )
        yield counter(
            "closes_total",
            "Ended connections by close code; `client`: the client closed, `lost`: it vanished.",
            self.closes,
            "transport",
            "code",
        )
        yield counter(
            "welcomes_total",
            "Answers to subscriptions: live, replay, snapshot, or reset with its reason.",
            self.welcomes,
            "outcome",
            "reason",
        )
        yield counter(
            "refused_total",
            "Connections, requests and messages refused, by reason.",
            self.refusals,
            "reason",
        )

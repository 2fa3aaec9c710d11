"""What a run is to do, and how it shows how far it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from ticker.bench.parsers import Transport
from ticker.bench.reader_group import Advance


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do. Seconds, and things per second."""

    url: str
    clients: int = 500
    rate: float = 5.0
    seconds: float = 20.0
    burst: int = 0
    storm: bool = False
    transport: Transport = "ws"
    edition: str | None = None
    publish: bool = False
    on_air: str | None = None
    connect_rate: float = 200.0
    quiet: float = 0.5
    """How long a silence means that nothing is under way any more."""
    pid: int | None = None
    """The server's process; None looks for who serves the port on this machine."""


class Progress(Protocol):
    """Shows a person how far it is."""

    def phase(self, label: str, total: int) -> Advance:
        """Begin a phase of ``total`` steps; return what counts them."""

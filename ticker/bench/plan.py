"""The plan of a run, and the interface that shows its progress."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from ticker.bench.parsers import Transport
from ticker.bench.reader_group import Advance


@dataclass(frozen=True, slots=True)
class Plan:
    """Parameters of a run. Times are in seconds, rates per second."""

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
    """Seconds of silence after which nothing is under way any more."""
    pid: int | None = None
    """The server's process; None looks for the process that serves the port on this machine."""


class Progress(Protocol):
    """Shows a person the progress of a run."""

    def phase(self, label: str, total: int) -> Advance:
        """Begin a phase of ``total`` steps; return what counts them."""

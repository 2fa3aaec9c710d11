"""Counters of a gateway process, shown on ``/metrics``."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Counters:
    """Totals since the process started."""

    events: int = 0
    writes: int = 0
    encodes: int = 0
    connects: int = 0
    resumes: int = 0
    snapshots: int = 0
    resets: int = 0
    pauses: int = 0
    lagged: int = 0
    refused: int = 0

    def metrics(self) -> dict[str, float]:
        """Return the totals by Prometheus name, without prefix."""
        return {f"{name}_total": getattr(self, name) for name in self.__slots__}

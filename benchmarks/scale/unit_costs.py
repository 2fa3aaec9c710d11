"""The measured cost of one connection, one message, one resume and one tail."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
BENCHMARKS = ROOT / "docs" / "internals" / "benchmarks.json"
"""Written by ``python -m benchmarks``."""
EXTRA = ROOT / "docs" / "scale.json"
"""Written by ``python -m benchmarks.scale --measure``: what the rows of the benchmarks lack."""


@dataclass(frozen=True, slots=True)
class Extra:
    """Costs outside the gateway process."""

    store_us_per_tail: float
    """Redis' CPU for one event to one gateway that tails it, in microseconds."""
    kernel_kb: float
    """Kernel memory of one idle TCP connection on the server, in KB."""
    proxy_us: float
    """CPU of an nginx that terminates TLS for one message to one reader, in microseconds."""
    proxy_kb: float
    """Memory of that nginx for one connection, in KB, without the kernel's."""
    handshake_us: float
    """CPU of that nginx for one new TLS connection with its upgrade, in microseconds."""
    measured: str
    """Date and machine."""

    def written(self) -> str:
        """Return the file's content."""
        return json.dumps(asdict(self), indent=1) + "\n"


@dataclass(frozen=True, slots=True)
class UnitCosts:
    """Everything that ``plan`` and ``wave`` multiply. CPU in microseconds, memory in KB."""

    message_us: float
    """One event to one WebSocket reader."""
    resume_us: float
    """One reader that connects and gets the events it missed."""
    connection_kb: float
    """One idle WebSocket in the gateway process."""
    idle_us_per_s: float
    """One idle reader for a second: its heartbeats."""
    extra: Extra


def read(benchmarks: Path = BENCHMARKS, extra: Path = EXTRA) -> UnitCosts:
    """Return the newest measured costs. Raises KeyError if a row was never measured."""
    records = json.loads(benchmarks.read_text())["records"]
    idle_readers, percent = 5_000, _median(records["idle"])
    return UnitCosts(
        message_us=_median(records["fanout-ws"]),
        resume_us=_median(records["storm"]),
        connection_kb=_median(records["memory"]),
        idle_us_per_s=percent / 100 * 1e6 / idle_readers,
        extra=Extra(**json.loads(extra.read_text())),
    )


def _median(record: dict[str, Any]) -> float:
    [entry] = [one for one in record["entries"] if one["name"] == record["subject"]]
    return float(entry["value"]["median"])

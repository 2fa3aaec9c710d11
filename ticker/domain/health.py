"""Readiness: the first hop that passes no events. The lane heartbeat travels like an event."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

MISSES = 3
"""Intervals without a heartbeat after which a hop counts as silent."""


@dataclass(frozen=True, slots=True)
class Hop:
    """One hop on an event's path: whether it works, and a message for the operator."""

    ok: bool
    detail: str


@dataclass(frozen=True, slots=True)
class HeartbeatTimes:
    """The store's clock, and the times of the newest heartbeat on the wire and in the lane."""

    now_ms: int
    wire_ms: int | None
    live_ms: int | None


@dataclass(frozen=True, slots=True)
class HealthReport:
    """Whether events travel; ``silent`` names the first hop that is down."""

    ready: bool
    hops: Mapping[str, Hop]
    silent: str | None = None
    durability: Mapping[str, Any] = field(default_factory=dict)


def judge(
    heartbeat: HeartbeatTimes | str,
    tail_age: float | None,
    interval: float,
    *,
    draining: bool = False,
    durability: Mapping[str, Any] | None = None,
) -> HealthReport:
    """Return the health report. ``heartbeat`` has the store's times, or why they are unknown.

    ``tail_age`` is the seconds since this process's tail saw a heartbeat, None for never;
    ``interval`` is the seconds between heartbeats. A ``draining`` server accepts no new clients.
    """
    limit = MISSES * interval
    # A heartbeat that has come through proves every hop, whatever the store's clock was set to.
    proven = tail_age is not None and tail_age <= limit
    if isinstance(heartbeat, str):
        hops = {"redis": Hop(False, heartbeat)}
        hops |= {
            name: Hop(False, "unknown while redis is unavailable") for name in ("worker", "relay")
        }
    else:
        refused = (durability or {}).get("refused")
        hops = {
            "redis": Hop(not refused, f"refuses changes: {refused}" if refused else "answers"),
            "worker": _age(heartbeat.wire_ms, heartbeat.now_ms, limit, "on the wire", proven),
            "relay": _age(heartbeat.live_ms, heartbeat.now_ms, limit, "in the lane", proven),
        }
    if tail_age is None:
        hops["tail"] = Hop(False, "has seen no heartbeat yet")
    else:
        hops["tail"] = Hop(tail_age <= limit, f"saw a heartbeat {tail_age:.1f} s ago")
    if draining:
        hops["server"] = Hop(False, "is stopping")
    silent = next((name for name, hop in hops.items() if not hop.ok), None)
    return HealthReport(silent is None, hops, silent, durability or {})


def _age(at_ms: int | None, now_ms: int, limit: float, where: str, proven: bool) -> Hop:
    if at_ms is None:
        return Hop(False, f"no heartbeat {where} yet; is a worker running?")
    age = max(0.0, (now_ms - at_ms) / 1000)
    if age > limit and proven:
        return Hop(True, f"newest heartbeat {where} came through; the store's clock was set")
    return Hop(age <= limit, f"newest heartbeat {where} is {age:.1f} s old")

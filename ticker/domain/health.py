"""Which hop lets no event pass. The newsroom's own heartbeat travels like news (invariant 10)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

MISSES = 3
"""Intervals without a heartbeat after which a hop counts as silent."""


@dataclass(frozen=True, slots=True)
class Hop:
    """One hop of an event's way: whether it moves, and a sentence for the operator."""

    ok: bool
    detail: str


@dataclass(frozen=True, slots=True)
class Pulse:
    """The store's word: its own clock, and when the newest heartbeat reached wire and lane."""

    now_ms: int
    wire_ms: int | None
    live_ms: int | None


@dataclass(frozen=True, slots=True)
class HealthReport:
    """Whether events really travel; ``silent`` names the first hop that does not let them pass."""

    ready: bool
    hops: Mapping[str, Hop]
    silent: str | None = None
    durability: Mapping[str, Any] = field(default_factory=dict)


def judge(
    pulse: Pulse | str,
    tail_age: float | None,
    interval: float,
    *,
    draining: bool = False,
    durability: Mapping[str, Any] | None = None,
) -> HealthReport:
    """Return the verdict. ``pulse`` is the store's word, or why it gave none.

    ``tail_age`` is how many seconds ago this process's own tail saw a heartbeat, None for never;
    ``interval`` the seconds between heartbeats. A ``draining`` server takes no new readers.
    """
    limit = MISSES * interval
    if isinstance(pulse, str):
        hops = {"redis": Hop(False, pulse)}
        hops |= {name: Hop(False, "not known while redis is away") for name in ("worker", "relay")}
    else:
        hops = {
            "redis": Hop(True, "answers"),
            "worker": _age(pulse.wire_ms, pulse.now_ms, limit, "on the wire"),
            "relay": _age(pulse.live_ms, pulse.now_ms, limit, "in the lane"),
        }
    if tail_age is None:
        hops["tail"] = Hop(False, "has seen no heartbeat yet")
    else:
        hops["tail"] = Hop(tail_age <= limit, f"saw a heartbeat {tail_age:.1f} s ago")
    if draining:
        hops["server"] = Hop(False, "is stopping")
    silent = next((name for name, hop in hops.items() if not hop.ok), None)
    return HealthReport(silent is None, hops, silent, durability or {})


def _age(at_ms: int | None, now_ms: int, limit: float, where: str) -> Hop:
    if at_ms is None:
        return Hop(False, f"no heartbeat {where} yet; is a worker running?")
    age = max(0.0, (now_ms - at_ms) / 1000)
    return Hop(age <= limit, f"newest heartbeat {where} is {age:.1f} s old")

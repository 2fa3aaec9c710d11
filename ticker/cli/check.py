"""Results of the checks of ``ticker doctor``. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from ticker.cli.durations import duration

SYNCHRONISE = "Synchronise both clocks with NTP."
SKEW_MAX = 5.0
"""Seconds between the local and the server's clock; with more, schedules and expiries are wrong."""


@dataclass(frozen=True, slots=True)
class Check:
    """One result: its name, a detail, and advice if it is not ok or has a ``warning``."""

    name: str
    ok: bool
    detail: str
    advice: str = ""
    warning: bool = False
    """Whether the advice is worth reading though the check is ok."""


def failover(risk: str) -> Check:
    """Return a warning about what a failover may lose."""
    fix = "Set TICKER_DURABILITY=replicated, and min-replicas-to-write 1 in redis.conf."
    return Check("failover", True, risk, fix, warning=True)


def skewed(skew: float, other: str) -> str:
    """Return how far the local clock is from the ``other``."""
    away = f"{abs(skew):.0f} s" if abs(skew) < 100 else duration(abs(skew))
    return f"the local clock is {away} {'ahead of' if skew > 0 else 'behind'} {other}"

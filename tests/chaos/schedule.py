"""Draw a run's faults from a seed. Pure: the same seed, time and faults give the same schedule."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

WARM_UP = 3.0
"""Seconds without a fault at the start, so that every reader has a position."""
COOL_DOWN = 8.0
"""Seconds without a fault at the end, so that every recovery is seen."""
RECOVERY = 3.0
"""Seconds from the end of one fault to the beginning of the next, at least; up to a third more."""


@dataclass(frozen=True, slots=True)
class FaultKind:
    """A fault that can be injected. ``shortest`` and ``longest`` are seconds that it lasts."""

    name: str
    shortest: float
    longest: float


@dataclass(frozen=True, slots=True)
class Planned:
    """A fault at a time. ``draw`` in [0, 1) chooses among targets of the same kind."""

    name: str
    at: float
    lasts: float
    draw: float


def draw(
    seed: int, seconds: float, kinds: Sequence[FaultKind], recovery: float = RECOVERY
) -> list[Planned]:
    """Return the faults of a run of ``seconds``, in order and without overlap.

    Every kind comes once before any comes again. A run that is too short for all gets what fits.
    """
    dice = random.Random(seed)
    planned: list[Planned] = []
    at = WARM_UP
    waiting: list[FaultKind] = []
    while kinds:
        if not waiting:
            waiting = list(kinds)
            dice.shuffle(waiting)
        kind = waiting.pop()
        lasts = round(dice.uniform(kind.shortest, kind.longest), 2)
        if at + lasts > seconds - COOL_DOWN:
            break
        planned.append(Planned(kind.name, round(at, 2), lasts, dice.random()))
        at += lasts + recovery * (1 + dice.random() / 3)
    return planned

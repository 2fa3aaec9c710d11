"""The moments at which a worker looks again: the same for all workers of the machine.

Each look runs code that evicts from the core's caches what an item needs on its way to a screen.
Looks at one moment do that once.
"""

from __future__ import annotations


def until_next_look(now: float, every: float) -> float:
    """Return the seconds from ``now`` until a multiple of ``every``, on a monotonic clock.

    It is the next one, or the one after it if that is near: a timer may fire a little early.
    """
    wait = every - now % every
    return wait if wait > every / 10 else wait + every

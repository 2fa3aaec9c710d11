"""Exponential backoff with jitter: the seconds to wait after a number of failures in a row."""

from __future__ import annotations


def delay(failures: int, *, first: float, last: float, jitter: float, floor: float = 0.0) -> float:
    """Return the seconds to wait after ``failures`` failures in a row, at least one.

    The ceiling grows from ``first`` to ``last``, doubled with each failure. ``jitter``, a random
    number in [0, 1), draws the delay between ``floor`` (a share of the ceiling) and the ceiling. A
    floor of 0 (full jitter) spreads many clients that lost the same server over the whole interval;
    a floor of 0.5 keeps a lone loop from trying again at once.
    """
    # The exponent is capped because 2.0**1024 overflows after a long outage.
    ceiling = min(last, first * 2.0 ** min(max(failures - 1, 0), 32))
    return ceiling * (floor + (1.0 - floor) * jitter)

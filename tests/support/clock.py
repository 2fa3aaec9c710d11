"""The fake clock that tests inject wherever code takes a clock."""

from __future__ import annotations


class FakeClock:
    """Seconds that pass when a test says so: call it for the time, set ``now`` to move it."""

    def __init__(self, now: float = 1_764_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now

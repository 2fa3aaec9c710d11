"""When a child process that has exited is started again."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from ticker.domain.backoff import delay


@dataclass(slots=True)
class RestartPolicy:
    """Decides the delay before a restart. Pure: the caller passes the time.

    The delay doubles with every crash within the last ``within`` seconds, up to ``longest``; after
    crash number ``limit`` in that time there is no such restart. ``retry`` is for a child that
    nevertheless is to be tried again: its delays double from ``again`` to ``within``.
    """

    limit: int = 10
    within: float = 60.0
    first: float = 0.1
    longest: float = 5.0
    again: float = 1.0
    _crashes: deque[float] = field(default_factory=deque)
    _retries: int = 0
    _retried: float = 0.0

    def crashed(self, now: float) -> float | None:
        """Record a crash; return the seconds until the restart, or None for no restart."""
        self._crashes.append(now)
        while self._crashes[0] < now - self.within:
            self._crashes.popleft()
        if len(self._crashes) >= self.limit or self._retrying(now):
            return None
        return delay(len(self._crashes), first=self.first, last=self.longest, jitter=1.0)

    def retry(self, now: float) -> float:
        """Record that there was no restart; return the seconds until the child is tried again."""
        self._retries = self._retries + 1 if self._retrying(now) else 1
        self._retried = now
        return delay(self._retries, first=self.again, last=self.within, jitter=1.0)

    def _retrying(self, now: float) -> bool:
        """Tell whether it failed so recently that it has not run for ``within`` seconds since."""
        return self._retries > 0 and now - self._retried < 2 * self.within

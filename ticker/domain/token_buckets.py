"""Rate limits by client: token buckets in a table of bounded size."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from math import ceil


@dataclass(slots=True)
class Bucket:
    """One bucket. Times are seconds of one monotonic clock."""

    tokens: float
    at: float

    def take(self, now: float, per_second: float, most: float) -> bool:
        """Take a token if there is one (the token bucket of RFC 2697 §2, one colour)."""
        self.tokens = min(most, self.tokens + (now - self.at) * per_second)
        self.at = now
        if self.tokens < 1.0:
            return False
        self.tokens -= 1.0
        return True


class Allowance:
    """A bucket for each client: ``burst`` requests at once, then one every ``every`` seconds.

    At most ``clients`` are remembered; the one seen longest ago is forgotten first.
    """

    def __init__(self, burst: int, every: float, clients: int) -> None:
        self._burst = burst
        self._every = every
        self._most = clients
        self._clients: OrderedDict[Hashable, Bucket] = OrderedDict()

    def __len__(self) -> int:
        return len(self._clients)

    def take(self, client: Hashable, now: float) -> int:
        """Return 0 if ``client`` may proceed now, otherwise the whole seconds to wait."""
        bucket = self._clients.get(client)
        if bucket is None:
            bucket = self._clients[client] = Bucket(self._burst, now)
            if len(self._clients) > self._most:
                self._clients.popitem(last=False)
        else:
            self._clients.move_to_end(client)
        if bucket.take(now, 1 / self._every, self._burst):
            return 0
        return max(1, ceil((1.0 - bucket.tokens) * self._every))

    def clear(self) -> None:
        """Forget every client."""
        self._clients.clear()

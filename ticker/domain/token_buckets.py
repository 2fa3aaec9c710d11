"""Rates of requests: token buckets by client, by wider network and for all, in bounded tables."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from math import ceil

WIDER = 4
"""A wider network (the /48 of IPv6) may use as much as this many clients."""


@dataclass(slots=True)
class Bucket:
    """One bucket. Times are seconds of one monotonic clock."""

    tokens: float
    at: float

    def refill(self, now: float, per_second: float, most: float) -> float:
        """Add what has come in since the last call; return the tokens there are."""
        self.tokens = min(most, self.tokens + (now - self.at) * per_second)
        self.at = now
        return self.tokens

    def take(self, now: float, per_second: float, most: float) -> bool:
        """Take a token if there is one (the token bucket of RFC 2697 §2, one colour)."""
        if self.refill(now, per_second, most) < 1.0:
            return False
        self.tokens -= 1.0
        return True


@dataclass(frozen=True, slots=True)
class Rate:
    """``burst`` requests at once, then ``per_second`` of them."""

    burst: float
    per_second: float

    def times(self, factor: float) -> Rate:
        """Return the rate that ``factor`` clients have together."""
        return Rate(self.burst * factor, self.per_second * factor)


@dataclass(frozen=True, slots=True)
class Spent:
    """A budget is spent: ``seconds`` until it has a token again.

    ``by_all`` says that all clients together spent it, not this one.
    """

    seconds: int
    by_all: bool


class Buckets:
    """A bucket for each key, at most ``most``; the one used longest ago is forgotten first."""

    def __init__(self, rate: Rate, most: int) -> None:
        self._rate = rate
        self._most = most
        self._buckets: OrderedDict[Hashable, Bucket] = OrderedDict()

    def __len__(self) -> int:
        return len(self._buckets)

    def refilled(self, key: Hashable, now: float) -> Bucket:
        """Return the bucket of ``key`` as it is now; a new one is full."""
        bucket = self._buckets.get(key)
        if bucket is None:
            bucket = self._buckets[key] = Bucket(self._rate.burst, now)
            if len(self._buckets) > self._most:
                self._buckets.popitem(last=False)
        else:
            self._buckets.move_to_end(key)
            bucket.refill(now, self._rate.per_second, self._rate.burst)
        return bucket

    def wait(self, bucket: Bucket) -> int:
        """Return the whole seconds until ``bucket`` has a token, at least one."""
        return max(1, ceil((1.0 - bucket.tokens) / self._rate.per_second))

    def clear(self) -> None:
        """Forget every key."""
        self._buckets.clear()


class Budget:
    """The amount of one thing that clients may spend, alone, as a network and all together.

    Each client has ``rate``, a wider network ``WIDER`` times as much, and all together ``all_rate``
    (None for no ceiling). At most ``most`` clients are remembered; a forgotten one starts anew.
    """

    def __init__(self, rate: Rate, most: int, all_rate: Rate | None = None) -> None:
        self._rate = rate
        self._own = Buckets(rate, most)
        self._wider = Buckets(rate.times(WIDER), most)
        self._all = None if all_rate is None else Buckets(all_rate, 1)

    def __len__(self) -> int:
        """Return the number of buckets."""
        return len(self._own) + len(self._wider)

    def take(self, groups: Sequence[Hashable], now: float) -> Spent | None:
        """Spend one token of the client with these ``groups``, or say why it cannot.

        Nothing is taken anywhere if one of the buckets is empty, so a client that is refused does
        not use up what others may spend.
        """
        own = self._own.refilled(groups[0], now)
        if own.tokens < 1.0:
            return Spent(self._own.wait(own), by_all=False)
        wider = None
        if len(groups) > 1:
            wider = self._wider.refilled(groups[1], now)
            if wider.tokens < 1.0:
                return Spent(self._wider.wait(wider), by_all=False)
        if self._all is not None:
            whole = self._all.refilled(None, now)
            if whole.tokens < 1.0:
                return Spent(self._all.wait(whole), by_all=True)
            whole.tokens -= 1.0
        own.tokens -= 1.0
        if wider is not None:
            wider.tokens -= 1.0
        return None

    def pay(self, groups: Sequence[Hashable], tokens: float, now: float) -> None:
        """Spend ``tokens`` more for what was served, also those that are not there yet.

        A client owes at most its burst, a wider network at most its own. The ceiling of all
        clients together is left alone: it would refuse others for what this client was served.
        """
        own = self._own.refilled(groups[0], now)
        own.tokens = max(own.tokens - tokens, -self._rate.burst)
        if len(groups) > 1:
            wider = self._wider.refilled(groups[1], now)
            wider.tokens = max(wider.tokens - tokens, -self._rate.burst * WIDER)

    def spent(self, groups: Sequence[Hashable], now: float) -> Spent | None:
        """Tell whether the client has nothing left, without spending."""
        own = self._own.refilled(groups[0], now)
        return Spent(self._own.wait(own), by_all=False) if own.tokens < 1.0 else None

    def clear(self) -> None:
        """Forget every client."""
        self._own.clear()
        self._wider.clear()

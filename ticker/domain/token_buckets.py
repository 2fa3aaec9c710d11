"""Rates of requests: token buckets by client, by wider network and for all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, ulp

from ticker.domain.usage_table import Debts

WIDER = 4
"""A wider network (the /48 of IPv6) may use as much as this many clients."""
_ONE = 1.0 - 1e-3
"""A token. Debts are seconds of a clock, so a little may be missing by rounding."""


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


class Budget:
    """The amount of one thing that clients may spend, alone, as a network and all together.

    Each client has ``rate``, a wider network ``WIDER`` times as much, and all together ``all_rate``
    (None for no ceiling). What clients and networks have spent is in ``debts``, which other
    processes may share; the ceiling protects this process.
    """

    def __init__(self, rate: Rate, debts: Debts, all_rate: Rate | None = None) -> None:
        self._rate = rate
        self._wider = rate.times(WIDER)
        self._debts = debts
        self._all_rate = all_rate
        self._all: Bucket | None = None

    def take(self, groups: Sequence[str], now: float) -> Spent | None:
        """Spend one token of the client with these ``groups``, or say why it cannot.

        Nothing is taken anywhere if one of the buckets is empty, so a client that is refused does
        not use up what others may spend. ``now`` is a clock that those who share ``debts`` have.
        """
        own = self._tokens(groups[0], self._rate, now)
        if own < _token(self._rate, now):
            return Spent(_wait(own, self._rate), by_all=False)
        wider = 0.0
        if len(groups) > 1:
            wider = self._tokens(groups[1], self._wider, now)
            if wider < _token(self._wider, now):
                return Spent(_wait(wider, self._wider), by_all=False)
        if self._all_rate is not None:
            whole = self._all = self._all or Bucket(self._all_rate.burst, now)
            if not whole.take(now, self._all_rate.per_second, self._all_rate.burst):
                return Spent(_wait(whole.tokens, self._all_rate), by_all=True)
        self._leave(groups[0], own - 1.0, self._rate, now)
        if len(groups) > 1:
            self._leave(groups[1], wider - 1.0, self._wider, now)
        return None

    def pay(self, groups: Sequence[str], tokens: float, now: float) -> None:
        """Spend ``tokens`` more for what was served, also those that are not there yet.

        A client owes at most its burst, a wider network at most its own. The ceiling of all
        clients together is left alone: it would refuse others for what this client was served.
        """
        for group, rate in zip(groups, (self._rate, self._wider), strict=False):
            left = self._tokens(group, rate, now) - tokens
            self._leave(group, max(left, -rate.burst), rate, now)

    def spent(self, groups: Sequence[str], now: float) -> Spent | None:
        """Tell whether the client has nothing left, without spending."""
        own = self._tokens(groups[0], self._rate, now)
        left = own >= _token(self._rate, now)
        return None if left else Spent(_wait(own, self._rate), by_all=False)

    def _tokens(self, group: str, rate: Rate, now: float) -> float:
        return rate.burst - self._debts.get(group, now) * rate.per_second

    def _leave(self, group: str, tokens: float, rate: Rate, now: float) -> None:
        self._debts.set(group, (rate.burst - tokens) / rate.per_second, now)


def _token(rate: Rate, now: float) -> float:
    """Return a token, less what rounding has taken at most: a step of the clock for each token."""
    return _ONE - ulp(now) * rate.burst * rate.per_second


def _wait(tokens: float, rate: Rate) -> int:
    """Return the whole seconds until there is a token, at least one."""
    return max(1, ceil((_ONE - tokens) / rate.per_second))

"""Deduplicate reported reads, and limit them for each client and in all.

Clients stay anonymous: an address is only kept as a keyed hash, and the key is replaced once a day
together with everything recorded under it. All tables are bounded; the oldest entries go first.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import blake2b
from typing import Literal, TypeAlias

from ticker.domain.client_address import groups
from ticker.domain.token_buckets import Bucket, Budget, Rate
from ticker.domain.usage_table import Debts
from ticker.readership.scores import Kind

Outcome: TypeAlias = Literal["counted", "repeated", "rate_limited", "capped"]

DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class ReadLimits:
    """Bounds of one process, but for those of one client. Times are seconds."""

    burst: int = 30
    """Reads of one client that count at once."""
    every: float = 2.0
    """After the burst, one read of a client counts in this time."""
    repeat_after: float = 600.0
    """One client's reads of one item count once in this time, or in up to twice this time."""
    marks: int = 50_000
    """Reads remembered in that time; above this bound the time ends early."""
    per_second: int = 500
    """Reads of all clients together in a second."""


class ReadDeduplicator:
    """Decide whether a read counts. ``now`` is seconds of one monotonic clock."""

    def __init__(
        self,
        new_key: Callable[[], bytes],
        limits: ReadLimits = ReadLimits(),
        debts: Debts | None = None,
    ) -> None:
        """``new_key`` returns 16 to 64 fresh random bytes.

        ``debts`` are what clients have reported to all processes of this machine; they name nobody.
        """
        self.limits = limits
        self._new_key = new_key
        self.salt = new_key()
        self._key_since: float | None = None
        self._clients = Budget(Rate(limits.burst, 1 / limits.every), debts or Debts.own())
        self._marks: set[bytes] = set()
        self._marks_before: set[bytes] = set()
        self._marks_since = 0.0
        self._all = Bucket(limits.per_second, 0.0)

    def __len__(self) -> int:
        return len(self._marks) + len(self._marks_before)

    def admit(self, client: str, id: str, kind: Kind, now: float) -> Outcome:
        """Return whether a read counts, and record it if it does. ``client`` is an IP address."""
        self._expire(now)
        limits = self.limits
        networks = groups(client)
        if self._clients.take(networks, now) is not None:
            return "rate_limited"
        mark = self._hash(f"{networks[0]} {id} {kind}")
        if mark in self._marks or mark in self._marks_before:
            return "repeated"
        if not self._all.take(now, limits.per_second, limits.per_second):
            return "capped"
        self._marks.add(mark)
        return "counted"

    def _expire(self, now: float) -> None:
        if self._key_since is None:
            self._key_since = self._marks_since = self._all.at = now
        if now - self._key_since >= DAY:
            self.salt, self._key_since = self._new_key(), now
            self._marks, self._marks_before, self._marks_since = set(), set(), now
        periods = int((now - self._marks_since) / self.limits.repeat_after)
        if periods:
            # After two periods without a read even the newest marks are too old.
            kept = self._marks if periods == 1 else set()
            self._marks, self._marks_before = set(), kept
            self._marks_since += periods * self.limits.repeat_after
        elif len(self._marks) >= self.limits.marks:
            self._marks, self._marks_before, self._marks_since = set(), self._marks, now

    def _hash(self, text: str) -> bytes:
        return blake2b(text.encode(), key=self.salt, digest_size=8).digest()

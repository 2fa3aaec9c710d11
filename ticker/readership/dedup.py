"""Which reported reads count: limits per client, against repeats, and on all together.

Who a client is, is never kept: its address goes into a keyed hash, whose key is thrown away once a
day and with it everything that was noted. All tables are bounded; at a bound the oldest goes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import blake2b
from ipaddress import IPv6Address, ip_address
from typing import Literal, TypeAlias

from ticker.domain.token_buckets import Allowance, Bucket
from ticker.readership.scores import Kind

Verdict: TypeAlias = Literal["counted", "repeated", "flooding", "ceiling"]

DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class GateLimits:
    """The bounds, per process. Times are seconds."""

    burst: int = 30
    """Reads of one client that count at once …"""
    every: float = 2.0
    """… and then one in this time."""
    clients: int = 20_000
    """Clients remembered; of one that was forgotten the count begins anew."""
    once_in: float = 600.0
    """One client's reads of one kind of one item count once in this time, or in up to twice it."""
    marks: int = 50_000
    """Reads remembered in that time; beyond, the time ends early."""
    ceiling: int = 500
    """Reads per second of all clients together."""


class ReadDeduplicator:
    """Decides on each read. ``now`` is seconds of one monotonic clock."""

    def __init__(self, new_key: Callable[[], bytes], limits: GateLimits = GateLimits()) -> None:
        """``new_key`` returns 16 to 64 random bytes, other ones every time."""
        self.limits = limits
        self._new_key = new_key
        self._key = new_key()
        self._key_since: float | None = None
        self._clients = Allowance(limits.burst, limits.every, limits.clients)
        self._marks: set[bytes] = set()
        self._marks_before: set[bytes] = set()
        self._marks_since = 0.0
        self._all = Bucket(limits.ceiling, 0.0)

    def __len__(self) -> int:
        return len(self._clients) + len(self._marks) + len(self._marks_before)

    def admit(self, client: str, id: str, kind: Kind, now: float) -> Verdict:
        """Say whether a read counts, and note it if it does. ``client`` is an IP address."""
        self._forget(now)
        limits = self.limits
        who = self._hash(network(client))
        if self._clients.take(who, now):
            return "flooding"
        mark = self._hash(f"{who.hex()} {id} {kind}")
        if mark in self._marks or mark in self._marks_before:
            return "repeated"
        if not self._all.take(now, limits.ceiling, limits.ceiling):
            return "ceiling"
        self._marks.add(mark)
        return "counted"

    def _forget(self, now: float) -> None:
        if self._key_since is None:
            self._key_since = self._marks_since = self._all.at = now
        if now - self._key_since >= DAY:
            self._key, self._key_since = self._new_key(), now
            self._clients.clear()
            self._marks, self._marks_before, self._marks_since = set(), set(), now
        turns = int((now - self._marks_since) / self.limits.once_in)
        if turns:
            # After two turns without a read even the newest marks are too old.
            kept = self._marks if turns == 1 else set()
            self._marks, self._marks_before = set(), kept
            self._marks_since += turns * self.limits.once_in
        elif len(self._marks) >= self.limits.marks:
            self._marks, self._marks_before, self._marks_since = set(), self._marks, now

    def _hash(self, text: str) -> bytes:
        return blake2b(text.encode(), key=self._key, digest_size=8).digest()


def network(client: str) -> str:
    """Return what stands for one client: its IPv4 address, or the /64 of its IPv6 address.

    Whoever has one IPv6 address has 2^64 of them. What is no address stands for itself.
    """
    try:
        address = ip_address(client)
    except ValueError:
        return client
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return address.packed[:8].hex()
    return str(address)

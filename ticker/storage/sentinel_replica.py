"""Follows one replica that the sentinels call healthy.

Each process prefers one of its own, so that many gateways spread over the replicas, and keeps it
for as long as a sentinel calls it healthy.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import RedisError

from ticker.storage.sentinel import Address, Answer, PrimaryWatch

BROKEN = frozenset({"s_down", "o_down", "disconnected"})


def healthy(replicas: Iterable[Mapping[bytes, bytes]]) -> list[Address]:
    """Return the replicas that a reply to SENTINEL REPLICAS calls connected with their primary."""
    found = []
    for one in replicas:
        flags = set(one[b"flags"].decode().split(","))
        if "slave" in flags and not flags & BROKEN and one[b"master-link-status"] == b"ok":
            found.append((one[b"ip"].decode(), int(one[b"port"])))
    return found


def choose(known: Address | None, replicas: Sequence[Address], process: str) -> Address | None:
    """Return ``known`` if it is one of ``replicas``, or the one that ``process`` prefers."""
    if known in replicas:
        return known
    return min(replicas, key=lambda one: _rank(process, one), default=None)


def _rank(process: str, address: Address) -> bytes:
    return hashlib.sha256(f"{process} {address}".encode()).digest()


class ReplicaWatch(PrimaryWatch):
    """A replica of one service. ``changed`` is called when another one is chosen."""

    def __init__(
        self, sentinels: Sequence[Redis], service: str, changed: Callable[[], None]
    ) -> None:
        super().__init__(sentinels, service, changed)
        self._what = f"replica of {service}"
        self._process = secrets.token_hex(8)

    async def _ask(self, sentinel: Redis) -> Answer | None:
        ask: Callable[..., Any] = sentinel.execute_command
        try:
            fields = await ask("SENTINEL", "MASTER", self._service)
            replies = await ask("SENTINEL", "REPLICAS", self._service)
            epoch = int(dict(zip(fields[::2], fields[1::2], strict=True))[b"config-epoch"])
            found = healthy(dict(zip(one[::2], one[1::2], strict=True)) for one in replies)
        except (RedisError, OSError, TypeError, ValueError, KeyError):
            return None  # away, or it does not know the service
        known = self._known.address if self._known else None
        address = choose(known, found, self._process)
        return None if address is None else Answer(epoch, address)

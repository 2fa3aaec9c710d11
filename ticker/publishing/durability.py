"""What a 201 promises, and what this server can keep of it.

``fsync`` waits with WAITAOF until the server's append-only file is on disk. Where that command is
missing (Redis before 7.2), ``appendfsync always`` promises the same without being asked. Where
neither is to be had the promise shrinks to ``local``, and everybody is told.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import asdict, dataclass
from typing import Any

from ticker.config import Durability as Level
from ticker.domain.errors import Unavailable
from ticker.storage.connection import Redis, ResponseError, translate
from ticker.storage.scripts import Arg, command

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Durability:
    """The promise that was ``requested``, the one that is kept, and why they differ or how."""

    requested: Level
    effective: Level
    why: str
    waits: bool
    """Whether each commit is followed by a WAITAOF or WAIT."""

    @property
    def degraded(self) -> bool:
        """Tell whether less is kept than was asked for."""
        return self.requested != self.effective

    def report(self) -> dict[str, Any]:
        """Return it for /readyz and ``ticker doctor``."""
        return asdict(self) | {"degraded": self.degraded}


class DurabilityPolicy:
    """Finds out what the server can promise, and makes each commit wait for it."""

    def __init__(self, redis: Redis, requested: Level, replicas: int, timeout: float) -> None:
        self._redis = redis
        self._requested = requested
        self._replicas = replicas
        self._timeout_ms = int(timeout * 1000)
        self._known: Durability | None = None
        self._warned = ""
        self._asking: asyncio.Task[Durability] | None = None

    async def durability(self) -> Durability:
        """Return what holds with the server of now. Raises Unavailable when it is away."""
        if self._known is not None:
            return self._known
        if self._asking is None:  # a hundred editors after a failover need one answer
            self._asking = asyncio.create_task(self._probe())
            self._asking.add_done_callback(self._answered)
        known = await asyncio.shield(self._asking)
        if known.degraded and known.why != self._warned:
            self._warned = known.why
            log.warning(
                "durability is %s, not %s as configured: %s",
                known.effective,
                known.requested,
                known.why,
            )
        return known

    def forget(self) -> None:
        """Ask again next time: the connection was lost, so this may be another server."""
        self._known = None

    def command(self, known: Durability) -> tuple[Arg, ...] | None:
        """Return the command to send right after a write on the same connection, or None."""
        if not known.waits:
            return None
        if known.effective == "replicated":
            return ("WAIT", self._replicas, self._timeout_ms)
        return ("WAITAOF", 1, 0, self._timeout_ms)

    def check(self, known: Durability, reply: object) -> None:
        """Raise Unavailable unless ``reply`` of ``command`` says that the promise was kept."""
        if isinstance(reply, ResponseError):
            self.forget()
            raise Unavailable(
                f"written, but the server would not wait for {known.effective} ({reply}); "
                "repeat it with the same Idempotency-Key"
            )
        if known.effective == "replicated":
            done = isinstance(reply, int) and reply >= self._replicas
        else:
            done = isinstance(reply, list) and int(reply[0]) >= 1
        if not done:
            raise Unavailable(
                f"written, but not {known.effective} within {self._timeout_ms} ms; "
                "repeat it with the same Idempotency-Key"
            )

    def _answered(self, asked: asyncio.Task[Durability]) -> None:
        self._asking = None
        if not asked.cancelled() and asked.exception() is None:
            self._known = asked.result()

    async def _probe(self) -> Durability:
        if self._requested == "local":
            return Durability("local", "local", "as configured", waits=False)
        if self._requested == "replicated":
            why = f"WAIT for {self._replicas} replica(s)"
            return Durability("replicated", "replicated", why, waits=True)
        fsync = await self._config("appendfsync")
        with translate():
            try:
                await command(self._redis, "WAITAOF", 1, 0, 1)
            except ResponseError as error:
                text = str(error).lower()
                if "appendonly is disabled" in text:
                    return self._only_local("the server keeps no append-only file (appendonly no)")
                if "unknown command" not in text:
                    raise
                return await self._without_waitaof(fsync)
        if fsync == "no":
            return self._only_local("the server never syncs its file itself (appendfsync no)")
        why = "WAITAOF" + (f", appendfsync {fsync}" if fsync else "")
        return Durability("fsync", "fsync", why, waits=True)

    async def _without_waitaof(self, fsync: str | None) -> Durability:
        lacks = "the server has no WAITAOF (Redis 7.2 and Valkey do)"
        if await self._config("appendonly") != "yes":
            return self._only_local(f"{lacks} and keeps no append-only file (appendonly no)")
        if fsync == "always":
            # The reply itself is sent after the sync.
            return Durability("fsync", "fsync", "appendfsync always", waits=False)
        return self._only_local(f"{lacks} and appendfsync is {fsync or 'unknown'}, not always")

    def _only_local(self, why: str) -> Durability:
        return Durability("fsync", "local", why, waits=False)

    async def _config(self, name: str) -> str | None:
        """Return one setting of the server, or None where CONFIG is forbidden."""
        with translate():
            try:
                reply = await command(self._redis, "CONFIG", "GET", name)
            except ResponseError:
                return None
        if isinstance(reply, dict):
            value = reply.get(name, reply.get(name.encode()))
        else:
            value = reply[1] if reply else None
        return value.decode() if isinstance(value, bytes) else value

"""The durability that a 201 promises, and what this server can keep of it.

``fsync``: with ``appendfsync always`` Redis answers a command after it has synced its append-only
file, so the answer says it all. Otherwise each commit is followed by WAITAOF, which Redis has since
7.2. Where neither is to be had the promise shrinks to ``local``, and log and ``/readyz`` say so.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import asdict, dataclass, replace
from typing import Any

from ticker.config import Durability as Level
from ticker.domain.store_errors import NotDurable
from ticker.storage.connection import (
    Redis,
    RedisError,
    ResponseError,
    has_sentinel,
    translate,
)
from ticker.storage.kept_connection import KeptConnections
from ticker.storage.keys import Keys
from ticker.storage.replies import code_of
from ticker.storage.scripts import Arg, command

log = logging.getLogger(__name__)

RECHECK = 10.0
"""Seconds after which the server is asked again, beside a commit: its settings may be changed while
it runs. It is also asked after every loss of the connection."""
STALE = 2 * RECHECK
"""Seconds after which a commit waits for that answer: nobody has asked for long, and the server may
be another one."""
CHECK_MS = 500
"""Milliseconds in which replicas must confirm the write of a check."""

ALWAYS = {"appendonly": "yes", "appendfsync": "always", "no-appendfsync-on-rewrite": "no"}
"""Settings with which an answered command is synced, without exception."""


@dataclass(frozen=True, slots=True)
class Durability:
    """The durability ``requested``, the ``effective`` one, and why it is that one."""

    requested: Level
    effective: Level
    why: str
    waits: bool
    """Whether each commit is followed by a WAITAOF or WAIT."""
    replicas: int = 0
    """Replicas that are connected, as far as the server says."""
    risk: str = ""
    """How an acknowledged item can be lost all the same."""
    refused: str = ""
    """Why each change is refused now."""

    @property
    def degraded(self) -> bool:
        """Tell whether less is kept than was requested."""
        return self.requested != self.effective

    @property
    def retractions_wait(self) -> bool:
        """Tell whether a retraction waits for a replica beside what the setting asks for."""
        return self.effective != "replicated" and self.replicas > 0

    def report(self) -> dict[str, Any]:
        """Return it for /readyz and ``ticker doctor``."""
        return asdict(self) | {"degraded": self.degraded}


class DurabilityPolicy:
    """Finds out what the server can promise, and what each commit must wait for."""

    def __init__(
        self, redis: Redis, keys: Keys, requested: Level, replicas: int, timeout: float
    ) -> None:
        self._redis = redis
        self._connections = KeptConnections(redis)
        self._check = keys.write_check
        self._requested = requested
        self._replicas = replicas
        self._timeout_ms = int(timeout * 1000)
        self._known: Durability | None = None
        self._asked_at = 0.0
        self._warned = ""
        self._asking: asyncio.Task[Durability] | None = None

    async def durability(self) -> Durability:
        """Return what holds with the server of now. Raises Unavailable when it is away.

        The answer may be ``RECHECK`` seconds old; ``check_writes`` asks anew.
        """
        age = asyncio.get_running_loop().time() - self._asked_at
        known = self._known
        if known is not None and age < RECHECK:
            return known
        asking = self._ask()
        if known is None or age >= STALE:
            known = await asyncio.shield(asking)
        self._warn(known)
        return known

    def _ask(self) -> asyncio.Task[Durability]:
        """Return the question that is under way, or a new one."""
        if self._asking is None:  # a hundred editors after a failover need one answer
            self._asked_at = asyncio.get_running_loop().time()
            self._asking = asyncio.create_task(self._probe())
            self._asking.add_done_callback(self._answered)
        return self._asking

    async def check_writes(self) -> Durability:
        """Write something without meaning, and return what holds now; ``refused`` says why not.

        Raises StoreError if the server refuses every change.
        """
        known = await asyncio.shield(self._ask())
        self._warn(known)
        commands: list[tuple[Arg, ...]] = [("SET", self._check, "1", "PX", 60_000)]
        if known.effective == "replicated":
            commands.append(("WAIT", self._replicas, CHECK_MS))
        with translate():
            replies = await self._connections.run(commands)
            if isinstance(replies[0], RedisError) and code_of(replies[0]) != "NOPERM":
                raise replies[0]
        if len(replies) == 2 and isinstance(replies[1], int) and replies[1] < self._replicas:
            why = f"{replies[1]} of {self._replicas} replicas confirm a change in {CHECK_MS} ms"
            return replace(known, refused=why)
        return known

    def _warn(self, known: Durability) -> None:
        """Log once what is less than it seems."""
        text = known.risk
        if known.degraded:
            text = (
                f"durability is {known.effective}, not {known.requested} as configured: {known.why}"
            )
        if text and text != self._warned:
            log.warning("%s", text)
        self._warned = text

    def forget(self) -> None:
        """Ask again next time: the connection was lost, and the next may lead to another server."""
        self._known = None

    def command(self, known: Durability) -> tuple[Arg, ...] | None:
        """Return the command to send right after a write on the same connection, or None."""
        if not known.waits:
            return None
        if known.effective == "replicated":
            return ("WAIT", self._replicas, self._timeout_ms)
        return ("WAITAOF", 1, 0, self._timeout_ms)

    @property
    def retraction_wait(self) -> tuple[Arg, ...]:
        """Return the command that waits until a replica has a retraction."""
        return ("WAIT", 1, self._timeout_ms)

    def kept(self, known: Durability, reply: object) -> bool:
        """Tell whether ``reply`` of ``command`` says that the promise was kept."""
        if known.effective == "replicated":
            return isinstance(reply, int) and reply >= self._replicas
        return isinstance(reply, list) and int(reply[0]) >= 1

    def check(self, known: Durability, reply: object) -> None:
        """Raise NotDurable unless ``reply`` of ``command`` says that the promise was kept."""
        if isinstance(reply, ResponseError):
            self.forget()
            raise NotDurable(
                f"written, but the server would not wait for {known.effective} ({reply}); "
                "repeat it with the same Idempotency-Key"
            )
        if not self.kept(known, reply):
            raise NotDurable(
                f"written, but not {known.effective} within {self._timeout_ms} ms; "
                "repeat it with the same Idempotency-Key"
            )

    def _answered(self, asked: asyncio.Task[Durability]) -> None:
        self._asking = None
        if not asked.cancelled() and asked.exception() is None:
            self._known = asked.result()

    async def _probe(self) -> Durability:
        known, replicas = await self._level(), await self._connected()
        at_risk = known.requested != "replicated" and (replicas or has_sentinel(self._redis))
        return replace(known, replicas=replicas, risk=_risk(known) if at_risk else "")

    async def _connected(self) -> int:
        """Return the number of connected replicas; 0 where INFO is forbidden."""
        with translate():
            try:
                found = await command(self._redis, "INFO", "replication")
            except ResponseError as error:
                if code_of(error) not in (None, "NOPERM"):
                    raise
                return 0
        return int(found.get("connected_slaves", 0)) if isinstance(found, dict) else 0

    async def _level(self) -> Durability:
        if self._requested == "local":
            return Durability("local", "local", "as configured", waits=False)
        if self._requested == "replicated":
            why = f"WAIT for {self._replicas} replica(s)"
            return Durability("replicated", "replicated", why, waits=True)
        found = await self._config("appendonly", "appendfsync", "no-appendfsync-on-rewrite")
        fsync = found.get("appendfsync")
        if found == ALWAYS:
            return Durability("fsync", "fsync", "appendfsync always", waits=False)
        with translate():
            try:
                await command(self._redis, "WAITAOF", 1, 0, 1)
            except ResponseError as error:
                text = str(error).lower()
                if "appendonly is disabled" in text:
                    return _only_local("the server keeps no append-only file (appendonly no)")
                if "unknown command" not in text:
                    raise
                return _only_local(_without_waitaof(found))
        if fsync == "no":
            return _only_local("the server never syncs its file itself (appendfsync no)")
        why = "WAITAOF" + (f", appendfsync {fsync}" if fsync else "")
        return Durability("fsync", "fsync", why, waits=True)

    async def _config(self, *names: str) -> dict[str, str]:
        """Return settings of the server; none where CONFIG is forbidden."""
        with translate():
            try:
                reply = await command(self._redis, "CONFIG", "GET", *names)
            except ResponseError:
                return {}
        pairs = (
            reply.items() if isinstance(reply, dict) else zip(reply[::2], reply[1::2], strict=True)
        )
        return {_text(name): _text(value) for name, value in pairs}


def _without_waitaof(found: dict[str, str]) -> str:
    lacks = "the server has no WAITAOF (Redis 7.2 and Valkey do)"
    if found.get("appendonly") != "yes":
        return f"{lacks} and keeps no append-only file (appendonly no)"
    if found.get("appendfsync") != "always":
        return f"{lacks} and appendfsync is {found.get('appendfsync', 'unknown')}, not always"
    return f"{lacks} and no-appendfsync-on-rewrite is yes"


def _risk(known: Durability) -> str:
    return (
        f"durability is {known.effective}: a failover can lose acknowledged items that no replica "
        "has yet; durability replicated and min-replicas-to-write prevent it"
    )


def _only_local(why: str) -> Durability:
    return Durability("fsync", "local", why, waits=False)


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value

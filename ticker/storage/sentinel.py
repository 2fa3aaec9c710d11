"""Follows which server the sentinels call the primary.

All sentinels are asked at once, twice a second, and the answer of the newest configuration counts.
A sentinel that is dead, or alone on the wrong side of a partition, neither delays nor misleads.
Sentinels agree among themselves in the same way, by the configuration epoch.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from redis.asyncio import Redis
from redis.asyncio.connection import Connection
from redis.exceptions import ConnectionError, RedisError

from ticker.storage.address import TlsConnection
from ticker.storage.pool import StorePool

log = logging.getLogger(__name__)

LOOK_EVERY = 0.5
"""Seconds between two questions to the sentinels."""
ANSWER_WITHIN = 0.4
"""Seconds that a sentinel has to answer. The others are believed meanwhile."""
FIRST_ANSWER_WITHIN = 2.0
"""The same while no primary is known: a process that starts is busy."""

HASTY_MS = 1_000
"""Milliseconds between a sentinel's first look at a new primary and its first question: with so
short a ``down-after-milliseconds`` it does not wait for the reply."""

Address: TypeAlias = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Answer:
    """One sentinel's answer: the primary, and the epoch of the configuration that made it so."""

    epoch: int
    address: Address
    down_after_ms: int | None = None
    """Silence after which the sentinel takes the primary for dead."""


def decide(known: Answer | None, answers: Sequence[Answer], sentinels: int) -> Answer | None:
    """Return the answer to believe, of ``sentinels`` sentinels in all.

    The newest configuration wins. One older than what is known counts only if a majority says so:
    then the sentinels were set up anew.
    """
    newest = max(answers, key=lambda one: one.epoch, default=None)
    if newest is None or known is None:
        return newest or known
    if newest.epoch >= known.epoch or len(answers) * 2 > sentinels:
        return newest
    return known


class PrimaryWatch:
    """The primary of one service. ``changed`` is called when another server becomes it."""

    def __init__(
        self, sentinels: Sequence[Redis], service: str, changed: Callable[[], None]
    ) -> None:
        self._sentinels = sentinels
        self._service = service
        self._what = f"primary of {service}"
        self._changed = changed
        self._known: Answer | None = None
        self._task: asyncio.Task[None] | None = None

    async def address(self) -> Address:
        """Return the primary's address. Raises ConnectionError if no sentinel names one."""
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run(), name="primary watch")
        if self._known is None:
            await self._look()
        if self._known is None:
            raise ConnectionError(f"nobody names a {self._what}")
        return self._known.address

    async def aclose(self) -> None:
        """Stop asking, and close the connections to the sentinels."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        for sentinel in self._sentinels:
            await sentinel.aclose()

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            again = loop.time() + LOOK_EVERY
            await self._look()
            await asyncio.sleep(max(0.0, again - loop.time()))

    async def _look(self) -> None:
        """Ask all, and believe each answer as it comes: one that hangs must not hold the news up.

        Only the first look of all waits until more than half have answered.
        """
        loop = asyncio.get_running_loop()
        first = self._known is None
        until = loop.time() + (FIRST_ANSWER_WITHIN if first else ANSWER_WITHIN)
        pending = {asyncio.create_task(self._ask(sentinel)) for sentinel in self._sentinels}
        answers: list[Answer] = []
        try:
            while pending and (left := until - loop.time()) > 0:
                done, pending = await asyncio.wait(
                    pending, timeout=left, return_when=asyncio.FIRST_COMPLETED
                )
                answers += [answer for one in done if (answer := one.result())]
                enough = len(answers) * 2 > len(self._sentinels)
                if enough or not first:
                    self._believe(answers)
                if enough and first:
                    return
            self._believe(answers)
        finally:
            for one in pending:
                one.cancel()
            if pending:
                await asyncio.wait(pending)

    def _believe(self, answers: Sequence[Answer]) -> None:
        before = self._known
        now = self._known = decide(before, answers, len(self._sentinels))
        if before is None and now is not None and (now.down_after_ms or HASTY_MS + 1) <= HASTY_MS:
            log.warning(
                "down-after-milliseconds of %s is %d: sentinels take a new primary for dead before "
                "they have asked it, and replace it again; set more than %d",
                *(self._service, now.down_after_ms, HASTY_MS),
            )
        if before is not None and now is not None and before.address != now.address:
            log.warning("another %s: %s:%d", self._what, *now.address)
            self._changed()

    async def _ask(self, sentinel: Redis) -> Answer | None:
        ask: Callable[..., Any] = sentinel.execute_command
        try:
            # The epoch first: an address that is newer than its epoch is replaced by the next
            # answer, and one that is older would be kept.
            fields = await ask("SENTINEL", "MASTER", self._service)
            address = await ask("SENTINEL", "GET-MASTER-ADDR-BY-NAME", self._service)
            known = dict(zip(fields[::2], fields[1::2], strict=True))
            return Answer(
                int(known[b"config-epoch"]),
                (address[0].decode(), int(address[1])),
                int(known.get(b"down-after-milliseconds", 0)) or None,
            )
        except (RedisError, OSError, TypeError, ValueError, KeyError):
            return None  # away, or it does not know the service


class SentinelPool(StorePool):
    """Connections to whichever server is the primary."""

    watch: PrimaryWatch


class SentinelConnection(Connection):
    """A connection that asks the watch where the primary is each time it is made."""

    pool: SentinelPool

    async def _connect(self) -> None:
        self.host, self.port = await self.pool.watch.address()
        await super()._connect()  # type: ignore[no-untyped-call]


class SentinelTlsConnection(SentinelConnection, TlsConnection):
    """The same, encrypted."""


class SentinelRedis(Redis):
    """A client of whichever server the sentinels call the primary."""

    async def aclose(self, close_connection_pool: bool | None = None) -> None:
        """Close the connections to the primary and to the sentinels."""
        await super().aclose(close_connection_pool)
        pool = self.connection_pool
        assert isinstance(pool, SentinelPool)
        await pool.watch.aclose()


def parse_hosts(addresses: str, default_port: int = 26_379) -> list[Address]:
    """Return the places in a URL's ``host:port,host:port``. Raises ValueError."""
    hosts: list[Address] = []
    for address in addresses.split(","):
        host, colon, port = address.rpartition(":")
        hosts.append(
            (host.strip("[]"), int(port)) if colon else (address.strip("[]"), default_port)
        )
    if not all(host for host, _ in hosts):
        raise ValueError("an address has no host")
    return hosts

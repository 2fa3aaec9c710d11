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
"""Seconds that a sentinel has to answer; without an answer, the others decide."""
FIRST_ANSWER_WITHIN = 2.0
"""The same while no primary is known: a process that starts is busy."""

Address: TypeAlias = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Answer:
    """One sentinel's answer: the primary, and the epoch of the configuration that made it so."""

    epoch: int
    address: Address


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
            raise ConnectionError(f"no sentinel names a primary of {self._service}")
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
        while True:
            await self._look()
            await asyncio.sleep(LOOK_EVERY)

    async def _look(self) -> None:
        asked = [asyncio.create_task(self._ask(sentinel)) for sentinel in self._sentinels]
        try:
            within = FIRST_ANSWER_WITHIN if self._known is None else ANSWER_WITHIN
            await asyncio.wait(asked, timeout=within)
        finally:
            late = [one for one in asked if not one.done()]
            for one in late:
                one.cancel()
            if late:
                await asyncio.wait(late)
        answers = [answer for one in asked if not one.cancelled() and (answer := one.result())]
        before = self._known
        self._known = decide(before, answers, len(self._sentinels))
        now = self._known
        if before is not None and now is not None and before.address != now.address:
            log.warning("another primary of %s: %s:%d", self._service, *now.address)
            self._changed()

    async def _ask(self, sentinel: Redis) -> Answer | None:
        ask: Callable[..., Any] = sentinel.execute_command
        try:
            # The epoch first: an address that is newer than its epoch is replaced by the next
            # answer, and one that is older would be kept.
            fields = await ask("SENTINEL", "MASTER", self._service)
            address = await ask("SENTINEL", "GET-MASTER-ADDR-BY-NAME", self._service)
            known = dict(zip(fields[::2], fields[1::2], strict=True))
            return Answer(int(known[b"config-epoch"]), (address[0].decode(), int(address[1])))
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

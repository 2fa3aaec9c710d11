"""A consumer group on the lane: each event goes to one worker, and again until it is acknowledged.

Redis remembers what was delivered and not acknowledged. Another worker claims it from a worker that
died after ``IDLE_MS``. Processing must therefore tolerate a repetition.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ticker.domain.cursor import ZERO, StreamId
from ticker.storage.connection import Redis, ResponseError, translate
from ticker.storage.keys import Keys
from ticker.storage.scripts import command, script
from ticker.stream.lane_store import Entry
from ticker.stream.stream_info import raw_entries

IDLE_MS = 15_000
"""Milliseconds that an event may stay with one worker before another claims it."""
FORGOTTEN_MS = 3_600_000
"""Milliseconds after which an idle consumer is deleted: its process is long gone."""


class ConsumerGroup:
    """One worker's part of a group. Methods raise Unavailable when Redis is away."""

    def __init__(self, redis: Redis, keys: Keys, group: str, consumer: str) -> None:
        self._redis = redis
        self._keys = keys
        self._group = group
        self._consumer = consumer
        self._both = [keys.live, keys.groups]

    async def open(self) -> None:
        """Make sure that the group exists.

        A new group begins at the lane's end, so that old events are not delivered. A group whose
        lane was lost and rebuilt goes on after the newest event that it had acknowledged.
        """
        with translate():
            saved = await command(self._redis, "HGET", self._keys.groups, self._group)
            start = saved.decode() if saved else "$"
            try:
                await command(
                    self._redis, "XGROUP", "CREATE", self._keys.live, self._group, start, "MKSTREAM"
                )
            except ResponseError as error:
                if not str(error).startswith("BUSYGROUP"):
                    raise
                return
            if not saved:
                top = await command(self._redis, "XREVRANGE", self._keys.live, "+", "-", "COUNT", 1)
                position = top[0][0] if top else str(ZERO)
                await command(self._redis, "HSETNX", self._keys.groups, self._group, position)

    async def read(self, count: int, done: Iterable[StreamId] = ()) -> list[Entry]:
        """Acknowledge ``done``, and return up to ``count`` new entries, without waiting for one."""
        try:
            reply = await script("stream", "group_read")(
                self._redis, self._both, [self._group, self._consumer, count, *_names(done)]
            )
        except ResponseError as error:
            if not _is_gone(error):
                raise
            await self.open()
            return []
        return [entry for _, entries in reply or () for entry in raw_entries(entries)]

    async def claim(self, count: int) -> list[Entry]:
        """Return up to ``count`` entries that were delivered and not acknowledged.

        This worker's own, if there are any; else those of another worker that seems to have died.
        """
        with translate():
            try:
                reply = await command(
                    self._redis,
                    *("XREADGROUP", "GROUP", self._group, self._consumer, "COUNT", count),
                    *("STREAMS", self._keys.live, "0"),
                )
                own, gone = _entries(reply), _deleted(reply)
                if gone:  # heartbeats that were passed, text that was scrubbed
                    await command(self._redis, "XACK", self._keys.live, self._group, *gone)
                if own:
                    return own
                reply = await command(
                    self._redis,
                    *("XAUTOCLAIM", self._keys.live, self._group, self._consumer, IDLE_MS, "0-0"),
                    *("COUNT", count),
                )
            except ResponseError as error:
                if not _is_gone(error):
                    raise
                await self.open()
                return []
            await self._tidy()
        # What was deleted since (a heartbeat, scrubbed text) is no entry any more.
        return [(StreamId.parse(id), record) for id, record in reply[1] if id and record]

    async def done(self, ids: Iterable[StreamId]) -> None:
        """Acknowledge entries, so that they are not delivered again."""
        if names := _names(ids):
            await script("stream", "group_done")(self._redis, self._both, [self._group, *names])

    async def leave(self) -> None:
        """Delete this worker's consumer, unless it holds entries that are not acknowledged."""
        with translate():
            try:
                for name, pending, _ in await self._consumers():
                    if name == self._consumer and not pending:
                        await self._forget(name)
            except ResponseError as error:
                if not _is_gone(error):
                    raise

    async def _tidy(self) -> None:
        for name, pending, idle_ms in await self._consumers():
            if pending == 0 and idle_ms > FORGOTTEN_MS:
                await self._forget(name)

    async def _consumers(self) -> list[tuple[str, int, int]]:
        """Return all consumers: name, entries pending, ms since they last asked."""
        consumers = await command(self._redis, "XINFO", "CONSUMERS", self._keys.live, self._group)
        found = []
        for one in consumers:
            fields = one if isinstance(one, dict) else dict(zip(one[::2], one[1::2], strict=True))
            known = {_text(name): value for name, value in fields.items()}
            found.append((_text(known["name"]), int(known["pending"]), int(known["idle"])))
        return found

    async def _forget(self, consumer: str) -> None:
        keys = self._keys
        await command(self._redis, "XGROUP", "DELCONSUMER", keys.live, self._group, consumer)


def _is_gone(error: ResponseError) -> bool:
    """Return whether there is no such group, or no lane, any more."""
    return str(error).startswith("NOGROUP") or "no such key" in str(error)


def _names(ids: Iterable[StreamId]) -> list[str]:
    return [str(id) for id in sorted(ids)]


def _entries(reply: Any) -> list[Entry]:
    """Return what XREADGROUP replied. What was deleted since is no entry any more."""
    return [(StreamId.parse(id), record) for id, record in _listed(reply) if record]


def _deleted(reply: Any) -> list[bytes]:
    return [id for id, record in _listed(reply) if not record]


def _listed(reply: Any) -> list[Any]:
    if not reply:
        return []
    found: list[Any] = reply[0][1] if isinstance(reply, list) else next(iter(reply.values()))[0]
    return found


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value

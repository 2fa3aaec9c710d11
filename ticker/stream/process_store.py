"""Server processes in Redis: each says how far it has read the lane.

A process that ends takes itself off. One that crashed, or does not reach Redis, is listed with the
age of its last report: it may still serve from its memory.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import orjson

from ticker.domain.cursor import StreamId
from ticker.storage.connection import Redis, RedisError, translate
from ticker.storage.keys import Keys
from ticker.storage.scripts import Arg, command, pipeline, script

Role: TypeAlias = Literal["gateway", "web"]

FORGOTTEN = 600
"""Seconds after which a silent process is not listed any more."""
EXPIRE_MS = 2 * FORGOTTEN * 1000
"""Milliseconds after which all reports go, once no process reports any more. Those of processes
that crashed go after the same time, when another begins to report."""


@dataclass(frozen=True, slots=True)
class ServerProcess:
    """A server process, and where it was in the lane ``age`` seconds ago."""

    id: str
    role: Role
    name: str
    """Host and process id."""
    position: StreamId
    age: int


class ProcessStore:
    """Reports of the server processes of a newsroom. Methods raise Unavailable."""

    def __init__(self, redis: Redis, keys: Keys) -> None:
        self._redis = redis
        self._key = keys.processes
        self._script = script("storage", "report_process")

    async def report(self, id: str, role: Role, name: str, position: StreamId) -> None:
        """Keep the position of a process in place of its earlier one: one small write."""
        body = orjson.dumps({"role": role, "name": name, "position": str(position)})
        await self._script(self._redis, [self._key], [id, body, EXPIRE_MS])

    async def remove(self, id: str) -> None:
        """Take a process off that ends."""
        with translate():
            await command(self._redis, "HDEL", self._key, id)

    async def all(self) -> list[ServerProcess]:
        """Return the processes that have reported within ``FORGOTTEN`` seconds, by name."""
        commands: list[tuple[Arg, ...]] = [("TIME",), ("HGETALL", self._key)]
        with translate():
            replies: list[Any] = list(await pipeline(self._redis, commands))
            for reply in replies:
                if isinstance(reply, RedisError):
                    raise reply
        now, reports = replies
        if not isinstance(reports, dict):
            reports = dict(zip(reports[::2], reports[1::2], strict=True))
        found = [_read(id.decode(), report, int(now[0])) for id, report in reports.items()]
        kept = (one for one in found if one.age <= FORGOTTEN)
        return sorted(kept, key=lambda one: (one.role, one.name, one.id))


def _read(id: str, report: bytes, now: int) -> ServerProcess:
    seconds, _, body = report.partition(b" ")
    data = orjson.loads(body)
    age = max(0, now - int(seconds))
    return ServerProcess(id, data["role"], data["name"], StreamId.parse(data["position"]), age)

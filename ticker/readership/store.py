"""Store read counts: decaying rankings, and totals that are deleted with their item."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ticker.readership.scores import HALF_LIVES, WINDOWS, Batch, Window
from ticker.storage.connection import NoScriptError, Redis, RedisError, translate
from ticker.storage.keys import Keys
from ticker.storage.scripts import Arg, command, pipeline, script

RANKING_MAX = 2_000
"""Items in each ranking; the lowest are dropped."""
BATCH_MAX = 50
"""Items in one call of the script, which blocks Redis while it runs."""
REBASE = 256
"""Half-lives after which a landmark moves. A double can hold 1,023 of them."""
NUMBER_TTL_MS = 86_400_000
"""Milliseconds for which a process's last number is kept; no batch is sent again after that."""


class ReadershipStore:
    """Read counts and rankings in Redis. Methods raise Unavailable."""

    def __init__(
        self,
        redis: Redis,
        keys: Keys,
        clock: Callable[[], int] | None = None,
        size_max: int = RANKING_MAX,
    ) -> None:
        """``clock`` returns ms since 1970; by default Redis' own clock."""
        self._redis = redis
        self._keys = keys
        self._clock = clock
        self._size_max = size_max
        self._script = script("readership", "add_reads")

    async def add(self, process: str, batches: Sequence[Batch]) -> None:
        """Add the counts of ``process``, in one round trip.

        Batches are numbered upwards from 1, each with at most ``BATCH_MAX`` items. A number that
        was added before is ignored, so all batches may be sent again after a lost reply.
        """
        commands = [self._command(process, batch) for batch in batches]
        with translate():
            replies = await pipeline(self._redis, commands)
            if any(isinstance(reply, NoScriptError) for reply in replies):
                await self._script.load(self._redis)
                replies = await pipeline(self._redis, commands)
            for reply in replies:
                if isinstance(reply, RedisError):
                    raise reply

    async def best(self, window: Window, limit: int) -> list[str]:
        """Return the ids of up to ``limit`` items, best first."""
        key = self._keys.reads(window)
        with translate():
            ids = await command(self._redis, "ZRANGE", key, 0, limit - 1, "REV")
        return [id.decode() for id in ids]

    async def totals(self, ids: Sequence[str]) -> list[tuple[int, int]]:
        """Return opens and shares of each item since it was published; zero for a deleted item."""
        if not ids:
            return []
        found: list[Any] = await script("readership", "read_totals")(
            self._redis, [self._keys.item(id) for id in ids]
        )
        return [(int(found[n]), int(found[n + 1])) for n in range(0, len(found), 2)]

    def _command(self, process: str, batch: Batch) -> tuple[Arg, ...]:
        if len(batch.counts) > BATCH_MAX:
            raise ValueError(f"a batch has at most {BATCH_MAX} items")
        keys = [
            *(self._keys.reads(window) for window in WINDOWS),
            self._keys.reads_since,
            self._keys.reads_by(process),
            *(self._keys.item(count.id) for count in batch.counts),
        ]
        args: list[Arg] = [
            batch.number,
            NUMBER_TTL_MS,
            self._size_max,
            "" if self._clock is None else self._clock(),
            REBASE,
            len(WINDOWS),
        ]
        for window, half in HALF_LIVES.items():
            args += [window, int(half * 1000)]
        for count in batch.counts:
            args += [count.id, count.opens, count.shares, *map(repr, count.weights)]
        return self._script.call(keys, args)

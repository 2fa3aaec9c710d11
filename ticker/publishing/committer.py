"""Commits acts: one script call each and one wait for all, in one pipeline; again if cut off."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from ticker.domain.errors import TickerError, Unavailable
from ticker.publishing.commit import Command, CommitResult, Outcome
from ticker.publishing.durability import Durability, DurabilityPolicy
from ticker.storage.connection import NoScriptError, Redis, RedisError, translate
from ticker.storage.scripts import Arg, pipeline, script

ATTEMPTS = 5
RETRY_FOR = 3.0
"""Seconds. After a lost connection acts are sent again, ``ATTEMPTS`` times in all at most, and not
once this much time has passed: an editor waits for the answer."""
BACKOFF = 0.05
"""Seconds before the second try; doubles."""


class Runner:
    """Sends acts to the ``commit`` script and keeps ``promise``."""

    def __init__(self, redis: Redis, promise: DurabilityPolicy) -> None:
        self._redis = redis
        self._promise = promise
        self._script = script("publishing", "commit")

    async def run(self, acts: Sequence[Command]) -> tuple[list[Outcome | TickerError], str]:
        """Return what became of each act, and how durable what was written is.

        Sending acts again is safe: each carries an idempotency key. Raises Unavailable when Redis
        stays away, or when the promise was not kept in time.
        """
        known, replies, waited = await self._send(acts)
        outcomes = [_outcome(act, reply) for act, reply in zip(acts, replies, strict=True)]
        if known.waits and any(isinstance(outcome, CommitResult) for outcome in outcomes):
            self._promise.check(known, waited)
        return outcomes, known.effective

    async def _send(self, acts: Sequence[Command]) -> tuple[Durability, list[object], object]:
        loop = asyncio.get_running_loop()
        began = loop.time()
        commands = [self._script.call(act.keys, act.args) for act in acts]
        for attempt in range(1, ATTEMPTS + 1):
            try:
                known = await self._promise.durability()
                return known, *await self._once(commands, self._promise.command(known))
            except Unavailable:
                self._promise.forget()
                if attempt == ATTEMPTS or loop.time() - began > RETRY_FOR:
                    raise
            await asyncio.sleep(BACKOFF * 2 ** (attempt - 1))
        raise AssertionError("the last attempt returns or raises")

    async def _once(
        self, commands: list[tuple[Arg, ...]], wait: tuple[Arg, ...] | None
    ) -> tuple[list[object], object]:
        """Return the replies to ``commands`` and to ``wait``. Raises Unavailable."""
        all = commands if wait is None else [*commands, wait]
        with translate():
            replies = await pipeline(self._redis, all)
            if any(isinstance(reply, NoScriptError) for reply in replies):
                await self._script.load(self._redis)
                replies = await pipeline(self._redis, all)
            waited = None if wait is None else replies.pop()
            for reply in replies:
                if isinstance(reply, RedisError):
                    raise reply
        return replies, waited


def _outcome(act: Command, reply: object) -> Outcome | TickerError:
    assert isinstance(reply, list)
    try:
        return act.read(reply)
    except TickerError as error:
        return error

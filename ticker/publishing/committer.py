"""Commits commands: one script call each and one wait for all, in one pipeline, with retries."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from ticker.domain.backoff import delay
from ticker.domain.errors import TickerError, Unavailable
from ticker.publishing.commit import Command, CommitResult, Outcome
from ticker.publishing.durability import Durability, DurabilityPolicy
from ticker.storage.connection import NoScriptError, Redis, RedisError, translate
from ticker.storage.kept_connection import KeptConnections
from ticker.storage.replies import Reaction, reaction
from ticker.storage.scripts import Arg, script

ATTEMPTS = 5
RETRY_FOR = 3.0
"""Seconds. After a lost connection or a failover commands are sent again, at most ``ATTEMPTS``
times in all, and not once this much time has passed: an editor waits for the answer."""
BACKOFF = 0.05
"""Seconds before the second attempt; doubles."""


class Committer:
    """Sends commands to the ``commit`` script and enforces ``policy``."""

    def __init__(self, redis: Redis, policy: DurabilityPolicy) -> None:
        self._redis = redis
        self._connections = KeptConnections(redis)
        self._policy = policy
        self._script = script("publishing", "commit")

    async def run(self, commands: Sequence[Command]) -> tuple[list[Outcome | TickerError], str]:
        """Return the outcome of each command, and how durable what was written is.

        Sending a command again is safe: each carries an idempotency key. Raises Unavailable when
        Redis stays away, or when what was written was not durable in time.
        """
        known, replies, waited = await self._send(commands)
        outcomes = [_outcome(one, reply) for one, reply in zip(commands, replies, strict=True)]
        if known.waits and any(isinstance(outcome, CommitResult) for outcome in outcomes):
            self._policy.check(known, waited)
        return outcomes, known.effective

    async def _send(self, commands: Sequence[Command]) -> tuple[Durability, list[object], object]:
        loop = asyncio.get_running_loop()
        began = loop.time()
        calls = [self._script.call(one.keys, one.args) for one in commands]
        for attempt in range(1, ATTEMPTS + 1):
            try:
                known = await self._policy.durability()
                return known, *await self._once(calls, self._policy.command(known))
            except Unavailable as error:
                self._policy.forget()
                await self._connections.aclose()  # the next may lead to another server
                if reaction(error) is Reaction.REFUSE:
                    raise  # a full disk is full in three seconds too
                if attempt == ATTEMPTS or loop.time() - began > RETRY_FOR:
                    raise
            await asyncio.sleep(delay(attempt, first=BACKOFF, last=RETRY_FOR, jitter=1.0))
        raise AssertionError("the last attempt returns or raises")

    async def _once(
        self, calls: list[tuple[Arg, ...]], wait: tuple[Arg, ...] | None
    ) -> tuple[list[object], object]:
        """Return the replies to ``calls`` and to ``wait``. Raises Unavailable."""
        all = calls if wait is None else [*calls, wait]
        with translate():
            replies = await self._connections.run(all)
            if any(isinstance(reply, NoScriptError) for reply in replies):
                await self._script.load(self._redis)
                replies = await self._connections.run(all)
            waited = None if wait is None else replies.pop()
            for reply in replies:
                if isinstance(reply, RedisError):
                    raise reply
        return replies, waited


def _outcome(command: Command, reply: object) -> Outcome | TickerError:
    assert isinstance(reply, list)
    try:
        return command.read(reply)
    except TickerError as error:
        return error

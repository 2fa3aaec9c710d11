"""Commits commands: one script call each and one wait for all, in one pipeline, with retries."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from ticker.domain.backoff import delay
from ticker.domain.cursor import ZERO, StreamId
from ticker.domain.errors import TickerError, Unavailable
from ticker.publishing.commit import Command, CommitResult, Outcome
from ticker.publishing.durability import Durability, DurabilityPolicy
from ticker.storage.connection import Redis, RedisError, translate
from ticker.storage.kept_connection import KeptConnection, KeptConnections
from ticker.storage.keys import Keys
from ticker.storage.replies import Reaction, reaction
from ticker.storage.scripts import script
from ticker.stream.replicated_carry import carry_upto

log = logging.getLogger(__name__)

ATTEMPTS = 5
RETRY_FOR = 3.0
"""Seconds. After a lost connection or a failover commands are sent again, at most ``ATTEMPTS``
times in all, and not once this much time has passed: an editor waits for the answer."""
BACKOFF = 0.05
"""Seconds before the second attempt; doubles."""
CARRY_AT_ONCE = 500
"""Entries carried in one call; Redis serves nobody else meanwhile."""
CARRY_CALLS = 4
"""Calls after one commit. A longer backlog is left to the relay."""


@dataclass(frozen=True, slots=True)
class _Sent:
    """The replies to the commands, and to the wait for durability."""

    durability: Durability
    replies: list[object]
    waited: object
    lane_top: StreamId = ZERO
    """Where the lane ended after a carry that followed; ``ZERO`` without one."""


class Committer:
    """Sends commands to the ``commit`` script and enforces ``policy``."""

    def __init__(
        self,
        redis: Redis,
        keys: Keys,
        policy: DurabilityPolicy,
        committed: Callable[[], None] = lambda: None,
    ) -> None:
        """``committed`` is called when a commit may have put events into the lane."""
        self._keys = keys
        self._connections = KeptConnections(redis)
        self._policy = policy
        self._committed = committed
        self._script = script("publishing", "commit")

    async def run(self, commands: Sequence[Command]) -> tuple[list[Outcome | TickerError], str]:
        """Return the outcome of each command, and how durable what was written is.

        Sending a command again is safe: each carries an idempotency key. Raises Unavailable when
        Redis stays away, and NotDurable when what was written was not durable in time.
        """
        sent = await self._send(commands)
        self._committed()
        outcomes = [
            _outcome(one, reply, sent.lane_top)
            for one, reply in zip(commands, sent.replies, strict=True)
        ]
        known = sent.durability
        if known.waits and any(isinstance(outcome, CommitResult) for outcome in outcomes):
            self._policy.check(known, sent.waited)
        return outcomes, known.effective

    async def _send(self, commands: Sequence[Command]) -> _Sent:
        loop = asyncio.get_running_loop()
        began = loop.time()
        for attempt in range(1, ATTEMPTS + 1):
            try:
                known = await self._policy.durability()
                async with self._connections.borrowed() as connection:
                    return await self._once(connection, known, commands)
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
        self, connection: KeptConnection, known: Durability, commands: Sequence[Command]
    ) -> _Sent:
        """Commit on one connection, and carry if events wait for their promise. Raises Unavailable.

        Everything reaches one server: what its replicas have says nothing about another's.
        """
        calls = [self._script.call(one.keys, one.args) for one in commands]
        wait = self._policy.command(known)
        if wait is not None:
            calls.append(wait)
        second = known.retractions_wait and any(one.retracts for one in commands)
        if second:
            calls.append(self._policy.retraction_wait)
        replies = await connection.send(calls, [self._script])
        if second:
            self._look_at_retraction(replies.pop())
        waited = replies.pop() if wait is not None else None
        with translate():
            for reply in replies:
                if isinstance(reply, RedisError):
                    raise reply
        sent = _Sent(known, replies, waited)
        if known.effective == "replicated" and self._policy.kept(known, waited):
            return replace(sent, lane_top=await self._carry(connection, sent))
        return sent

    async def _carry(self, connection: KeptConnection, sent: _Sent) -> StreamId:
        """Carry what was just committed; the promise for all before it is kept as well."""
        written = [reply[1] for reply in sent.replies if isinstance(reply, list) and _wrote(reply)]
        top = ZERO
        if not written:
            return top
        newest = max(StreamId.parse(id) for id in written)
        for _ in range(CARRY_CALLS):
            carried = await carry_upto(connection, self._keys, CARRY_AT_ONCE, newest)
            if carried is None:
                break  # no lane yet: the relay opens it
            top = carried.top
            if top >= newest:
                break
        return top

    def _look_at_retraction(self, reply: object) -> None:
        if not isinstance(reply, int) or reply < 1:
            log.warning("a retraction is on no replica yet; a failover now would undo it")


def _wrote(reply: list[object]) -> bool:
    return reply[0] in (b"done", b"again") and bool(reply[1])


def _outcome(command: Command, reply: object, lane_top: StreamId) -> Outcome | TickerError:
    assert isinstance(reply, list)
    try:
        outcome = command.read(reply)
    except TickerError as error:
        return error
    if isinstance(outcome, CommitResult) and outcome.wire_id is not None:
        return replace(outcome, delivered=outcome.delivered or outcome.wire_id <= lane_top)
    return outcome

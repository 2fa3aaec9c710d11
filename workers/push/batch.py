"""One batch of devices: each is asked for once, and what the answers mean is gathered."""

from __future__ import annotations

import asyncio
import logging
import math
import random
from asyncio import Semaphore
from collections.abc import Iterable, Iterator
from typing import Any

from ticker.push.model.progress import PendingRecipient
from ticker.push.model.subscription import ProviderName, Subscription
from ticker.push.model.verdicts import TRIES_MAX, Outcome, Verdict
from ticker.push.store.progress import Tally
from workers.push.breaker import Breaker
from workers.push.context import AnySender, PushContext

log = logging.getLogger(__name__)

RETRY_MIN, RETRY_MAX = 1.0, 20.0
"""Seconds before a device is tried again, doubled and jittered."""
STOP_GRACE = 3.0
"""Seconds for which a process that stops waits for answers; then they are asked for again."""


class Batch:
    """Devices of one page, or devices that are due again: those are ``again``."""

    def __init__(
        self,
        members: list[Subscription],
        records: dict[str, bytes],
        *,
        last: str | None = None,
        again: Iterable[PendingRecipient] = (),
    ) -> None:
        self.last = last
        """The last id of the page that it is, None if it is none."""
        self.records = records
        """What was read of its members, by id."""
        self.tally = Tally()
        self.left: list[PendingRecipient] = []
        """Who waits for another try, or was not asked for."""
        self.prune: list[str] = []
        self.unfit: list[str] = []
        """Whose token does not fit this app or environment."""
        self.stop: str | None = None
        """Why no further request can succeed, if so."""
        self.asked = 0
        """Requests that were answered or given up."""
        self._waiting = {one.id: one for one in members}
        self._again = {one.id: one for one in again}
        self._under_way: set[str] = set()
        self._ending = False

    @property
    def members(self) -> list[PendingRecipient]:
        """Return everybody who is about to be asked, as if the answer never came."""
        return [PendingRecipient(id, self._tries(id), 0, True) for id in self._waiting]

    async def send(
        self, bridges: PushContext, provider: ProviderName, message: Any, ends: float
    ) -> None:
        """Ask for every member; begin no request after ``ends`` (monotonic seconds).

        Cancelled, it begins no more, waits ``STOP_GRACE`` for answers, and leaves all whose answer
        is not known in ``left``; what is known is counted.
        """
        sender = bridges.senders[provider]
        groups: dict[bool, list[tuple[Subscription, str]]] = {False: [], True: []}
        for one in self._waiting.values():
            origin = sender.origin(one)
            groups[sender.foreign(origin)].append((one, origin))
        tasks: list[asyncio.Task[None]] = []
        for foreign, found in groups.items():
            members, gate = iter(found), bridges.gate(provider, foreign)
            tasks += [
                asyncio.create_task(self._sends(members, gate, bridges, sender, message, ends))
                for _ in range(min(bridges.most(foreign), len(found)))
            ]
        try:
            if tasks:
                await asyncio.wait(tasks)
        except asyncio.CancelledError:
            self._ending = True
            await asyncio.wait(tasks, timeout=STOP_GRACE)
            raise
        finally:
            for task in tasks:
                task.cancel()
            for task in tasks:
                if task.done() and not task.cancelled() and (error := task.exception()):
                    raise error
            now = bridges.clock_ms()
            for one in list(self._waiting.values()):
                self._leave(one, now)

    async def _sends(
        self,
        members: Iterator[tuple[Subscription, str]],
        gate: Semaphore,
        bridges: PushContext,
        sender: AnySender,
        message: Any,
        ends: float,
    ) -> None:
        breaker = bridges.breaker(sender.provider)
        for one, origin in members:
            async with gate:
                wait = breaker.wait(origin)
                late = self._ending or bridges.monotonic() >= ends
                if wait or late or self.stop is not None:
                    self._leave(one, bridges.clock_ms() + math.ceil(wait * 1000))
                    continue
                self._under_way.add(one.id)
                try:
                    verdict = await sender.send(message, one)
                except Exception as error:  # noqa: BLE001 - one device's answer, or a bug, costs no other
                    log.error("%s: the answer for %s makes no sense: %r", origin, one.id, error)
                    verdict = Verdict(Outcome.DROP, repr(error))
            self._judge(one, origin, verdict, breaker, bridges.clock_ms())

    def again(self, ids: list[str], now_ms: int) -> None:
        """Let devices that were asked for wait for another try, from now on."""
        self.left += [PendingRecipient(id, self._tries(id), now_ms, True) for id in ids]

    def _tries(self, id: str) -> int:
        known = self._again.get(id)
        return 0 if known is None else known.tries

    def _leave(self, one: Subscription, due_ms: int, tries: int | None = None) -> None:
        known = self._again.get(one.id)
        asked = one.id in self._under_way or (known is not None and known.asked)
        self.left.append(
            PendingRecipient(one.id, self._tries(one.id) if tries is None else tries, due_ms, asked)
        )
        self._waiting.pop(one.id)

    def _judge(
        self, one: Subscription, origin: str, verdict: Verdict, breaker: Breaker, now_ms: int
    ) -> None:
        self.asked += 1
        outcome = verdict.outcome
        if outcome is Outcome.RETRY:
            breaker.failed(origin, verdict.wait)
            self._retry(one, breaker.away(origin), verdict, now_ms)
            return
        breaker.answered(origin)
        match outcome:
            case Outcome.STOP:
                self.stop = self.stop or verdict.reason
                self._leave(one, now_ms)
                return
            case Outcome.ACCEPTED:
                self.tally.accepted(now_ms)
            case Outcome.PRUNE:
                self.prune.append(one.id)
                self.tally.add(outcome)
            case Outcome.QUARANTINE:
                self.unfit.append(one.id)
            case _:
                self.tally.add(Outcome.DROP)
                log.debug("%s dropped %s: %s", origin, one.id, verdict.reason)
        self._waiting.pop(one.id)

    def _retry(self, one: Subscription, away: bool, verdict: Verdict, now_ms: int) -> None:
        self.tally.add(Outcome.RETRY)
        # While a whole server is away that is no failure of this device: it waits for the server.
        tries = self._tries(one.id) + (0 if away else 1)
        if tries >= TRIES_MAX:
            self.tally.add(Outcome.DROP)
            log.debug("gave up %s: %s", one.id, verdict.reason)
            self._waiting.pop(one.id)
            return
        longest = min(RETRY_MAX, RETRY_MIN * 2.0 ** min(tries, 16))
        wait = max(random.uniform(longest / 2, longest), verdict.wait or 0.0)
        self._leave(one, now_ms + int(wait * 1000), tries)

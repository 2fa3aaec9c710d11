"""One batch of devices: each is asked for once, and what the answers mean is gathered."""

from __future__ import annotations

import asyncio
import logging
import math
import random
from asyncio import Semaphore
from collections.abc import Iterator, Mapping
from typing import Any

from ticker.core.push.progress import Left
from ticker.core.push.subscription import ProviderName, Subscription
from ticker.core.push.verdicts import TRIES_MAX, Outcome, Verdict
from ticker.store.push.progress import Tally
from workers.push.bridges import Bridges

log = logging.getLogger(__name__)

RETRY_MIN, RETRY_MAX = 1.0, 20.0
"""Seconds before a device is tried again, doubled and jittered."""


class Batch:
    """Devices of one page, or devices that are due again. ``tries`` by id are those before."""

    def __init__(
        self, members: list[Subscription], tries: Mapping[str, int], fresh: bool = False
    ) -> None:
        self.fresh = fresh
        """Whether it is a page that nobody was asked for before."""
        self.tally = Tally()
        self.left: list[Left] = []
        """Who waits for another try, or was not asked for."""
        self.prune: list[str] = []
        self.unfit: list[str] = []
        """Whose token does not fit this app or environment."""
        self.stop: str | None = None
        """Why no further request can succeed, if so."""
        self.asked = 0
        """Requests that were answered or given up."""
        self._waiting = {one.id: one for one in members}
        self._tries = tries

    async def send(
        self, bridges: Bridges, provider: ProviderName, message: Any, ends: float
    ) -> None:
        """Ask for every member; begin no request after ``ends`` (monotonic seconds).

        Cancelled, it leaves all whose answer is not known in ``left``, and what is known counted.
        """
        sender = bridges.senders[provider]
        breaker, monotonic = bridges.breaker(provider), bridges.monotonic

        async def sends(members: Iterator[tuple[Subscription, str]], gate: Semaphore) -> None:
            for one, origin in members:
                async with gate:
                    wait = breaker.wait(origin)
                    if wait or self.stop is not None or monotonic() >= ends:
                        self._leave(one, bridges.clock_ms() + math.ceil(wait * 1000))
                        continue
                    verdict = await sender.send(message, one)
                self._judge(bridges, provider, one, origin, verdict)

        groups: dict[bool, list[tuple[Subscription, str]]] = {False: [], True: []}
        for one in self._waiting.values():
            origin = sender.origin(one)
            groups[sender.foreign(origin)].append((one, origin))
        try:
            async with asyncio.TaskGroup() as tasks:
                for foreign, found in groups.items():
                    members, gate = iter(found), bridges.gate(provider, foreign)
                    for _ in range(min(bridges.most(foreign), len(found))):
                        tasks.create_task(sends(members, gate))
        finally:
            now = bridges.clock_ms()
            for one in list(self._waiting.values()):
                self._leave(one, now)

    def again(self, ids: list[str], now_ms: int) -> None:
        """Let devices that were asked for wait for another try, from now on."""
        self.left += [Left(id, self._tries[id], now_ms) for id in ids]

    def _leave(self, one: Subscription, due_ms: int, tries: int | None = None) -> None:
        tries = self._tries[one.id] if tries is None else tries
        self.left.append(Left(one.id, tries, due_ms))
        self._waiting.pop(one.id)

    def _judge(
        self,
        bridges: Bridges,
        provider: ProviderName,
        one: Subscription,
        origin: str,
        verdict: Verdict,
    ) -> None:
        self.asked += 1
        outcome = verdict.outcome
        breaker = bridges.breaker(provider)
        if outcome is Outcome.RETRY:
            breaker.failed(origin, verdict.wait)
            self._again(one, breaker.away(origin), verdict, bridges.clock_ms())
            return
        breaker.answered(origin)
        match outcome:
            case Outcome.STOP:
                self.stop = self.stop or verdict.reason
                self._leave(one, bridges.clock_ms())
                return
            case Outcome.ACCEPTED:
                self.tally.accepted(bridges.clock_ms())
            case Outcome.PRUNE:
                self.prune.append(one.id)
                self.tally.add(outcome)
            case Outcome.QUARANTINE:
                self.unfit.append(one.id)
            case _:
                self.tally.add(Outcome.DROP)
                log.debug("%s dropped %s: %s", provider, one.id, verdict.reason)
        self._waiting.pop(one.id)

    def _again(self, one: Subscription, away: bool, verdict: Verdict, now_ms: int) -> None:
        self.tally.add(Outcome.RETRY)
        # While a whole server is away that is no failure of this device: it waits for the server.
        tries = self._tries[one.id] + (0 if away else 1)
        if tries >= TRIES_MAX:
            self.tally.add(Outcome.DROP)
            log.debug("gave up %s: %s", one.id, verdict.reason)
            self._waiting.pop(one.id)
            return
        longest = min(RETRY_MAX, RETRY_MIN * 2.0 ** min(tries, 16))
        wait = max(random.uniform(longest / 2, longest), verdict.wait or 0.0)
        self._leave(one, now_ms + int(wait * 1000), tries)

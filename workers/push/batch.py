"""One batch of devices: send to each once and collect the outcomes."""

from __future__ import annotations

import asyncio
import logging
import math
import random
from asyncio import Semaphore
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from ticker.domain.backoff import delay
from ticker.push.model.progress import PendingRecipient
from ticker.push.model.subscription import Subscription
from ticker.push.model.verdicts import TRIES_MAX, Outcome, Verdict
from ticker.push.store.progress import Tally
from workers.push.breaker import Breaker
from workers.push.context import AnySender, PushContext

log = logging.getLogger(__name__)

RETRY_MIN, RETRY_MAX = 1.0, 20.0
"""Seconds before a device is tried again, doubled each time, with jitter."""
STOP_GRACE = 3.0
"""Seconds for which a stopping process waits for answers; devices without one are asked again."""


@dataclass(frozen=True, slots=True)
class Transmission:
    """The message that a batch sends. No request begins after ``ends`` (monotonic seconds)."""

    context: PushContext
    sender: AnySender
    message: Any
    ends: float


class Batch:
    """The devices of one page, or devices whose retry is due: ``retried``."""

    def __init__(
        self,
        members: list[Subscription],
        records: dict[str, bytes],
        *,
        last: str | None = None,
        retried: Iterable[PendingRecipient] = (),
    ) -> None:
        self.last = last
        """The last id of the page; None for a batch of retries."""
        self.records = records
        """The stored bytes of the members, by id."""
        self.tally = Tally()
        self.pending: list[PendingRecipient] = []
        """Members that wait for a retry, or were not asked."""
        self.prune: list[str] = []
        """Members that cannot be reached, whatever the provider says."""
        self.gone: dict[str, list[str]] = {}
        """Members that a trusted server calls gone, by server."""
        self.answers: Counter[str] = Counter()
        """Answers of trusted servers, by server, temporary failures left out."""
        self.mismatched: list[str] = []
        """Members whose token does not fit this app or environment."""
        self.unknown_accepted: list[str] = []
        self.unknown_failed: list[str] = []
        """Members at unknown services that accepted the message, and those for which it failed."""
        self.stop: str | None = None
        """Why no further request can succeed, None while it can."""
        self.asked = 0
        """Requests that were answered or given up."""
        self._waiting = {one.id: one for one in members}
        self._retried = {one.id: one for one in retried}
        self._in_flight: set[str] = set()
        self._stopping = False

    @property
    def members(self) -> list[PendingRecipient]:
        """Return the members that are about to be asked, as if no answer came."""
        return [PendingRecipient(id, self._tries(id), 0, True) for id in self._waiting]

    async def send(self, transmission: Transmission) -> None:
        """Send the message to every member.

        When cancelled, begin no further request, wait ``STOP_GRACE`` for answers and raise
        CancelledError. Members whose answer is not known are in ``pending`` then; known answers are
        counted.
        """
        context, sender = transmission.context, transmission.sender
        groups: dict[bool, list[tuple[Subscription, str]]] = {False: [], True: []}
        for one in self._waiting.values():
            origin = sender.origin(one)
            groups[sender.untrusted(origin)].append((one, origin))
        tasks: list[asyncio.Task[None]] = []
        for untrusted, found in groups.items():
            members, semaphore = iter(found), context.semaphore(sender.provider, untrusted)
            tasks += [
                asyncio.create_task(self._send_each(members, semaphore, transmission))
                for _ in range(min(context.limit(untrusted), len(found)))
            ]
        try:
            if tasks:
                await asyncio.wait(tasks)
        except asyncio.CancelledError:
            self._stopping = True
            await asyncio.wait(tasks, timeout=STOP_GRACE)
            raise
        finally:
            for task in tasks:
                task.cancel()
            for task in tasks:
                if task.done() and not task.cancelled() and (error := task.exception()):
                    raise error
            now = context.clock_ms()
            for one in list(self._waiting.values()):
                self._defer(one, now)

    async def _send_each(
        self,
        members: Iterator[tuple[Subscription, str]],
        semaphore: Semaphore,
        transmission: Transmission,
    ) -> None:
        context, sender = transmission.context, transmission.sender
        breaker = context.breaker(sender.provider)
        for one, origin in members:
            async with semaphore:
                wait = breaker.wait(origin)
                late = self._stopping or context.monotonic() >= transmission.ends
                if not (wait or late or self.stop):
                    wait = await context.turn(sender.provider, transmission.ends)
                if wait or late or self.stop is not None:
                    self._defer(one, context.clock_ms() + math.ceil(wait * 1000))
                    continue
                self._in_flight.add(one.id)
                try:
                    verdict = await sender.send(transmission.message, one)
                except Exception as error:  # noqa: BLE001 - a bug or a bad answer must cost one device only
                    log.error("%s: invalid answer for device %s: %r", origin, one.id, error)
                    verdict = Verdict(Outcome.DROP, repr(error))
            untrusted = sender.untrusted(origin)
            now_ms = context.clock_ms()
            self._judge(one, origin, verdict, breaker, now_ms, untrusted=untrusted)
            if untrusted:
                self._note_unknown(one.id, verdict)

    def retry(self, ids: list[str], now_ms: int) -> None:
        """Make devices that were asked wait for another try, due now."""
        self.pending += [PendingRecipient(id, self._tries(id), now_ms, True) for id in ids]

    def _tries(self, id: str) -> int:
        known = self._retried.get(id)
        return 0 if known is None else known.tries

    def _defer(self, one: Subscription, due_ms: int, tries: int | None = None) -> None:
        known = self._retried.get(one.id)
        asked = one.id in self._in_flight or (known is not None and known.asked)
        self.pending.append(
            PendingRecipient(one.id, self._tries(one.id) if tries is None else tries, due_ms, asked)
        )
        self._waiting.pop(one.id)

    def _judge(
        self,
        one: Subscription,
        origin: str,
        verdict: Verdict,
        breaker: Breaker,
        now_ms: int,
        *,
        untrusted: bool,
    ) -> None:
        self.asked += 1
        outcome = verdict.outcome
        if outcome is Outcome.RETRY:
            # An unknown server must not make us ask it for as long as an alert counts.
            silent = verdict.unanswered and not untrusted
            breaker.failed(origin, verdict.wait, unanswered=silent)
            self._retry(one, silent or breaker.away(origin), verdict, now_ms)
            return
        breaker.answered(origin)
        provider_said = not verdict.ours and not untrusted
        if provider_said and outcome is not Outcome.STOP:
            self.answers[origin] += 1
        match outcome:
            case Outcome.STOP:
                self.stop = self.stop or verdict.reason
                self._defer(one, now_ms)
                return
            case Outcome.ACCEPTED:
                self.tally.accepted(now_ms)
            case Outcome.PRUNE if provider_said:
                self.gone.setdefault(origin, []).append(one.id)
            case Outcome.PRUNE:
                self.prune.append(one.id)
                self.tally.add(outcome)
            case Outcome.QUARANTINE:
                self.mismatched.append(one.id)
            case _:
                self.tally.add(Outcome.DROP)
                log.debug("%s dropped device %s: %s", origin, one.id, verdict.reason)
        self._waiting.pop(one.id)

    def _note_unknown(self, id: str, verdict: Verdict) -> None:
        if verdict.outcome is Outcome.ACCEPTED:
            self.unknown_accepted.append(id)
        elif not (self.pending and self.pending[-1].id == id):  # not deferred just now
            self.unknown_failed.append(id)

    def _retry(self, one: Subscription, absent: bool, verdict: Verdict, now_ms: int) -> None:
        self.tally.add(Outcome.RETRY)
        # If its server is absent the device did not fail: it waits for the server.
        tries = self._tries(one.id) + (0 if absent else 1)
        if tries >= TRIES_MAX:
            self.tally.add(Outcome.DROP)
            log.debug("gave up device %s: %s", one.id, verdict.reason)
            self._waiting.pop(one.id)
            return
        wait = delay(tries + 1, first=RETRY_MIN, last=RETRY_MAX, jitter=random.random(), floor=0.5)
        wait = max(wait, verdict.wait or 0.0)
        self._defer(one, now_ms + int(wait * 1000), tries)

"""The dry run: once an hour a test line goes through everything but the provider.

The newsroom's heartbeat comes through wire, relay and lane to the fan-out, which enqueues a real
job; a worker takes it out of the real queue, makes a real message of it with the real credentials,
and hands it to a pool that leads nowhere. That it got so far is written down. Where that is missing
an alarm is raised (docs/operations/monitoring.md), before readers miss the next flash.
"""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Callable, Mapping
from functools import cache
from typing import Protocol

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ticker.domain.errors import Unavailable
from ticker.domain.item import Level
from ticker.push.model.note import Note
from ticker.push.model.provider_health import DRY_RUN_EVERY_MS
from ticker.push.model.subscription import ProviderName, Subscription, subscription_id
from ticker.push.model.verdicts import Outcome, Verdict
from ticker.push.store.provider_health import DryRuns
from workers.push.context import AnySender

log = logging.getLogger(__name__)

WATCH_EVERY = 60.0
"""Seconds between two looks whether dry runs come through."""
START_MS = 60_000
"""However many workers start, and how often, they make one dry run of their start in this time."""
COMPLAIN = 3_600.0
"""Seconds between two complaints of one process about one provider."""
TTL = 60
"""Seconds for which the message claims to be worth something."""
HOURLY = "hourly"
"""What is due once in ``DRY_RUN_EVERY_MS``, whatever number of workers there is."""
START = "start"
"""What is due when a worker has started, once in ``START_MS``."""


class Queue(Protocol):
    """Where jobs go."""

    async def dry_run(self, provider: ProviderName, beat_ms: int) -> bool:
        """Enqueue a dry run; return whether it was not there yet. Raises Unavailable."""


class DryRunner:
    """One worker process's dry runs. Methods raise Unavailable when Redis is away."""

    def __init__(
        self,
        store: DryRuns,
        senders: Mapping[ProviderName, AnySender],
        queue: Queue,
        clock_ms: Callable[[], int],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """``senders`` reach nobody (``senders.make_rehearsed``)."""
        self.senders = senders
        self._store = store
        self._queue = queue
        self._clock_ms = clock_ms
        self._monotonic = monotonic
        self._fresh = set(senders)
        self._complained: dict[ProviderName, float] = {}

    async def beat(self, beat_ms: int) -> None:
        """Enqueue what is due. ``beat_ms`` is the time of the heartbeat that came through."""
        for provider in self.senders:
            if await self._due(provider):
                try:
                    await self._queue.dry_run(provider, beat_ms)
                except Unavailable:
                    # If this fails as well, the next hour's run is still in time for the alarm.
                    await self._store.give_back(provider, HOURLY)
                    raise
            self._fresh.discard(provider)

    async def run(self, provider: ProviderName) -> bool:
        """Do a dry run, and write down what came of it; return whether it came through."""
        sender = self.senders[provider]
        try:
            message = sender.prepare(note(self._clock_ms()))
            verdict = await sender.send(message, subscriber(provider))
        except Exception as error:  # whatever it is: to find it is what this is for
            log.exception("the dry run of %s failed", provider)
            verdict = Verdict(Outcome.STOP, repr(error))
        if verdict.outcome is Outcome.ACCEPTED:
            await self._store.good(provider, self._clock_ms())
            return True
        why = verdict.reason or str(verdict.outcome)
        log.error("the dry run of %s does not come through: %s", provider, why)
        await self._store.bad(provider, self._clock_ms(), why)
        return False

    async def watch(self) -> float:
        """Say that this process sends, and complain of dry runs that are late.

        Return the seconds until the next time. A task of its own, for the lane may be what is
        silent.
        """
        if not self.senders:
            return WATCH_EVERY
        await self._store.announce(self.senders, self._clock_ms())
        for state in await self._store.states():
            if state.provider in self.senders and state.dry_run_late:
                self._complain(state.provider, state.dry_run_age or 0.0, state.dry_run.why)
        return WATCH_EVERY

    async def aclose(self) -> None:
        """Close the senders."""
        for sender in self.senders.values():
            await sender.aclose()

    async def _due(self, provider: ProviderName) -> bool:
        hourly = await self._store.turn(provider, HOURLY, DRY_RUN_EVERY_MS)
        if provider not in self._fresh:
            return hourly
        # A new process may have new credentials, or be a new release: that is not left to the hour.
        return await self._store.turn(provider, START, START_MS) or hourly

    def _complain(self, provider: ProviderName, age: float, why: str) -> None:
        now = self._monotonic()
        if now - self._complained.get(provider, -COMPLAIN) < COMPLAIN:
            return
        self._complained[provider] = now
        log.error(
            "no dry run of %s came through for %.1f hours%s: nobody may be told by it",
            provider,
            age / 3_600,
            f", the last one because {why}" if why else "",
        )


def note(now_ms: int) -> Note:
    """Return a line that nobody will see, and that says so."""
    return Note(
        kind="alert",
        item="dry-run",
        version=1,
        edition="test",
        level=Level.flash,
        language="en",
        dir="ltr",
        title="Dry run",
        body="This is a test of the newsroom's bridges. It is sent to nobody.",
        url="",
        collapse="dry-run",
        thread="dry-run",
        ttl=TTL,
        published_ms=now_ms,
    )


@cache
def subscriber(provider: ProviderName) -> Subscription:
    """Return a device that does not exist, but could: what is made for it is made for real."""
    token = {
        "webpush": "https://dry-run.invalid/push/1",
        "fcm": "dry-run:" + "A" * 140,
        "apns": "0" * 64,
    }[provider]
    p256dh = auth = b""
    if provider == "webpush":
        public = ec.generate_private_key(ec.SECP256R1()).public_key()
        p256dh = public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        auth = secrets.token_bytes(16)
    id = subscription_id(provider, token)
    return Subscription(id, provider, token, "test", (), Level.flash, 0, p256dh, auth)

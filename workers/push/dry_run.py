"""The dry run: once an hour a test message goes through every step but the provider.

The newsroom's heartbeat passes wire, relay and lane to the fan-out, which enqueues a real job. A
worker takes it from the real queue, makes a real message with the real credentials, and hands it to
a transport that connects to nothing. Each success is recorded; where it is missing an alarm fires
(docs/operations/monitoring.md) before the next flash fails to reach its readers.
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
from ticker.push.model.provider_state import DRY_RUN_EVERY_MS
from ticker.push.model.subscription import ProviderName, Subscription, subscription_id
from ticker.push.model.verdicts import Outcome, Verdict
from ticker.push.store.dry_runs import DryRunStore
from workers.push.context import AnySender

log = logging.getLogger(__name__)

CHECK_EVERY = 60.0
"""Seconds between two checks whether dry runs succeed."""
START_MS = 60_000
"""Workers that start within this time make one dry run together."""
REPORT_EVERY = 3_600.0
"""Seconds between two log lines of one process about one provider."""
TTL = 60
"""Seconds for which the test message is valid."""
HOURLY = "hourly"
"""The dry run that is due once in ``DRY_RUN_EVERY_MS``, over all workers."""
START = "start"
"""The dry run that is due when a worker has started, once in ``START_MS``."""


class Queue(Protocol):
    """The push queue."""

    async def dry_run(self, provider: ProviderName, beat_ms: int) -> bool:
        """Enqueue a dry run; return False if it was there already. Raises Unavailable."""


class DryRunner:
    """One worker process's dry runs. Methods raise Unavailable when Redis is away."""

    def __init__(
        self,
        store: DryRunStore,
        senders: Mapping[ProviderName, AnySender],
        queue: Queue,
        clock_ms: Callable[[], int],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """``senders`` reach no device (``senders.make_dry_run_senders``)."""
        self.senders = senders
        self._store = store
        self._queue = queue
        self._clock_ms = clock_ms
        self._monotonic = monotonic
        self._fresh = set(senders)
        self._reported: dict[ProviderName, float] = {}

    async def on_heartbeat(self, beat_ms: int) -> None:
        """Enqueue the dry runs that are due. ``beat_ms`` is the time of the heartbeat."""
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
        """Do a dry run and record its result; return whether it succeeded."""
        sender = self.senders[provider]
        try:
            message = sender.prepare(dry_run_note(self._clock_ms()))
            verdict = await sender.send(message, dry_run_subscription(provider))
        except Exception as error:  # finding any bug is the purpose of a dry run
            log.exception("dry run of %s: failed", provider)
            verdict = Verdict(Outcome.STOP, repr(error))
        if verdict.outcome is Outcome.ACCEPTED:
            await self._store.succeeded(provider, self._clock_ms())
            return True
        why = verdict.reason or str(verdict.outcome)
        log.error("dry run of %s: failed: %s", provider, why)
        await self._store.failed(provider, self._clock_ms(), why)
        return False

    async def watch(self) -> float:
        """Record that this process sends, and log dry runs that are late.

        Return the seconds until the next check. It runs in a task of its own, because the lane may
        be what is silent.
        """
        if not self.senders:
            return CHECK_EVERY
        await self._store.worker_seen(self.senders, self._clock_ms())
        for state in await self._store.states():
            if state.provider in self.senders and state.dry_run_late:
                self._report(state.provider, state.dry_run_age or 0.0, state.dry_run.error)
        return CHECK_EVERY

    async def aclose(self) -> None:
        """Close the senders."""
        for sender in self.senders.values():
            await sender.aclose()

    async def _due(self, provider: ProviderName) -> bool:
        hourly = await self._store.claim(provider, HOURLY, DRY_RUN_EVERY_MS)
        if provider not in self._fresh:
            return hourly
        # A new process may have new credentials or new code: it does not wait for the hour.
        return await self._store.claim(provider, START, START_MS) or hourly

    def _report(self, provider: ProviderName, age: float, error: str) -> None:
        now = self._monotonic()
        if now - self._reported.get(provider, -REPORT_EVERY) < REPORT_EVERY:
            return
        self._reported[provider] = now
        log.error(
            "no dry run of %s has succeeded for %.1f hours%s: alerts may not be sent",
            provider,
            age / 3_600,
            f", the last one failed: {error}" if error else "",
        )


def dry_run_note(now_ms: int) -> Note:
    """Return the notification of a dry run. No device shows it."""
    return Note(
        kind="alert",
        item="dry-run",
        version=1,
        edition="test",
        level=Level.flash,
        language="en",
        dir="ltr",
        title="Dry run",
        body="This is a test of the newsroom's push. It is sent to no device.",
        url="",
        collapse="dry-run",
        thread="dry-run",
        ttl=TTL,
        published_ms=now_ms,
    )


@cache
def dry_run_subscription(provider: ProviderName) -> Subscription:
    """Return a subscription of no device that is valid in form, so that the message is real."""
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

"""The bridges' side of a worker process: what fans events out to push and webhooks,
and what sends.

It shares nothing with the relay but the lane, and ``ticker up`` runs it in a process of its own:
a million encrypted messages must not hold up one line on a screen.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections.abc import Callable

from arq import ArqRedis

from ticker.config import Settings
from ticker.publishing.repository import ItemRepository
from ticker.publishing.service import system_clock
from ticker.push.model.note import Strings
from ticker.push.store.progress import ProgressStore
from ticker.push.store.provider_health import DryRuns
from ticker.push.store.provider_state import ProviderStates
from ticker.push.store.subscriptions import Subscriptions
from ticker.storage.connection import connect
from ticker.storage.keys import Keys
from ticker.stream.consumer_group import ConsumerGroup
from ticker.stream.store import LaneStore
from ticker.webhooks.endpoints import WakeQueue
from ticker.words import words_for
from workers.job_serializer import serialize
from workers.push.context import PushContext
from workers.push.dry_run import DryRunner
from workers.push.fanout import Fanout
from workers.push.jobs import Jobs, longest
from workers.push.senders import configured, make_rehearsed, make_senders
from workers.stream_tasks import STOP_EACH
from workers.supervised_task import SupervisedTask
from workers.webhooks.delivery_queue import Queue
from workers.webhooks.dispatcher import Dispatcher
from workers.webhooks.sender import Sender
from workers.webhooks.wake import Wake, WakeQueueReader

log = logging.getLogger(__name__)

GROUP = "push"
WEBHOOKS = "webhooks"
"""Names of the lane's consumer groups."""


class DeliveryTasks:
    """One process's bridges. ``start`` once in a running loop, ``stop`` once."""

    def __init__(self, settings: Settings) -> None:
        keys = Keys(settings.namespace)
        self._redis = connect(settings.redis_url)
        self._reader = connect(settings.redis_url, blocking=True)
        self._queue = connect(settings.jobs_url)
        lane = LaneStore(self._redis, keys)
        lanes = ProviderStates(self._redis, keys)
        subscriptions = Subscriptions(self._redis, keys, settings.push_subscriptions_max)
        self.bridges = PushContext(
            archive=ItemRepository(self._redis, keys),
            lanes=lanes,
            subscriptions=subscriptions,
            progress=ProgressStore(self._redis, keys, settings.archive_ttl),
            senders=make_senders(settings),
            speech=_speech(settings),
            base=settings.public_url,
            clock_ms=system_clock,
            monotonic=time.monotonic,
            concurrency=settings.push_concurrency,
            longest=longest(settings),
        )
        arq = ArqRedis(self._queue.connection_pool, job_serializer=serialize)
        jobs = Jobs(arq, keys, system_clock)
        self.rehearsal = DryRunner(
            DryRuns(self._redis, keys), make_rehearsed(settings), jobs, system_clock
        )
        self.fanout = Fanout(
            ConsumerGroup(self._reader, keys, GROUP, secrets.token_hex(8)),
            lane,
            lanes,
            subscriptions,
            jobs,
            configured(settings),
            time.monotonic,
            fcm_topics=settings.fcm_mode == "topics",
            progress=self.bridges.progress,
            beat=self.rehearsal.beat,
        )
        self._sender = Sender(settings.outbound_private_networks)
        self.courier = Dispatcher(
            self._redis, keys, lane, self._sender, receipts_ttl=settings.archive_ttl
        )
        queue = Queue(arq, keys)
        self.wake = Wake(
            ConsumerGroup(self._reader, keys, WEBHOOKS, secrets.token_hex(8)),
            self.courier,
            queue,
            time.monotonic,
        )
        self.wishing = WakeQueueReader(WakeQueue(self._reader, keys), queue)
        self.tasks = (
            SupervisedTask("the fan-out", self.fanout.step, self.fanout.lost),
            SupervisedTask("waking webhooks", self.wake.step, self.wake.lost),
            SupervisedTask("the desk's wishes of webhooks", self.wishing.step, lambda: None),
            SupervisedTask("the lanes' set-up", self._set_up, lambda: None),
            SupervisedTask("the watch over dry runs", self.rehearsal.watch, lambda: None),
        )
        self._running: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Start the tasks. They connect by themselves, now or later."""
        if not self._running:
            self._running = [asyncio.create_task(task.run(), name=task.name) for task in self.tasks]

    async def stop(self) -> None:
        """Stop the tasks and close the connections. Jobs must have ended before."""
        for task in self._running:
            task.cancel()
        if self._running:
            await asyncio.wait(self._running, timeout=STOP_EACH)
        self._running = []
        await self.fanout.aclose()
        await self.wake.aclose()
        await self._sender.aclose()
        await self.rehearsal.aclose()
        for sender in self.bridges.senders.values():
            await sender.aclose()
        for client in (self._redis, self._reader, self._queue):
            await client.aclose()

    async def _set_up(self) -> float:
        """Let lanes run again that were stopped with other credentials than these."""
        for provider, sender in self.bridges.senders.items():
            stop = await self.bridges.lanes.stopped(provider)
            if stop is not None and stop.setup != sender.setup:
                await self.bridges.lanes.resume(provider)
                log.warning("%s runs again, with another set-up than it was stopped with", provider)
        return 3600.0


def _speech(settings: Settings) -> Callable[[str], Strings]:
    spoken = {name: words_for(edition.language).push for name, edition in settings.editions.items()}
    known = {
        name: Strings(settings.site_name, words["correction"], words["withdrawn"])
        for name, words in spoken.items()
    }
    # An edition that is no longer configured may still have items out.
    return lambda edition: known.get(edition) or Strings(settings.site_name)

"""The role ``delivery`` of a worker process: push and webhooks.

It shares only the lane with the role ``stream``, and ``ticker up`` runs it in a process of its own:
a million encrypted messages must not delay an item on a screen.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections.abc import Callable, Iterable

from arq import ArqRedis

from ticker.config import Settings
from ticker.publishing.repository import ItemRepository
from ticker.publishing.service import system_clock
from ticker.push.model.gone_watch import GoneRule
from ticker.push.model.note import Strings
from ticker.push.store.alerts import AlertStore
from ticker.push.store.dry_runs import DryRunStore
from ticker.push.store.gone_watches import GoneWatches
from ticker.push.store.progress import ProgressStore
from ticker.push.store.provider_state import ProviderStates
from ticker.push.store.rate_leases import RateLeases
from ticker.push.store.subscriptions import registrations
from ticker.storage.address import job_store, main_store
from ticker.storage.connection import connect
from ticker.storage.keys import Keys
from ticker.stream.consumer_group import ConsumerGroup
from ticker.stream.lane_store import LaneStore
from ticker.telemetry.families import Family
from ticker.translations import translation_for
from ticker.webhooks.wake_queue import WakeQueue
from workers.job_serializer import serialize
from workers.push.context import PushContext
from workers.push.dry_run import DryRunner
from workers.push.fanout import Fanout
from workers.push.jobs import PushJobs, PushQueue, run_limit
from workers.push.rate import rate_limiters
from workers.push.senders import configured, make_dry_run_senders, make_senders
from workers.stream_tasks import STOP_EACH
from workers.supervised_task import SupervisedTask, task_metrics
from workers.webhooks.delivery_queue import DeliveryQueue
from workers.webhooks.dispatcher import Dispatcher
from workers.webhooks.jobs import WebhookJobs
from workers.webhooks.sender import Sender
from workers.webhooks.wake import EndpointWaker, WakeQueueReader

log = logging.getLogger(__name__)

GROUP = "push"
WEBHOOKS = "webhooks"
"""Names of the lane's consumer groups."""


class DeliveryTasks:
    """The delivery tasks of one process. ``start`` once in a running loop, ``stop`` once."""

    def __init__(self, settings: Settings) -> None:
        keys = Keys(settings.namespace)
        self._redis = connect(main_store(settings))
        self._reader = connect(main_store(settings), blocking=True)
        self._queue = connect(job_store(settings))
        lane = LaneStore(self._redis, keys)
        alerts = AlertStore(self._redis, keys)
        states = ProviderStates(self._redis, keys)
        subscriptions = registrations(self._redis, keys, settings)
        context = PushContext(
            items=ItemRepository(self._redis, keys),
            alerts=alerts,
            providers=states,
            subscriptions=subscriptions,
            progress=ProgressStore(self._redis, keys, settings.archive_ttl),
            gone=GoneWatches(
                self._redis, keys, GoneRule(settings.push_gone_share, settings.push_gone_min)
            ),
            senders=make_senders(settings),
            strings=_strings(settings),
            public_url=settings.public_url,
            clock_ms=system_clock,
            monotonic=time.monotonic,
            concurrency=settings.push_concurrency,
            run_limit=run_limit(settings),
            rates=rate_limiters(settings, RateLeases(self._redis, keys), time.monotonic),
        )
        arq = ArqRedis(self._queue.connection_pool, job_serializer=serialize)
        push_queue = PushQueue(arq, keys, system_clock)
        dry_runner = DryRunner(
            DryRunStore(self._redis, keys), make_dry_run_senders(settings), push_queue, system_clock
        )
        self.push = PushJobs(context, dry_runner)
        self.fanout = Fanout(
            ConsumerGroup(self._redis, keys, GROUP, secrets.token_hex(8)),
            lane,
            alerts,
            states,
            subscriptions,
            push_queue,
            configured(settings),
            time.monotonic,
            fcm_topics=settings.fcm_mode == "topics",
            progress=context.progress,
            on_heartbeat=dry_runner.on_heartbeat,
        )
        self._webhook_sender = Sender(settings.outbound_private_networks)
        dispatcher = Dispatcher(
            self._redis, keys, lane, self._webhook_sender, receipts_ttl=settings.archive_ttl
        )
        webhook_queue = DeliveryQueue(arq, keys)
        self.webhooks = WebhookJobs(dispatcher, webhook_queue)
        self.waker = EndpointWaker(
            ConsumerGroup(self._redis, keys, WEBHOOKS, secrets.token_hex(8)),
            dispatcher,
            webhook_queue,
            time.monotonic,
        )
        self.wake_reader = WakeQueueReader(WakeQueue(self._reader, keys), webhook_queue)
        self.tasks = (
            SupervisedTask("push fan-out", self.fanout.step, self.fanout.reset),
            SupervisedTask("webhook fan-out", self.waker.step, self.waker.reset),
            SupervisedTask("webhook wake queue", self.wake_reader.step, lambda: None),
            SupervisedTask("push set-up check", self._check_setup, lambda: None),
            SupervisedTask("push dry-run check", dry_runner.watch, lambda: None),
        )
        self._running: list[asyncio.Task[None]] = []

    def metrics(self) -> Iterable[Family]:
        """Return the state of the tasks."""
        yield from task_metrics(self.tasks)

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
        await self.waker.aclose()
        await self._webhook_sender.aclose()
        await self.push.dry_runner.aclose()
        for sender in self.push.context.senders.values():
            await sender.aclose()
        for client in (self._redis, self._reader, self._queue):
            await client.aclose()

    async def _check_setup(self) -> float:
        """Resume providers that were stopped with other credentials than the current ones.

        Also delete browsers at unknown push services that never accepted a message.
        """
        context = self.push.context
        for provider in await context.resume_changed():
            log.warning("%s is resumed: its set-up has changed since it was stopped", provider)
        if count := await context.subscriptions.expire_unproven():
            log.info("deleted %d browsers at unknown push services that accepted nothing", count)
        return 3600.0


def _strings(settings: Settings) -> Callable[[str], Strings]:
    texts = {
        name: translation_for(edition.language).push for name, edition in settings.editions.items()
    }
    known = {
        name: Strings(settings.site_name, words["correction"], words["withdrawn"])
        for name, words in texts.items()
    }
    # An edition that is no longer configured may still have live items.
    return lambda edition: known.get(edition) or Strings(settings.site_name)

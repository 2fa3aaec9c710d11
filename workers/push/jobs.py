"""The arq jobs of push: one for each event and shard, and the dry runs.

A job's run is short (``shard.SLICE``). A run that does not finish asks to be run again, until the
deadline. Flashes go ahead of everything in the queue.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from arq import ArqRedis, Retry
from arq.worker import Function, func

from ticker.config import Settings
from ticker.domain.errors import Unavailable
from ticker.domain.item import Level
from ticker.domain.request_context import RequestContext
from ticker.push.model.alert_decision import Order
from ticker.push.model.provider_state import DRY_RUN_EVERY_MS
from ticker.push.model.subscription import ProviderName
from ticker.push.store.subscriptions import Shard
from ticker.storage.connection import translate
from ticker.storage.keys import Keys
from ticker.telemetry.context import current, request_context
from workers.job_context import JobContext
from workers.push.context import PushContext
from workers.push.dry_run import DryRunner
from workers.push.fanout import job_name
from workers.push.shard import SLICE, ShardRun

log = logging.getLogger(__name__)

MAX_JOBS = 4
"""Shards that one process works on at a time: one waits for its slowest answers while the others
send. More would not send faster, and would keep shards from other processes."""
SETTLE = 8.0
"""Seconds for what follows the last answer of a run, a short absence of Redis included."""
STOP = 5.0
"""Seconds in which a run that took too long stores its progress."""
FAILED = 10.0
"""Seconds before a run is repeated that failed unexpectedly."""
TRIES_MAX = 1_000_000
"""Runs of one job; the deadline is what ends it."""
DRY_RUN_TRIES_MAX = 120
"""Runs of a dry run while Redis is away or no worker has the credentials. The next dry run comes in
an hour."""
AFTER_MS = 3_600_000
"""How long a job is kept after its deadline: a run has to count the devices it missed."""
FLASH_LEAD = timedelta(hours=12)
"""How much earlier than now a flash is due: arq takes the job that is due longest first."""
STORE_AWAY = 2.0
"""Seconds before a run is repeated that found Redis away."""


@dataclass(frozen=True, slots=True)
class PushJobs(JobContext):
    """The object that the push jobs of a worker process share."""

    context: PushContext
    dry_runner: DryRunner


class PushQueue:
    """Enqueues push jobs."""

    def __init__(self, arq: ArqRedis, keys: Keys, clock_ms: Callable[[], int]) -> None:
        self._arq = arq
        self._keys = keys
        self._clock_ms = clock_ms

    async def push(self, order: Order, shard: Shard) -> bool:
        """Enqueue ``order`` for ``shard``; return False if it was there already.

        Raises Unavailable when Redis is away.
        """
        context = current()
        now = self._clock_ms()
        due = datetime.fromtimestamp(now / 1000, UTC)
        if order.alert.level == Level.flash:
            due -= FLASH_LEAD
        with translate("the job queue"):
            job = await self._arq.enqueue_job(
                "push",
                order.to_json(),
                str(shard),
                "" if context is None else context.encode().decode(),
                _job_id=f"{self._keys.namespace}:push:{job_name(order, shard)}",
                _queue_name=self._keys.push_jobs(shard.provider),
                _defer_until=due,
                _expires=timedelta(milliseconds=max(0, order.deadline_ms - now) + AFTER_MS),
            )
        return job is not None

    async def dry_run(self, provider: ProviderName, beat_ms: int) -> bool:
        """Enqueue a dry run of ``provider``; return False if it was there already.

        ``beat_ms``, the time of the heartbeat that triggered it, makes the job unique. Raises
        Unavailable.
        """
        with translate("the job queue"):
            job = await self._arq.enqueue_job(
                "dry_run",
                provider,
                _job_id=f"{self._keys.namespace}:push:dry-run:{provider}:{beat_ms}",
                _queue_name=self._keys.push_jobs(provider),
                _expires=timedelta(milliseconds=DRY_RUN_EVERY_MS),
            )
        return job is not None


async def push(ctx: Mapping[Any, Any], order: dict[str, Any], shard: str, request: str) -> None:
    """Run one order in one shard for a time slice; ``request`` is the event's request context."""
    with request_context(RequestContext.decode(request.encode())):
        await _push(ctx, order, shard)


async def _push(ctx: Mapping[Any, Any], order: dict[str, Any], shard: str) -> None:
    context = PushJobs.of(ctx).context
    where = Shard.parse(shard)
    if where.provider not in context.senders:
        log.error("%s is not configured in this worker; %s waits for one", where.provider, where)
        raise Retry(defer=30)
    # arq takes whatever ends a job, its own timeout included, for the job's end: the rest of the
    # shard would get nothing. Only the deadline may end it.
    try:
        async with asyncio.timeout(context.run_limit):
            wait = await ShardRun(context, Order.from_json(order), where).run()
    except Unavailable as error:
        raise Retry(defer=random.uniform(STORE_AWAY / 2, STORE_AWAY)) from error
    except TimeoutError as error:
        log.error("a run of %s took more than %.0f s and is repeated", where, context.run_limit)
        raise Retry(defer=0) from error
    except Exception as error:  # a bug, or whatever it is, must not cost a shard its alert
        log.exception("a run of %s failed and is repeated", where)
        raise Retry(defer=random.uniform(FAILED / 2, FAILED)) from error
    if wait is not None:
        raise Retry(defer=wait)


def run_limit(settings: Settings) -> float:
    """Return the seconds after which a run must have ended.

    A time slice, a request begun at its end that takes its full timeout, at most three times (first
    request, with a new token, shortened), and the time to store the outcomes.
    """
    return SLICE + 3 * settings.push_timeout + SETTLE


def timeout(settings: Settings) -> float:
    """Return arq's timeout of one run in seconds.

    A dead worker's job waits for another worker that long, and ten seconds more.
    """
    return run_limit(settings) + STOP


async def dry_run(ctx: Mapping[Any, Any], provider: ProviderName) -> bool:
    """Do a dry run of ``provider``; return whether it succeeded."""
    dry_runner = PushJobs.of(ctx).dry_runner
    if provider not in dry_runner.senders:
        raise Retry(defer=30)
    try:
        return await dry_runner.run(provider)
    except Unavailable as error:
        raise Retry(defer=random.uniform(STORE_AWAY / 2, STORE_AWAY)) from error


def functions(settings: Settings) -> list[Function]:
    """Return the jobs of the push queues."""
    limit = timeout(settings)
    return [
        func(push, name="push", timeout=limit, max_tries=TRIES_MAX, keep_result=60),
        func(dry_run, name="dry_run", timeout=limit, max_tries=DRY_RUN_TRIES_MAX, keep_result=60),
    ]

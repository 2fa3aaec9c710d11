"""Push as arq jobs: one a shard and event, with an id made of both; and the dry runs.

A job's run is short (``shard.SLICE``); what is not finished asks to be run again, until its
deadline. Flashes are put before everything that waits already.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from arq import ArqRedis, Retry
from arq.worker import Function, func

from ticker.config import Settings
from ticker.domain.errors import Unavailable
from ticker.domain.item import Level
from ticker.push.model.plan import Order
from ticker.push.model.provider_health import DRY_RUN_EVERY_MS
from ticker.push.model.subscription import ProviderName
from ticker.push.store.subscriptions import Shard
from ticker.storage.connection import translate
from ticker.storage.keys import Keys
from workers.push.context import PushContext
from workers.push.dry_run import DryRunner
from workers.push.fanout import job_name
from workers.push.shard import SLICE, Work

log = logging.getLogger(__name__)

MAX_JOBS = 4
"""Shards that one process works on at a time: one waits for its slowest answers while the others
send. More would not send faster, and would hold shards that another process could have."""
SETTLE = 8.0
"""Seconds for what comes after the last answer of a run, Redis being away for a moment included."""
STOP = 5.0
"""Seconds for a run that took too long to write down how far it is."""
FAILED = 10.0
"""Seconds before a run is repeated that failed for a reason nobody thought of."""
TRIES_MAX = 1_000_000
"""Runs of one job; the deadline is what ends it."""
DRY_TRIES_MAX = 120
"""Runs of a dry run that finds Redis away, or no worker with the credentials: the next one comes in
an hour."""
AFTER_MS = 3_600_000
"""How long after its deadline a job is still known: somebody has to count what came too late."""
AHEAD = timedelta(hours=12)
"""By how much a flash is put before what is due now: arq takes what is longest due first."""
STORE_AWAY = 2.0
"""Seconds before a run is repeated that found Redis away."""

Context = Mapping[str, Any]


class Jobs:
    """Puts jobs into the queue."""

    def __init__(self, arq: ArqRedis, keys: Keys, clock_ms: Callable[[], int]) -> None:
        self._arq = arq
        self._keys = keys
        self._clock_ms = clock_ms

    async def push(self, order: Order, shard: Shard) -> bool:
        """Enqueue ``order`` for ``shard``; return whether it was not there yet.

        Raises Unavailable when Redis is away.
        """
        now = self._clock_ms()
        due = datetime.fromtimestamp(now / 1000, UTC)
        if order.origin.level == Level.flash:
            due -= AHEAD
        with translate("the job queue"):
            job = await self._arq.enqueue_job(
                "push",
                order.to_json(),
                str(shard),
                _job_id=f"{self._keys.namespace}:push:{job_name(order, shard)}",
                _queue_name=self._keys.push_jobs(shard.provider),
                _defer_until=due,
                _expires=timedelta(milliseconds=max(0, order.deadline_ms - now) + AFTER_MS),
            )
        return job is not None

    async def dry_run(self, provider: ProviderName, beat_ms: int) -> bool:
        """Enqueue a dry run of ``provider``; return whether it was not there yet.

        ``beat_ms`` names it: the heartbeat that asked for it. Raises Unavailable.
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


async def push(ctx: Context, order: dict[str, Any], shard: str) -> None:
    """Send one order in one shard, as far as one run gets."""
    bridges = ctx["bridges"]
    assert isinstance(bridges, PushContext)
    where = Shard.parse(shard)
    if where.provider not in bridges.senders:
        log.error("%s is not set up in this worker; %s waits for one", where.provider, where)
        raise Retry(defer=30)
    # arq takes whatever ends a job, its own time-out included, for the job's end: what is left of
    # the shard would be told by nobody. Only the deadline may end it.
    try:
        async with asyncio.timeout(bridges.longest):
            wait = await Work(bridges, Order.from_json(order), where).run()
    except Unavailable as error:
        raise Retry(defer=random.uniform(STORE_AWAY / 2, STORE_AWAY)) from error
    except TimeoutError as error:
        log.error("a run of %s took more than %.0f s and is run again", where, bridges.longest)
        raise Retry(defer=0) from error
    except Exception as error:  # a bug, or whatever it is, must not cost a shard its alert
        log.exception("a run of %s failed and is run again", where)
        raise Retry(defer=random.uniform(FAILED / 2, FAILED)) from error
    if wait is not None:
        raise Retry(defer=wait)


def longest(settings: Settings) -> float:
    """Return the seconds after which a run must have ended: a slice, a request begun at its end
    that takes all its time, three times at most (asked, with a new token, shorter), and the rest.
    """
    return SLICE + 3 * settings.push_timeout + SETTLE


def timeout(settings: Settings) -> float:
    """Return the seconds that arq gives one run. So long, and ten more, a dead worker's job waits
    for another worker.
    """
    return longest(settings) + STOP


async def dry_run(ctx: Context, provider: ProviderName) -> bool:
    """Send a test line by ``provider`` to nobody; return whether it came as far as it should."""
    rehearsal = ctx["rehearsal"]
    assert isinstance(rehearsal, DryRunner)
    if provider not in rehearsal.senders:
        raise Retry(defer=30)
    try:
        return await rehearsal.run(provider)
    except Unavailable as error:
        raise Retry(defer=random.uniform(STORE_AWAY / 2, STORE_AWAY)) from error


def functions(settings: Settings) -> list[Function]:
    """Return the jobs of the push queue."""
    limit = timeout(settings)
    return [
        func(push, name="push", timeout=limit, max_tries=TRIES_MAX, keep_result=60),
        func(dry_run, name="dry_run", timeout=limit, max_tries=DRY_TRIES_MAX, keep_result=60),
    ]

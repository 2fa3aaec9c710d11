"""The arq jobs of webhooks: delivery to one endpoint, and a sweep a minute.

Each may run twice and in two workers at once: an endpoint's lease keeps them apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from arq import Retry
from arq.cron import CronJob, cron
from arq.worker import Function, func

from ticker.domain.errors import Unavailable
from workers.job_context import JobContext
from workers.webhooks.delivery import Idle, More, Wait
from workers.webhooks.delivery_queue import JOB, DeliveryQueue
from workers.webhooks.dispatcher import SLICE, Busy, Dispatcher, Outcome
from workers.webhooks.sender import TIMEOUT as REQUEST
from workers.webhooks.wake import sweep

MAX_JOBS = 50
"""Endpoints that one process works on at a time: most of that time it waits for an answer."""
TIMEOUT = int(SLICE + REQUEST) + 5
"""Seconds. A crashed worker's job waits for another worker this long, and ten seconds more; its
lease ends sooner."""
SWEEP_TIMEOUT = 20
SWEEP_AT = 23
"""The second of each minute at which the sweep runs."""


@dataclass(frozen=True, slots=True)
class WebhookJobs(JobContext):
    """The object that the webhook jobs of a worker process share."""

    dispatcher: Dispatcher
    queue: DeliveryQueue


async def webhook(ctx: Mapping[Any, Any], endpoint: str) -> str:
    """Deliver to ``endpoint`` and enqueue what follows; return the outcome's name."""
    jobs = WebhookJobs.of(ctx)
    try:
        outcome = await jobs.dispatcher.deliver(endpoint)
        return await _follow_up(jobs.queue, endpoint, outcome)
    except Unavailable as error:
        raise Retry(defer=float(ctx["job_try"])) from error


async def _follow_up(queue: DeliveryQueue, endpoint: str, outcome: Outcome) -> str:
    match outcome:
        case Idle():
            return "idle"
        case Busy(token, at_ms):
            # The holder checks for new events before it ends; this job runs if it died.
            await queue.put(endpoint, f"after-{token}", at_ms)
            return "busy"
        case Wait(at_ms):
            await queue.put(endpoint, f"retry-{at_ms}", at_ms)
            return "waits"
        case More(cursor):
            await queue.put(endpoint, f"more-{cursor}")
            return "more"


async def sweep_webhooks(ctx: Mapping[Any, Any]) -> int:
    """Enqueue the endpoints that are behind; return how many.

    It finds wake-ups that were lost with a worker or a Redis.
    """
    jobs = WebhookJobs.of(ctx)
    try:
        return await sweep(jobs.dispatcher, jobs.queue)
    except Unavailable as error:
        raise Retry(defer=float(ctx["job_try"])) from error


def functions() -> list[Function]:
    """Return the jobs that may be enqueued by name."""
    return [func(webhook, name=JOB, timeout=TIMEOUT, keep_result=0)]


def cron_jobs(namespace: str) -> list[CronJob]:
    """Return the periodic job: once a minute, over all workers."""
    return [
        cron(
            sweep_webhooks,
            name=f"{namespace}:webhooks",
            second=SWEEP_AT,
            timeout=SWEEP_TIMEOUT,
            max_tries=3,
        )
    ]

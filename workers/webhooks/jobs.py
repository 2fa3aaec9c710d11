"""The arq jobs of the webhooks: one delivers to an endpoint, one a minute looks for who waits.

Each may run twice and in two workers at once: an endpoint's lease keeps them apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from arq import Retry
from arq.cron import CronJob, cron
from arq.worker import Function, func

from ticker.domain.errors import Unavailable
from workers.webhooks.delivery import Idle, More, Wait
from workers.webhooks.delivery_queue import JOB, Queue
from workers.webhooks.dispatcher import WORK, Busy, Dispatcher, Outcome
from workers.webhooks.sender import TIMEOUT as REQUEST
from workers.webhooks.wake import sweep

Context = Mapping[str, Any]

MAX_JOBS = 50
"""Endpoints that one process works on at a time: most of that time it waits for an answer."""
TIMEOUT = int(WORK + REQUEST) + 5
"""Seconds. arq forgets a crashed worker's job this long, plus ten; the lease ends sooner."""
SWEEP_TIMEOUT = 20
SWEEP_AT = 23
"""The second of each minute at which the sweep runs."""


async def webhook(ctx: Context, endpoint: str) -> str:
    """Deliver what there is for ``endpoint``, and enqueue what is to be done after."""
    courier, queue = _tools(ctx)
    try:
        return await _then(queue, endpoint, await courier.deliver(endpoint))
    except Unavailable as error:
        raise Retry(defer=float(ctx["job_try"])) from error


async def _then(queue: Queue, endpoint: str, outcome: Outcome) -> str:
    """Enqueue what is to be done after ``outcome``, and return its name."""
    match outcome:
        case Idle():
            return "idle"
        case Busy(token, at_ms):
            # The holder looks for news before it goes; this one is for when it died.
            await queue.put(endpoint, f"after-{token}", at_ms)
            return "busy"
        case Wait(at_ms):
            await queue.put(endpoint, f"retry-{at_ms}", at_ms)
            return "waits"
        case More(cursor):
            await queue.put(endpoint, f"more-{cursor}")
            return "more"


async def sweep_webhooks(ctx: Context) -> int:
    """Enqueue endpoints that are behind and may be told; return how many.

    The net below the wake-ups, for those that were lost with a worker or a Redis.
    """
    try:
        return await sweep(*_tools(ctx))
    except Unavailable as error:
        raise Retry(defer=float(ctx["job_try"])) from error


def functions() -> list[Function]:
    """Return the jobs that may be enqueued by name."""
    return [func(webhook, name=JOB, timeout=TIMEOUT, keep_result=0)]


def cron_jobs(namespace: str) -> list[CronJob]:
    """Return the job that runs by itself, once a minute whatever number of workers."""
    return [
        cron(
            sweep_webhooks,
            name=f"{namespace}:webhooks",
            second=SWEEP_AT,
            timeout=SWEEP_TIMEOUT,
            max_tries=3,
        )
    ]


def _tools(ctx: Context) -> tuple[Dispatcher, Queue]:
    courier = ctx["courier"]
    assert isinstance(courier, Dispatcher)
    return courier, Queue(ctx["redis"], courier.keys)

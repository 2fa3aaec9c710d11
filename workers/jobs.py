"""The arq jobs of the stream role: they repeat the work of ``Scheduler.step`` in case it fails.

Each may run twice (arq runs a cancelled job again) and in two workers at once.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from arq import Retry
from arq.cron import CronJob, cron
from arq.worker import Function, func

from ticker.domain.errors import Unavailable
from workers.stream_tasks import StreamTasks

EVERY = frozenset(range(0, 60, 10))
SWEEP_AT = 7
"""The second of each minute at which the sweep runs."""
TIMEOUT = 20
SWEEP_TIMEOUT = 40
"""Seconds. A crashed worker's job waits for another worker this long, and ten seconds more."""

Context = dict[Any, Any]
"""arq's context: its own entries, and the objects that our jobs share, each under its type."""


async def release(ctx: Context) -> int:
    """Release what is due; return how many this job released."""
    try:
        return await StreamTasks.of(ctx).schedule.release()
    except Unavailable as error:
        raise _retry(ctx) from error


async def expire(ctx: Context) -> int:
    """Expire what has passed its time; return how many this job expired."""
    try:
        return await StreamTasks.of(ctx).schedule.expire()
    except Unavailable as error:
        raise _retry(ctx) from error


async def sweep(ctx: Context) -> dict[str, Any]:
    """Expire, repair and trim; return the report."""
    try:
        return asdict(await StreamTasks.of(ctx).schedule.sweep())
    except Unavailable as error:
        raise _retry(ctx) from error


def functions() -> list[Function]:
    """Return the jobs that may be enqueued by name."""
    return [
        func(release, name="release", timeout=TIMEOUT),
        func(expire, name="expire", timeout=TIMEOUT),
        func(sweep, name="sweep", timeout=SWEEP_TIMEOUT),
    ]


def cron_jobs(namespace: str) -> list[CronJob]:
    """Return the periodic jobs, each once per time over all workers.

    arq's job ids are not kept apart by queue: without the namespace in its name, one newsroom's
    sweep would keep another's on the same server from being enqueued.
    """
    return [
        cron(release, name=f"{namespace}:release", second=set(EVERY), timeout=TIMEOUT, max_tries=3),
        cron(expire, name=f"{namespace}:expire", second=set(EVERY), timeout=TIMEOUT, max_tries=3),
        cron(
            sweep,
            name=f"{namespace}:sweep",
            second=SWEEP_AT,
            run_at_startup=True,
            timeout=SWEEP_TIMEOUT,
            max_tries=3,
        ),
    ]


def _retry(ctx: Context) -> Retry:
    return Retry(defer=float(ctx["job_try"]))

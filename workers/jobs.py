"""The arq jobs: a net below ``schedule.step``, which does the same to the millisecond.

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
"""Seconds. arq forgets a crashed worker's job this long, plus ten."""

Context = dict[Any, Any]


async def release(ctx: Context) -> int:
    """Release what is due; return how many this job released."""
    try:
        return await _crew(ctx).schedule.release()
    except Unavailable as error:
        raise _again(ctx) from error


async def expire(ctx: Context) -> int:
    """Expire what is over; return how many this job expired."""
    try:
        return await _crew(ctx).schedule.expire()
    except Unavailable as error:
        raise _again(ctx) from error


async def sweep(ctx: Context) -> dict[str, Any]:
    """Expire, repair and trim; return the report."""
    try:
        return asdict(await _crew(ctx).schedule.sweep())
    except Unavailable as error:
        raise _again(ctx) from error


def functions() -> list[Function]:
    """Return the jobs that may be enqueued by name."""
    return [
        func(release, name="release", timeout=TIMEOUT),
        func(expire, name="expire", timeout=TIMEOUT),
        func(sweep, name="sweep", timeout=SWEEP_TIMEOUT),
    ]


def cron_jobs(namespace: str) -> list[CronJob]:
    """Return the jobs that run by themselves, each once per time whatever number of workers.

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


def _crew(ctx: Context) -> StreamTasks:
    crew = ctx["crew"]
    assert isinstance(crew, StreamTasks)
    return crew


def _again(ctx: Context) -> Retry:
    return Retry(defer=float(ctx["job_try"]))

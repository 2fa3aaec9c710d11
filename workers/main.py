"""The worker process: ``ticker work`` calls ``run()``.

A worker has three roles. **stream** keeps the newsroom in order: relay, heartbeat, schedule,
WebSub. **delivery** sends push and webhooks. **archive** copies the lane into the archive, if there
is one. One process may have them all; several are better, because sending is work, and an item on a
screen must not wait for it. A process of the role stream does not import what sends.

Redis may go away at any time. arq's main loop raises then and would end its process; ``run()``
stays, keeps its tasks trying, and starts arq again when Redis is back.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import orjson
from arq import ArqRedis

from ticker.config import Settings, load
from ticker.push.model.subscription import ProviderName
from ticker.runtime.time_slice import LONGEST, set_time_slice
from ticker.storage.address import job_store
from ticker.storage.connection import connect
from ticker.storage.keys import Keys
from ticker.telemetry import logs, traces
from ticker.telemetry.endpoint import serve_metrics
from ticker.telemetry.exposition import Exposition
from ticker.telemetry.families import MetricsSource
from ticker.telemetry.loop_lag import LoopLag
from workers.arq_worker import QuietWorker
from workers.job_metrics import JobMetrics
from workers.job_serializer import serialize
from workers.jobs import Context, cron_jobs, functions
from workers.stream_tasks import StreamTasks
from workers.supervised_task import backoff

if TYPE_CHECKING:
    from workers.archive import ArchiveTasks
    from workers.delivery_tasks import DeliveryTasks

log = logging.getLogger(__name__)

Role: TypeAlias = Literal["stream", "delivery"]
"""A role of this process; the role archive alone has a process of its own, ``archive_process``."""

MAX_JOBS = 10
"""Jobs of the stream role that one process runs at a time."""
STEADY = 5.0
"""Seconds after which a run of arq counts as a success: the next failure is logged again."""

_COMMON: dict[str, Any] = {
    "job_timeout": 20,
    "keep_result": 60,
    "poll_delay": 0.5,
    "health_check_interval": 30,
    "log_results": False,
    "job_serializer": serialize,
    "job_deserializer": orjson.loads,
}


def options(settings: Settings) -> dict[str, Any]:
    """Return arq's options for the jobs of the stream role, without its connection and hooks."""
    return _COMMON | {
        "functions": functions(),
        "cron_jobs": cron_jobs(settings.namespace),
        "queue_name": Keys(settings.namespace).jobs,
        "max_jobs": MAX_JOBS,
    }


def push_options(settings: Settings, provider: ProviderName) -> dict[str, Any]:
    """Return arq's options for push by one provider."""
    from workers.push import jobs as push_jobs

    return _COMMON | {
        "functions": push_jobs.functions(settings),
        "queue_name": Keys(settings.namespace).push_jobs(provider),
        "max_jobs": push_jobs.MAX_JOBS,
        "job_timeout": push_jobs.timeout(settings),
    }


def webhook_options(settings: Settings) -> dict[str, Any]:
    """Return arq's options for webhooks."""
    from workers.webhooks import jobs as webhook_jobs

    return _COMMON | {
        "functions": webhook_jobs.functions(),
        "cron_jobs": webhook_jobs.cron_jobs(settings.namespace),
        "queue_name": Keys(settings.namespace).webhook_jobs,
        "max_jobs": webhook_jobs.MAX_JOBS,
        "job_timeout": webhook_jobs.TIMEOUT,
    }


def run(only: Role | None = None) -> None:
    """Run the worker in this process until SIGTERM or SIGINT, in one role or in both."""
    settings = load()
    logs.configure(settings.log_level, settings.log_format, only or "worker")
    traces.configure(settings.otlp_url, only or "worker")
    set_time_slice(0, LONGEST, interrupts=False)
    if sys.platform == "win32":
        asyncio.run(serve(settings, only=only))
        return
    import uvloop

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(settings, only=only))


async def serve(
    settings: Settings, stop: asyncio.Event | None = None, only: Role | None = None
) -> None:
    """Work until ``stop`` is set, or a signal sets it. Survives any absence of Redis."""
    stop = asyncio.Event() if stop is None else stop
    jobs = JobMetrics()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    stream = StreamTasks(settings) if only != "delivery" else None
    delivery: DeliveryTasks | None = None
    if only != "stream":
        from workers.delivery_tasks import DeliveryTasks

        delivery = DeliveryTasks(settings)
    queues: list[tuple[dict[str, Any], Context]] = []
    if delivery is not None:
        delivery.start()
        push = delivery.push.as_context()
        queues += [(push_options(settings, name), push) for name in delivery.push.context.senders]
        queues.append((webhook_options(settings), delivery.webhooks.as_context()))
    if stream is not None:
        stream.start()
        queues.append((options(settings), stream.as_context()))
    queue_tasks = [
        asyncio.create_task(_run_queue(settings, measured(chosen, jobs), context))
        for chosen, context in queues
    ]
    log.info("working for newsroom %s: %s", settings.namespace, only or "stream and delivery")
    archive: ArchiveTasks | None = None
    if only is None and settings.archive_url:
        from workers.archive import ArchiveTasks

        archive = ArchiveTasks(settings)
        archive.start()
    parts = [part for part in (stream, delivery, archive) if part is not None]
    try:
        async with worker_metrics(settings, only or "worker", parts, jobs):
            await stop.wait()
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)
        for task in queue_tasks:
            task.cancel()
        await asyncio.wait(queue_tasks)
        if archive is not None:
            await archive.stop()
        if delivery is not None:
            await delivery.stop()
        if stream is not None:
            await stream.stop()


def measured(options: dict[str, Any], jobs: JobMetrics) -> dict[str, Any]:
    """Return arq's ``options``, whose jobs count their runs in ``jobs``."""
    return options | {
        "functions": jobs.measured(options["functions"]),
        "cron_jobs": jobs.measured(options.get("cron_jobs", ())),
    }


@contextlib.asynccontextmanager
async def worker_metrics(
    settings: Settings, role: str, parts: Sequence[MetricsSource], jobs: JobMetrics
) -> AsyncIterator[None]:
    """Serve the metrics of a worker process with these ``parts`` until the block ends."""
    loop_lag = LoopLag()
    metrics = Exposition(role, [*parts, jobs, loop_lag])
    async with loop_lag.run(), serve_metrics(settings.metrics_address, metrics):
        yield


async def _run_queue(settings: Settings, chosen: dict[str, Any], ctx: Context) -> None:
    """Run arq on one queue, again after every error: its main loop ends with the first."""
    failures = 0
    while True:
        client = connect(job_store(settings))
        pool = ArqRedis(client.connection_pool, serialize, orjson.loads, chosen["queue_name"])
        worker = QuietWorker(**chosen, redis_pool=pool, ctx=dict(ctx), handle_signals=False)
        began = asyncio.get_running_loop().time()
        try:
            await worker.async_run()
        except Exception as error:  # noqa: BLE001 - whatever redis-py raised through arq
            if asyncio.get_running_loop().time() - began > STEADY:
                failures = 0
            if not failures:
                log.warning(
                    "job queue %s: connection lost, retrying: %r", chosen["queue_name"], error
                )
            failures += 1
        finally:
            await worker.stop()
            await client.aclose()
        await asyncio.sleep(backoff(max(1, failures)))

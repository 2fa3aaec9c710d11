"""How a worker runs: ``ticker work`` calls ``run()``; ``arq workers.settings.WorkerSettings`` works
as well for the newsroom's own jobs, without the bridges.

A worker has two roles. **stream** runs the relay, the heartbeat and the schedule. **delivery**
sends push notifications and webhooks. One process may have both; two processes are better, because
sending takes CPU time and must not delay the live feeds.

The difference shows when Redis goes away. arq's main loop raises then and its process ends, to be
started again by whatever supervises it; ``run()`` stays, keeps its relay trying, and starts arq
again when Redis is back.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
from typing import Any, Literal, TypeAlias

import orjson
from arq import ArqRedis
from arq.connections import RedisSettings

from ticker.config import Settings, load
from ticker.push.model.subscription import ProviderName
from ticker.storage.connection import connect
from ticker.storage.keys import Keys
from workers.arq_worker import QuietWorker
from workers.delivery_tasks import DeliveryTasks
from workers.job_serializer import serialize
from workers.jobs import Context, cron_jobs, functions
from workers.push import jobs as push_jobs
from workers.stream_tasks import StreamTasks
from workers.supervised_task import backoff
from workers.webhooks import jobs as webhook_jobs

log = logging.getLogger(__name__)

Role: TypeAlias = Literal["stream", "delivery"]

MAX_JOBS = 10


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
    """Return arq's options for the lane's jobs, all but its connection and the hooks."""
    return _COMMON | {
        "functions": functions(),
        "cron_jobs": cron_jobs(settings.namespace),
        "queue_name": Keys(settings.namespace).jobs,
        "max_jobs": MAX_JOBS,
    }


def push_options(settings: Settings, provider: ProviderName) -> dict[str, Any]:
    """Return arq's options for push by one provider."""
    return _COMMON | {
        "functions": push_jobs.functions(settings),
        "queue_name": Keys(settings.namespace).push_jobs(provider),
        "max_jobs": push_jobs.MAX_JOBS,
        "job_timeout": push_jobs.timeout(settings),
    }


def webhook_options(settings: Settings) -> dict[str, Any]:
    """Return arq's options for webhooks."""
    return _COMMON | {
        "functions": webhook_jobs.functions(),
        "cron_jobs": webhook_jobs.cron_jobs(settings.namespace),
        "queue_name": Keys(settings.namespace).webhook_jobs,
        "max_jobs": webhook_jobs.MAX_JOBS,
        "job_timeout": webhook_jobs.TIMEOUT,
    }


async def on_startup(ctx: Context) -> None:
    """Start relay, heartbeat and schedule."""
    ctx["crew"] = crew = StreamTasks(load())
    crew.start()


async def on_shutdown(ctx: Context) -> None:
    """Stop them, the relay last."""
    await ctx["crew"].stop()


def _worker_settings() -> type:
    settings = load()
    pool = connect(settings.jobs_url).connection_pool
    attributes = options(settings) | {
        "redis_pool": ArqRedis(pool, serialize, orjson.loads, Keys(settings.namespace).jobs),
        "on_startup": on_startup,
        "on_shutdown": on_shutdown,
    }
    if not settings.jobs_url.startswith("redis+sentinel:"):
        # Only `arq --check` connects with these; it knows nothing of the pool.
        attributes["redis_settings"] = RedisSettings.from_dsn(settings.jobs_url)
    return type("WorkerSettings", (), attributes)


def __getattr__(name: str) -> type:
    """Make ``WorkerSettings`` when arq asks for it: importing this module reads no settings."""
    if name == "WorkerSettings":
        return _worker_settings()
    raise AttributeError(name)


def run(only: Role | None = None) -> None:
    """Run the worker in this process until SIGTERM or SIGINT, with one role or both."""
    settings = load()
    logging.basicConfig(
        level=settings.log_level.upper(), format="%(levelname)s %(name)s: %(message)s"
    )
    if settings.log_level != "debug":
        for library in ("arq", "httpx"):
            logging.getLogger(library).setLevel(logging.WARNING)
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
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    crew = StreamTasks(settings) if only != "delivery" else None
    head = DeliveryTasks(settings) if only != "stream" else None
    queues: list[tuple[dict[str, Any], Context]] = []
    if head is not None:
        head.start()
        push = head.push.as_context()
        queues += [(push_options(settings, name), push) for name in head.push.context.senders]
        queues.append((webhook_options(settings), head.webhooks.as_context()))
    if crew is not None:
        crew.start()
        queues.append((options(settings), {"crew": crew}))
    jobs = [asyncio.create_task(_jobs(settings, *queue)) for queue in queues]
    log.info("working for newsroom %s: %s", settings.namespace, only or "stream and delivery")
    try:
        await stop.wait()
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)
        for task in jobs:
            task.cancel()
        await asyncio.wait(jobs)
        if head is not None:
            await head.stop()
        if crew is not None:
            await crew.stop()


async def _jobs(settings: Settings, chosen: dict[str, Any], ctx: Context) -> None:
    """Run arq, again and again: its main loop ends with the first error of the connection."""
    failures = 0
    while True:
        client = connect(settings.jobs_url)
        pool = ArqRedis(client.connection_pool, serialize, orjson.loads, chosen["queue_name"])
        worker = QuietWorker(**chosen, redis_pool=pool, ctx=dict(ctx), handle_signals=False)
        began = asyncio.get_running_loop().time()
        try:
            await worker.async_run()
        except Exception as error:  # noqa: BLE001 - whatever redis-py raised through arq
            if asyncio.get_running_loop().time() - began > 5.0:
                failures = 0
            if not failures:
                log.warning("the job queue is interrupted and goes on trying: %r", error)
            failures += 1
        finally:
            await worker.stop()
            await client.aclose()
        await asyncio.sleep(backoff(max(1, failures)))

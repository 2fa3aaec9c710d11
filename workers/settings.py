"""How the worker runs: ``ticker work`` calls ``run()``, ``arq workers.settings.WorkerSettings``
works as well.

The difference shows when Redis goes away. arq's main loop raises then and its process ends, to be
started again by whatever supervises it; ``run()`` stays, keeps its relay trying, and starts arq
again when Redis is back.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
from typing import Any

import orjson
from arq import ArqRedis
from arq.connections import RedisSettings

from ticker.config import Settings, load
from ticker.store.connect import connect
from ticker.store.keys import Keys
from workers.arq_worker import QuietWorker
from workers.crew import Crew
from workers.jobs import Context, cron_jobs, functions
from workers.steady import backoff

log = logging.getLogger(__name__)

MAX_JOBS = 10


def serialize(data: object) -> bytes:
    """Return a job or its result as JSON. What JSON does not know, an exception, becomes text."""
    return orjson.dumps(data, default=repr)


def options(settings: Settings) -> dict[str, Any]:
    """Return arq's options, all but its connection and the hooks."""
    return {
        "functions": functions(),
        "cron_jobs": cron_jobs(settings.namespace),
        "queue_name": Keys(settings.namespace).jobs,
        "max_jobs": MAX_JOBS,
        "job_timeout": 20,
        "keep_result": 60,
        "poll_delay": 0.5,
        "health_check_interval": 30,
        "log_results": False,
        "job_serializer": serialize,
        "job_deserializer": orjson.loads,
    }


async def on_startup(ctx: Context) -> None:
    """Start relay, heartbeat and schedule."""
    ctx["crew"] = crew = Crew(load())
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


def run() -> None:
    """Run the worker in this process until SIGTERM or SIGINT."""
    settings = load()
    logging.basicConfig(
        level=settings.log_level.upper(), format="%(levelname)s %(name)s: %(message)s"
    )
    if settings.log_level != "debug":
        for library in ("arq", "httpx"):
            logging.getLogger(library).setLevel(logging.WARNING)
    if sys.platform == "win32":
        asyncio.run(serve(settings))
        return
    import uvloop

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(settings))


async def serve(settings: Settings, stop: asyncio.Event | None = None) -> None:
    """Work until ``stop`` is set, or a signal sets it. Survives any absence of Redis."""
    stop = asyncio.Event() if stop is None else stop
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    crew = Crew(settings)
    crew.start()
    jobs = asyncio.create_task(_jobs(settings, crew))
    log.info("working for newsroom %s", settings.namespace)
    try:
        await stop.wait()
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)
        jobs.cancel()
        await asyncio.wait([jobs])
        await crew.stop()


async def _jobs(settings: Settings, crew: Crew) -> None:
    """Run arq, again and again: its main loop ends with the first error of the connection."""
    failures = 0
    while True:
        client = connect(settings.jobs_url)
        queue = Keys(settings.namespace).jobs
        worker = QuietWorker(
            **options(settings),
            redis_pool=ArqRedis(client.connection_pool, serialize, orjson.loads, queue),
            ctx={"crew": crew},
            handle_signals=False,
        )
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

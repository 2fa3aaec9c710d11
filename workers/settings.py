"""``WorkerSettings`` for arq's own command: ``arq workers.settings.WorkerSettings``.

It runs the stream role alone. Its process ends with the first error of the connection to Redis, to
be started again by its supervisor; ``ticker work`` (``workers.main``) stays.
"""

from __future__ import annotations

from contextlib import AsyncExitStack

import orjson
from arq import ArqRedis
from arq.connections import RedisSettings

from ticker.config import load
from ticker.storage.address import StoreAddress, job_store, read_password
from ticker.storage.connection import connect
from ticker.storage.keys import Keys
from ticker.telemetry import logs, traces
from workers.job_metrics import JobMetrics
from workers.job_serializer import serialize
from workers.jobs import Context
from workers.main import measured, options, worker_metrics
from workers.stream_tasks import StreamTasks

JOBS = JobMetrics()


async def on_startup(ctx: Context) -> None:
    """Start relay, heartbeat, schedule, WebSub and metrics."""
    settings = load()
    logs.configure(settings.log_level, settings.log_format, "stream")  # arq has set up its own
    traces.configure(settings.otlp_url, "stream")
    tasks = StreamTasks(settings)
    ctx.update(tasks.as_context())
    tasks.start()
    stack = ctx[AsyncExitStack] = AsyncExitStack()
    await stack.enter_async_context(worker_metrics(settings, "stream", [tasks], JOBS))


async def on_shutdown(ctx: Context) -> None:
    """Stop them, the relay last."""
    await StreamTasks.of(ctx).stop()
    await ctx[AsyncExitStack].aclose()


def _worker_settings() -> type:
    settings = load()
    address = job_store(settings)
    pool = connect(address).connection_pool
    attributes = measured(options(settings), JOBS) | {
        "redis_pool": ArqRedis(pool, serialize, orjson.loads, Keys(settings.namespace).jobs),
        "on_startup": on_startup,
        "on_shutdown": on_shutdown,
    }
    if not address.has_sentinel:
        # Only `arq --check` connects with these; it does not use the pool.
        attributes["redis_settings"] = _arq_settings(address)
    return type("WorkerSettings", (), attributes)


def _arq_settings(address: StoreAddress) -> RedisSettings:
    found = RedisSettings.from_dsn(address.url)
    if address.password_file is not None:
        found.password = read_password(address.password_file)
    for name, value in address.tls_options().items():
        setattr(found, name, value)
    return found


def __getattr__(name: str) -> type:
    """Return ``WorkerSettings``, made when arq asks: importing this module reads no settings."""
    if name == "WorkerSettings":
        return _worker_settings()
    raise AttributeError(name)

"""The process of the archive role: ``ticker work --only archive`` calls ``run()``.

It has no jobs, so it does without arq. Redis and the archive may go away at any time.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import sys

from ticker.config import Settings, load
from ticker.telemetry import logs
from ticker.telemetry.endpoint import serve_metrics
from ticker.telemetry.exposition import Exposition
from ticker.telemetry.loop_lag import LoopLag
from workers.archive import ArchiveTasks

log = logging.getLogger(__name__)


def run() -> None:
    """Copy the lane until SIGTERM or SIGINT."""
    settings = load()
    logs.configure(settings.log_level, settings.log_format, "archive")
    if sys.platform == "win32":
        asyncio.run(serve(settings))
        return
    import uvloop

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(settings))


async def serve(settings: Settings) -> None:
    """Copy the lane until a signal. Survives any absence of Redis and of the archive."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    tasks, loop_lag = ArchiveTasks(settings), LoopLag()
    metrics = Exposition("archive", [tasks, loop_lag])
    tasks.start()
    log.info("archiving newsroom %s", settings.namespace)
    try:
        async with loop_lag.run(), serve_metrics(settings.metrics_address, metrics):
            await stop.wait()
    finally:
        await tasks.stop()

"""arq's worker, whose jobs end in silence when Redis is away.

arq shields the end of a job, the noting of its result, from cancellation. Who is cancelled
meanwhile listens no longer, and what the shielded part raises then only asyncio's log hears: a
traceback for every running job. Silence loses nothing: a job whose end could not be noted is still
in the queue and is run again, and the main loop meets the same dead connection at its next look.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

from arq import Worker

from ticker.domain.errors import Unavailable
from ticker.storage.connection import translate

JOB_STOP = 5.0
"""Seconds that running jobs get to notice that they are cancelled."""


class QuietWorker(Worker):
    """Run it with ``async_run``, end it with ``stop``: arq's own ``close`` needs Redis."""

    async def finish_job(self, *args: Any, **options: Any) -> None:
        """Note how a job ended; do nothing if Redis is away."""
        with suppress(Unavailable), translate("the job queue"):
            await super().finish_job(*args, **options)

    async def finish_failed_job(self, *args: Any, **options: Any) -> None:
        """Note that a job failed; do nothing if Redis is away."""
        with suppress(Unavailable), translate("the job queue"):
            await super().finish_failed_job(*args, **options)

    async def stop(self) -> None:
        """Cancel the jobs of a worker whose main loop has ended; wait ``JOB_STOP`` at most."""
        tasks = [*self.tasks.values()]
        for task in tasks:
            task.cancel()
            task.add_done_callback(_heard)  # also if the wait below is cancelled, by a signal
        if self.main_task is not None:
            self.main_task.add_done_callback(_heard)
        if tasks:
            await asyncio.wait(tasks, timeout=JOB_STOP)


def _heard(task: asyncio.Task[Any]) -> None:
    """Take note of how it ended, so that asyncio does not log it as never retrieved."""
    if not task.cancelled():
        task.exception()

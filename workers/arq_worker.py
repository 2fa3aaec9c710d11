"""arq's worker, without a traceback for every running job when Redis goes away.

arq shields the end of a job, where it stores the result, from cancellation. If the job is cancelled
meanwhile, nobody awaits the shielded part any more, and asyncio logs what it raises. Ignoring that
loses nothing: a job whose end could not be stored is still in the queue and is run again, and the
main loop meets the same dead connection at its next poll.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

from arq import Worker

from ticker.domain.errors import Unavailable
from ticker.storage.connection import translate
from ticker.telemetry.retrieved import retrieve

JOB_STOP = 5.0
"""Seconds that running jobs get to notice that they are cancelled."""


class QuietWorker(Worker):
    """Run it with ``async_run`` and end it with ``stop``: arq's own ``close`` needs Redis."""

    async def finish_job(self, *args: Any, **options: Any) -> None:
        """Store how a job ended; do nothing if Redis is away."""
        with suppress(Unavailable), translate("the job queue"):
            await super().finish_job(*args, **options)

    async def finish_failed_job(self, *args: Any, **options: Any) -> None:
        """Store that a job failed; do nothing if Redis is away."""
        with suppress(Unavailable), translate("the job queue"):
            await super().finish_failed_job(*args, **options)

    async def stop(self) -> None:
        """Cancel the jobs of a worker whose main loop has ended; wait ``JOB_STOP`` at most."""
        tasks = [*self.tasks.values()]
        for task in tasks:
            task.cancel()
            task.add_done_callback(retrieve)  # also if the wait below is cancelled, by a signal
        if self.main_task is not None:
            self.main_task.add_done_callback(retrieve)
        if tasks:
            await asyncio.wait(tasks, timeout=JOB_STOP)

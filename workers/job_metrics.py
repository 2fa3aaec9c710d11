"""Results and durations of arq's jobs."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from functools import wraps
from time import perf_counter
from typing import Any, TypeVar

from arq import Retry
from arq.cron import CronJob
from arq.typing import WorkerCoroutine
from arq.worker import Function

from ticker.telemetry.families import Family, Histogram, counter, histogram

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""Upper bounds in seconds. A run of a push or webhook job lasts about five seconds at most."""

Job = TypeVar("Job", Function, CronJob)


class JobMetrics:
    """Results of the runs of jobs: ``done``, ``again`` (arq runs it once more), ``failed``."""

    def __init__(self) -> None:
        self.results: dict[tuple[str, str], int] = defaultdict(int)
        self._seconds: dict[str, Histogram] = {}

    def measured(self, jobs: Iterable[Job]) -> list[Job]:
        """Return ``jobs``, each of which counts its runs here."""
        return [replace(job, coroutine=self._measured(job.coroutine)) for job in jobs]

    def metrics(self) -> Iterable[Family]:
        """Return results and durations."""
        yield counter(
            "jobs_total",
            "Runs of jobs by result: done, again (it is run once more), failed.",
            self.results,
            "function",
            "result",
        )
        yield histogram(
            "job_duration_seconds", "Seconds that a run took.", self._seconds, "function"
        )

    def _measured(self, coroutine: WorkerCoroutine) -> WorkerCoroutine:
        name = getattr(coroutine, "__name__", "job")
        seconds = self._seconds.setdefault(name, Histogram(BUCKETS))

        @wraps(coroutine)
        async def run(*args: Any, **options: Any) -> Any:
            began, result = perf_counter(), "failed"
            try:
                found = await coroutine(*args, **options)
                result = "done"
                return found
            except (Retry, asyncio.CancelledError):
                result = "again"
                raise
            finally:
                self.results[name, result] += 1
                seconds.observe(perf_counter() - began)

        return run

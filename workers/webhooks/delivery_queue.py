"""Deliveries as arq jobs: one a wake-up of an endpoint, under an id that says which."""

from __future__ import annotations

from datetime import UTC, datetime

from arq import ArqRedis

from ticker.storage.connection import translate
from ticker.storage.keys import Keys

JOB = "webhook"


class Queue:
    """Enqueues. The same mark again while that job waits or runs changes nothing."""

    def __init__(self, arq: ArqRedis, keys: Keys) -> None:
        self._arq = arq
        self._keys = keys

    async def put(self, endpoint: str, mark: str, at_ms: int | None = None) -> None:
        """Have ``endpoint`` delivered to: now, or at ``at_ms``. Raises Unavailable."""
        with translate("the job queue"):
            await self._arq.enqueue_job(
                JOB,
                endpoint,
                _job_id=f"{self._keys.namespace}:webhook:{endpoint}:{mark}",
                _queue_name=self._keys.webhook_jobs,
                _defer_until=None if at_ms is None else _moment(at_ms),
            )


def _moment(ms: int) -> datetime:
    # arq counts in whole milliseconds, and a job that comes one too soon would go away again.
    return datetime.fromtimestamp((ms + 5) / 1000, UTC)

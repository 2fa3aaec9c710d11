"""The webhook delivery queue: one arq job for each wake-up of an endpoint."""

from __future__ import annotations

from datetime import UTC, datetime

from arq import ArqRedis

from ticker.storage.connection import translate
from ticker.storage.keys import Keys

JOB = "webhook"


class DeliveryQueue:
    """Enqueues deliveries. The same reason again, while that job waits or runs, changes nothing."""

    def __init__(self, arq: ArqRedis, keys: Keys) -> None:
        self._arq = arq
        self._keys = keys

    async def put(self, endpoint: str, reason: str, at_ms: int | None = None) -> None:
        """Enqueue a delivery to ``endpoint``, for now or for ``at_ms``.

        ``reason`` is part of the job's id. Raises Unavailable.
        """
        with translate("the job queue"):
            await self._arq.enqueue_job(
                JOB,
                endpoint,
                _job_id=f"{self._keys.namespace}:webhook:{endpoint}:{reason}",
                _queue_name=self._keys.webhook_jobs,
                _defer_until=None if at_ms is None else _moment(at_ms),
            )


def _moment(ms: int) -> datetime:
    # arq counts in whole milliseconds, and a job that starts one too early would end at once.
    return datetime.fromtimestamp((ms + 5) / 1000, UTC)

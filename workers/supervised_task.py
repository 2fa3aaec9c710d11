"""Tasks that are repeated forever, with bounded backoff and one log line per change of state."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Iterable, Sequence

from ticker.domain.backoff import delay
from ticker.domain.errors import Unavailable
from ticker.telemetry.families import Family, counter, gauge

log = logging.getLogger(__name__)

BACKOFF_MIN = 0.05
BACKOFF_MAX = 1.0
"""Seconds. A task is tried at least this often while Redis is away, and is late by no more."""


def task_metrics(tasks: Sequence[SupervisedTask]) -> Iterable[Family]:
    """Return the state of ``tasks``."""
    yield gauge(
        "task_failures",
        "Attempts in a row that failed; 0 while the task works.",
        {task.name: task.failures for task in tasks},
        "task",
    )
    yield counter(
        "task_losses_total",
        "Times that the task changed from working to failing.",
        {task.name: task.losses for task in tasks},
        "task",
    )


class SupervisedTask:
    """Runs ``step`` again and again; it returns the seconds to wait before the next time.

    ``lost`` is called after every failure, so that the step can forget what may no longer hold.
    """

    def __init__(
        self,
        name: str,
        step: Callable[[], Awaitable[float]],
        lost: Callable[[], None] = lambda: None,
    ) -> None:
        self.name = name
        self.failures = 0
        """Since the last success."""
        self.losses = 0
        """Times that it changed from working to failing."""
        self._step = step
        self._lost = lost

    async def run(self) -> None:
        """Run until cancelled."""
        while True:
            try:
                wait = await self._step()
            except Unavailable as error:
                self._failed(error.detail, None)
                wait = backoff(self.failures)
            except Exception as error:  # noqa: BLE001 - a bug must not end the task
                self._failed(repr(error), error)
                wait = backoff(self.failures)
            else:
                if self.failures:
                    log.info("%s: works again after %d attempts", self.name, self.failures)
                self.failures = 0
            await asyncio.sleep(wait)

    def _failed(self, why: str, error: Exception | None) -> None:
        if not self.failures:
            self.losses += 1
            log.warning("%s: interrupted, retrying: %s", self.name, why, exc_info=error)
        self.failures += 1
        self._lost()


def backoff(failures: int) -> float:
    """Return seconds to wait after so many failures: exponential, jittered, bounded."""
    return delay(failures, first=BACKOFF_MIN, last=BACKOFF_MAX, jitter=random.random(), floor=0.5)

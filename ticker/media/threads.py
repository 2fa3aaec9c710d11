"""Threads for the files of pictures: a disk or a bucket that hangs holds up nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

THREADS = 4


class Threads:
    """A few threads of their own; further work waits for one."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(max_workers=THREADS, thread_name_prefix="media")

    async def run(self, work: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
        """Return ``work(…)``, called in one of the threads."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._pool, partial(work, *arguments, **named))

    def close(self) -> None:
        """End the threads once their work is done; what waits is dropped."""
        self._pool.shutdown(wait=False, cancel_futures=True)

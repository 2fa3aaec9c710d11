"""Measure a failover with three sentinels: how long publishing and reading pause.

    python -m benchmarks.failover [stop|kill] [--runs N] [--durability replicated|fsync]

Starts a primary, two replicas and three sentinels with the configurations of deploy/redis, a
server, a worker, two publishers and three readers. Then the primary is paused (SIGSTOP: its
connections stay open) or killed (SIGKILL). Printed for each run, in seconds:

- decided: from the fault until the first sentinel names another primary
- publish: from the decision until the first acknowledged item
- readers: from the decision until a new item is with the last reader
- lost: acknowledged items that a reader never got
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.support.newsroom_process import NewsroomProcess, running
from tests.support.sentinels import SentinelGroup
from tests.support.waiting import wait_until
from ticker.client import Snapshot, Ticker

READERS = 3
BEFORE, AFTER = 2.0, 3.0
"""Seconds of publishing before the fault and after the decision."""


@dataclass
class Measurement:
    """One run, in seconds."""

    decided: float
    publish: float
    readers: float
    acknowledged: int
    lost: int


async def measure(how: str, durability: str) -> Measurement:
    """Run one failover."""
    group = SentinelGroup("redis")
    await asyncio.to_thread(group.start)
    try:
        with tempfile.TemporaryDirectory() as folder:
            async with running(group.url, Path(folder), durability=durability) as newsroom:
                return await _fail_over(group, newsroom, how)
    finally:
        group.stop()


async def _fail_over(group: SentinelGroup, newsroom: NewsroomProcess, how: str) -> Measurement:
    acknowledged: dict[str, float] = {}
    seen: list[dict[str, float]] = [{} for _ in range(READERS)]
    stopping = asyncio.Event()
    tasks = [asyncio.create_task(_read(newsroom.url, times)) for times in seen]
    tasks += [
        asyncio.create_task(_publish(newsroom, name, acknowledged, stopping)) for name in ("a", "b")
    ]
    await asyncio.sleep(BEFORE)
    old = group.primary
    began = time.monotonic()
    if how == "stop":
        old.freeze()
    else:
        old.kill()
    await wait_until(lambda: asyncio.to_thread(group.decided, old))
    decided = time.monotonic()
    await asyncio.sleep(AFTER)
    if how == "stop":
        old.thaw()
    await asyncio.sleep(AFTER)
    stopping.set()
    await asyncio.sleep(1.0)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    first = min((at for at in acknowledged.values() if at > decided), default=float("inf"))
    # An item that was shown before the fault may be acknowledged after it: its answer was lost.
    last_reader = max(
        min((at for at in times.values() if at > decided), default=float("inf")) for times in seen
    )
    lost = sum(any(id not in times for times in seen) for id in acknowledged)
    return Measurement(
        decided - began, first - decided, last_reader - decided, len(acknowledged), lost
    )


async def _publish(
    newsroom: NewsroomProcess, name: str, acknowledged: dict[str, float], stopping: asyncio.Event
) -> None:
    number = 0
    while not stopping.is_set():
        number += 1
        while not stopping.is_set():
            with contextlib.suppress(httpx.HTTPError):
                key = f"{name}-{number}"
                answer = await newsroom.publish(f"Ferry {key} is delayed", key=key)
                acknowledged[answer["item"]["id"]] = time.monotonic()
                break
            await asyncio.sleep(0.05)
        await asyncio.sleep(0.03)


async def _read(url: str, times: dict[str, float]) -> None:
    async with Ticker(url, backlog=200) as feed:
        async for event in feed:
            items = event.items if isinstance(event, Snapshot) else (event.item,)
            for item in items:
                times.setdefault(item.id, time.monotonic())


async def main() -> None:
    """Print a table of the runs."""
    parser = argparse.ArgumentParser()
    parser.add_argument("how", choices=("stop", "kill"), nargs="?", default="stop")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--durability", default="replicated")
    options = parser.parse_args()
    print(
        "| fault | decided | publish | readers | acknowledged | lost |\n|---|---|---|---|---|---|"
    )
    for _ in range(options.runs):
        one = await measure(options.how, options.durability)
        print(
            f"| {options.how} | {one.decided:.2f} | {one.publish:.2f} | {one.readers:.2f} "
            f"| {one.acknowledged} | {one.lost} |",
            flush=True,
        )


if __name__ == "__main__":
    asyncio.run(main())

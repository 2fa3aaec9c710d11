"""Measure how long a retraction takes until it is everywhere.

    python -m benchmarks.retract [--readers 10000] [--rounds 5]

A newsroom with a server and a worker, and readers on WebSockets in another process. Printed for
each retraction, in milliseconds from the editor's request:

- answer: the editor has it
- half, last: half of the readers have the retraction, and the last one
- receipt: the last write, as the gateway's receipt says
- clean: `GET /v1/items/{id}/receipts` calls every place of the newsroom clean. Proxies are left
  out: they may keep a feed for 20 seconds, and pages for two.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import statistics
import tempfile
import time
from collections.abc import Sequence
from multiprocessing.connection import Connection as Pipe
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from benchmarks import machine
from benchmarks.counting_load import CountingLoad, CountingReader
from benchmarks.frame_counters import ws_messages
from tests.support.newsroom_process import NewsroomProcess, running
from tests.support.redis_servers import RedisServer
from ticker.bench.parsers import request

PATIENCE = 30.0
LOOK_EVERY = 0.02
SETTLE = 2.0
"""Seconds between a publication and its retraction."""


class Times(NamedTuple):
    """Milliseconds from the request."""

    answer: float
    half: float
    last: float
    receipt: float
    clean: float


def retractions(data: bytes) -> tuple[int, int]:
    """Count the retractions among the whole frames in ``data``."""
    found, end = ws_messages(data)
    return sum(b'"action":"retract"' in one for one in found), end


def _load(pipe: Pipe, port: int, readers: int) -> None:
    """Connect, and send for each word through ``pipe`` when each reader had the retraction."""
    machine.prepare()
    times: list[float] = []

    def arrived(reader: CountingReader[int], count: int, now: float) -> None:
        times.extend([now] * count)

    load = CountingLoad(("127.0.0.1", port), retractions, arrived, stamped=True)
    asked = request("ws", f"127.0.0.1:{port}", "/v1/ws?edition=en&backlog=0")
    load.open([asked] * readers, timeout=60)
    pipe.send(None)
    while True:
        while not pipe.poll():
            load.pump(0.02)
        if not pipe.recv():
            return
        load.until(lambda: len(times) >= readers, PATIENCE)
        pipe.send((sorted(times), load.lost))
        times.clear()


async def retract(newsroom: NewsroomProcess, pipe: Pipe, number: int) -> Times:
    """Publish an item and retract it. Raises RuntimeError if a reader has lost it."""
    published = await newsroom.publish(f"Harbour bridge number {number} is closed", level="urgent")
    item = published["item"]["id"]
    await asyncio.sleep(SETTLE)
    pipe.send(number + 1)
    sent = time.time()
    await newsroom.act(item, "retract", reason="It is open")
    answered = time.time()
    found = await _clean(newsroom, item)
    clean = time.time()
    times, lost = await asyncio.to_thread(pipe.recv)
    if lost or not times:
        raise RuntimeError(f"{lost} readers were cut off, {len(times)} have the retraction")
    receipt = found["live"]["events"]["retract"]
    marks = (answered, times[len(times) // 2], times[-1])
    answer, half, last = ((at - sent) * 1000 for at in marks)
    return Times(answer, half, last, receipt["last_after"] * 1000, (clean - sent) * 1000)


async def _clean(newsroom: NewsroomProcess, item: str) -> Any:
    """Wait until every place but the proxies is clean; return the receipts."""
    headers = {"authorization": f"Bearer {newsroom.key}"}
    async with asyncio.timeout(PATIENCE):
        while True:
            found = (await newsroom.http.get(f"/v1/items/{item}/receipts", headers=headers)).json()
            places = (found["retraction"] or {"places": []})["places"]
            waits = [one for one in places if one["state"] != "clean"]
            screens = found["live"]["events"].get("retract")
            if places and screens and all(one["place"] == "proxies" for one in waits):
                return found
            await asyncio.sleep(LOOK_EVERY)


async def measure(readers: int, rounds: int) -> list[Times]:
    """Return the times of each round."""
    server = RedisServer("valkey")
    await asyncio.to_thread(server.start)
    context = multiprocessing.get_context("forkserver")
    ours, theirs = context.Pipe()
    try:
        with tempfile.TemporaryDirectory() as folder:
            async with running(server.url, Path(folder)) as newsroom:
                port = urlsplit(newsroom.url).port
                load = context.Process(target=_load, args=(theirs, port, readers), daemon=True)
                load.start()
                theirs.close()
                await asyncio.to_thread(ours.recv)
                found = [await retract(newsroom, ours, number) for number in range(rounds)]
                ours.send(0)
                return found
    finally:
        server.stop()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what ``arguments`` say; return the exit code."""
    parser = argparse.ArgumentParser(
        "python -m benchmarks.retract",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--readers", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=5)
    args = parser.parse_args(arguments)
    found = asyncio.run(measure(args.readers, args.rounds))
    print(machine.describe())
    print(f"{args.readers:,} readers; milliseconds")
    print("".join(f"{name:>9}" for name in Times._fields))
    for row in (*found, Times(*(statistics.median(column) for column in zip(*found, strict=True)))):
        print("".join(f"{value:>9.0f}" for value in row))
    print("The last row has the medians.")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

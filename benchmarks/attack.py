"""Measure the readers' delay under each attack of an attacker, against the idle value.

    python -m benchmarks.attack                    a newsroom of its own, every attack
    python -m benchmarks.attack pipelined silent   these alone
    python -m benchmarks.attack --seconds 10

A newsroom runs as it is shipped, with limits for every address. An editor publishes ten items a
second, and 20 healthy readers from an address of their own take the time from the request to the
item. Each attack is repeated while that is measured. The aim is a p99 of at most 1.5 × the idle
one.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import httpx
from websockets.asyncio.client import connect

from benchmarks.attacks import ALL
from benchmarks.peers.base import free_port

READERS = 20
RATE = 10.0
START = 60.0
STEP = 0.02


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value below which ``share`` of ``values`` are."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


async def measure(url: str, key: str, attack: str | None, seconds: float) -> list[float]:
    """Return the seconds from publish to reader of every item and reader."""
    sent: dict[str, float] = {}
    delays: list[float] = []
    port = url.rpartition(":")[2]

    async def read(ready: asyncio.Semaphore) -> None:
        address = url.replace("http", "ws", 1) + "/v1/ws?backlog=0"
        async with connect(address, compression=None, max_queue=None) as ws:
            await ws.recv()
            ready.release()
            async for text in ws:
                message = json.loads(text)
                if message["type"] == "item":
                    delays.append(time.perf_counter() - sent[message["item"]["headline"]])

    ready = asyncio.Semaphore(0)
    tasks = [asyncio.create_task(read(ready)) for _ in range(READERS)]
    for _ in tasks:
        await ready.acquire()
    attacker = None
    if attack is not None:  # in a process of its own: its work must not delay our readers
        command = [sys.executable, "-m", "benchmarks.attacks", attack, "127.0.0.1", port]
        attacker = await asyncio.create_subprocess_exec(*command)
    headers = {"authorization": f"Bearer {key}"}
    async with httpx.AsyncClient(base_url=url, headers=headers, timeout=30) as http:
        end = time.perf_counter() + seconds
        while time.perf_counter() < end:
            headline = f"Measured {time.perf_counter_ns()}"
            sent[headline] = time.perf_counter()
            answer = await http.post("/v1/items", json={"headline": headline, "edition": "en"})
            answer.raise_for_status()
            await asyncio.sleep(1 / RATE)
        for _ in range(int(10 / STEP)):
            if len(delays) == READERS * len(sent):
                break
            await asyncio.sleep(STEP)
    if attacker is not None:
        attacker.kill()
        await attacker.wait()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    if len(delays) < READERS * len(sent):
        print(f"  lost: {READERS * len(sent) - len(delays)} of {READERS * len(sent)}")
    return delays


@contextlib.asynccontextmanager
async def newsroom(folder: Path) -> AsyncIterator[tuple[str, str]]:
    """Run ``ticker up``; yield its URL and an editor key."""
    port = free_port()
    command = [sys.executable, "-m", "ticker", "up", "--data", str(folder), "--port", str(port)]
    environment = {**os.environ, "TICKER_UNLIMITED_NETWORKS": '["127.0.0.1/32"]'}
    process = await asyncio.create_subprocess_exec(
        *command,
        env=environment,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        async with httpx.AsyncClient() as http, asyncio.timeout(START):
            while True:
                with contextlib.suppress(httpx.TransportError):
                    if (await http.get(f"{url}/readyz")).status_code == 200:
                        break
                await asyncio.sleep(STEP)
        yield url, (folder / "key").read_text().strip()
    finally:
        process.terminate()
        await process.wait()


async def run(names: Sequence[str], seconds: float) -> None:
    """Measure idle, then each attack, and print a row for each."""
    with tempfile.TemporaryDirectory() as folder:
        async with newsroom(Path(folder)) as (url, key):
            await measure(url, key, None, 1.0)  # warm
            idle = await measure(url, key, None, seconds)
            base = percentile(idle, 0.99)
            print(row("idle", idle, base), flush=True)
            for name in names:
                delays = await measure(url, key, name, seconds)
                print(row(name, delays, base), flush=True)


def row(name: str, delays: Sequence[float], base: float) -> str:
    """Return a line of the result; ``base`` is the idle p99."""
    middle, high = percentile(delays, 0.5), percentile(delays, 0.99)
    times = f"p50 {middle * 1e3:7.1f} ms  p99 {high * 1e3:7.1f} ms"
    return f"{name:16} {times}  {high / base:5.1f} x idle"


def main() -> None:
    """Run what the command line says."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("attacks", nargs="*", choices=[*ALL, []], help="all, if none is named")
    parser.add_argument("--seconds", type=float, default=5.0, help="seconds of each measurement")
    options = parser.parse_args()
    asyncio.run(run(options.attacks or list(ALL), options.seconds))


if __name__ == "__main__":
    main()

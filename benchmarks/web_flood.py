"""Delay of a live reader while untrusted clients ask for pages that no cache has.

    ticker up --data DIR --port 8000 &
    python -m benchmarks.web_flood --url http://127.0.0.1:8000 --data DIR

Publishes one item a second and takes the time from before the POST is sent until its frame is
received on a WebSocket: first with nobody else there, then with ``--rate`` requests a second for
``/v1/feed.atom?limit=200``, each with a ``Host`` of its own, so that each is rendered. Prints p50,
p99 and the longest of both, and their ratio. The newsroom must let this machine send so many
requests, as it does by default for the loopback address.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import statistics
import time
from pathlib import Path
from urllib.parse import urlsplit

import uvloop

from benchmarks.latency import Editor

FILL = 200
"""Items that are published first: a feed of nothing costs nothing."""


class Flood:
    """Requests at a constant rate, each on a connection of its own."""

    def __init__(self, url: str, rate: float) -> None:
        self._place = urlsplit(url)
        self._rate = rate
        self._tasks: set[asyncio.Task[None]] = set()
        self.answered = 0
        self.refused = 0

    async def run(self) -> None:
        """Send until cancelled."""
        begun = time.monotonic()
        for number in itertools.count():
            await asyncio.sleep(max(0.0, begun + number / self._rate - time.monotonic()))
            task = asyncio.create_task(self._one(number))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _one(self, number: int) -> None:
        reader, writer = await asyncio.open_connection(self._place.hostname, self._place.port)
        writer.write(
            f"GET /v1/feed.atom?limit=200 HTTP/1.1\r\n"
            f"Host: h{number}.example\r\nConnection: close\r\n\r\n".encode()
        )
        answer = await reader.read(1 << 20)
        while await reader.read(1 << 20):
            pass
        writer.close()
        if answer.startswith(b"HTTP/1.1 200 "):
            self.answered += 1
        else:
            self.refused += 1


async def delays(editor: Editor, count: int, pause: float) -> list[float]:
    """Return the delays of ``count`` publishes in ms, sorted."""
    found = []
    for _ in range(count):
        published = await editor.publish()
        found.append((published.received - published.sent) * 1000)
        await asyncio.sleep(pause)
    return sorted(found)


def p99(found: list[float]) -> float:
    """Return the 99th percentile of sorted numbers."""
    return found[min(len(found) - 1, int(len(found) * 0.99))]


async def measure(url: str, key: str, rate: float, count: int, pause: float) -> None:
    """Measure and print."""
    editor = Editor(url, key)
    await editor.open()
    await delays(editor, FILL, 0.0)
    idle = await delays(editor, count, pause)
    flood = Flood(url, rate)
    running = asyncio.create_task(flood.run())
    await asyncio.sleep(1.0)
    attacked = await delays(editor, count, pause)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await editor.close()
    for name, found in (("idle", idle), ("attacked", attacked)):
        p50 = statistics.median(found)
        print(f"{name:>8}: p50 {p50:.2f} ms, p99 {p99(found):.2f} ms, longest {found[-1]:.2f} ms")
    print(f"  p99 attacked / idle: {p99(attacked) / p99(idle):.2f}")
    print(f"  requests answered: {flood.answered}, refused: {flood.refused}")


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description="Delay of a live reader under attack.")
    parser.add_argument("--url", required=True)
    parser.add_argument("--data", type=Path, required=True, help="data directory of ticker up")
    parser.add_argument("--rate", type=float, default=58.0, help="requests a second")
    parser.add_argument("--count", type=int, default=30, help="publishes in each part")
    parser.add_argument("--pause", type=float, default=1.0, help="seconds between two publishes")
    chosen = parser.parse_args()
    key = (chosen.data / "key").read_text().strip()
    uvloop.run(measure(chosen.url, key, chosen.rate, chosen.count, chosen.pause))


if __name__ == "__main__":
    main()

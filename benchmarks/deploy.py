"""Measure the pause of readers when a server is replaced.

    python -m benchmarks.deploy [reload|rolling|restart] [--readers N]

- reload: ``ticker serve`` gets SIGHUP, and replaces its gateway and its web process
- rolling: a second gateway is started on the same listening socket; then the first one is stopped
- restart: ``ticker serve`` is stopped and started again

Printed: the seconds from the end of each reader's connection to its next welcome, and how long the
stop took (of ``reload``: the whole replacement).
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from tests.support.newsroom_process import NewsroomProcess, running
from tests.support.redis_servers import RedisServer
from tests.support.waiting import wait_until
from ticker.client import Retry, Ticker

SETTLE = 5.0
"""Seconds for a server to start and for its readers to be connected for a while."""


class Reader:
    """One reader that measures its pauses."""

    def __init__(self, url: str, pauses: list[float]) -> None:
        self.welcomes = 0
        self._pauses = pauses
        self._lost = 0.0
        self._feed = Ticker(url, backlog=1, on_retry=self._retry, on_welcome=self._welcome)

    async def run(self) -> None:
        """Read until cancelled."""
        async with self._feed as feed:
            async for _ in feed:
                pass

    def _retry(self, retry: Retry) -> None:
        self._lost = self._lost or time.monotonic()

    def _welcome(self) -> None:
        self.welcomes += 1
        if self._lost:
            self._pauses.append(time.monotonic() - self._lost)
            self._lost = 0.0


async def measure(how: str, readers: int) -> tuple[float, Sequence[float]]:
    """Return the seconds that the stop took, and the readers' pauses."""
    server = RedisServer("valkey")
    await asyncio.to_thread(server.start)
    try:
        with tempfile.TemporaryDirectory() as folder:
            async with running(server.url, Path(folder), drain_time="5") as newsroom:
                if how == "reload":
                    return await _reload(newsroom, readers)
                if how == "restart":
                    return await _restart(newsroom, readers)
                return await _roll(server.url, Path(folder), readers)
    finally:
        server.stop()


async def _restart(newsroom: NewsroomProcess, readers: int) -> tuple[float, Sequence[float]]:
    async def replace() -> float:
        began = time.monotonic()
        await asyncio.to_thread(newsroom.kill, "serve", signal.SIGTERM)
        took = time.monotonic() - began
        newsroom.start("serve")
        return took

    return await _pauses(newsroom.url, readers, replace)


async def _reload(newsroom: NewsroomProcess, readers: int) -> tuple[float, Sequence[float]]:
    async def replace() -> float:
        began = time.monotonic()
        before = newsroom.children()
        os.kill(newsroom.pid("serve"), signal.SIGHUP)
        await wait_until(lambda: len(newsroom.children() - before) == 2 == len(newsroom.children()))
        return time.monotonic() - began

    return await _pauses(newsroom.url, readers, replace)


async def _roll(redis_url: str, folder: Path, readers: int) -> tuple[float, Sequence[float]]:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        started = [_gateway(redis_url, folder, sock)]

        async def replace() -> float:
            started.append(_gateway(redis_url, folder, sock))
            await asyncio.sleep(SETTLE)
            began = time.monotonic()
            started[0].terminate()
            await asyncio.to_thread(started[0].wait)
            return time.monotonic() - began

        try:
            await asyncio.sleep(SETTLE)
            return await _pauses(f"http://127.0.0.1:{sock.getsockname()[1]}", readers, replace)
        finally:
            for process in started:
                process.kill()
                process.wait()


def _gateway(redis_url: str, folder: Path, sock: socket.socket) -> subprocess.Popen[bytes]:
    environment = {
        **os.environ,
        "TICKER_REDIS_URL": redis_url,
        "TICKER_CONFIG": os.devnull,
    }
    fd = sock.fileno()
    return subprocess.Popen(
        [sys.executable, "-m", "ticker", "serve", "--role", "gateway", "--fd", str(fd)],
        env=environment,
        pass_fds=(fd,),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


async def _pauses(
    url: str, readers: int, replace: Callable[[], Awaitable[float]]
) -> tuple[float, Sequence[float]]:
    pauses: list[float] = []
    group = [Reader(url, pauses) for _ in range(readers)]
    tasks = [asyncio.create_task(reader.run()) for reader in group]
    await wait_until(lambda: all(reader.welcomes for reader in group))
    await asyncio.sleep(SETTLE)
    pauses.clear()
    took = await replace()
    await wait_until(lambda: len(pauses) >= readers)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return took, sorted(pauses)


async def main() -> None:
    """Print one row."""
    parser = argparse.ArgumentParser()
    parser.add_argument(
        "how", choices=("reload", "rolling", "restart"), nargs="?", default="rolling"
    )
    parser.add_argument("--readers", type=int, default=400)
    options = parser.parse_args()
    took, pauses = await measure(options.how, options.readers)
    p99 = pauses[int(len(pauses) * 0.99)]
    print("| deploy | readers | stop took | pause p50 | p99 | max |\n|---|---|---|---|---|---|")
    print(
        f"| {options.how} | {options.readers} | {took:.2f} | {statistics.median(pauses):.2f} "
        f"| {p99:.2f} | {pauses[-1]:.2f} |"
    )


if __name__ == "__main__":
    asyncio.run(main())

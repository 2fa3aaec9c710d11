"""Latency of HTTP publish → WebSocket client, and of each hop between them.

    ticker up --data DIR --port 8000 &
    python -m benchmarks.latency --url http://127.0.0.1:8000 --data DIR --redis-url unix://SOCKET

Publishes one item at a time, waits for it on a WebSocket, and takes the time from before the POST
is sent until the frame is received, both in this process. Prints p50, p99 and the longest.

With ``--redis-url`` (that of the server's own Redis; for ``ticker up`` it is
``unix://DIR/valkey/valkey.sock``) a second run measures the hops. Nothing in the product takes part
in that: two Redis connections of this process watch the commands.

    request   POST sent → commit script received by Redis (MONITOR's time): HTTP parsing,
              authorisation, validation, building the command, and the kernel in between
    commit    how long Redis ran the script (SLOWLOG): item, wire and lane
    durable   script ended → an XREAD of the lane by this process is answered: with ``appendfsync
              always`` the fsync, and Redis' replies
    deliver   that → frame received: the server's tail, hub and socket; its own XREAD is answered at
              the same time
    answer    frame received → 201 received; negative if the 201 came first

MONITOR and the second reader cost time themselves, so the hops add up to more than the first run
says; compare them with each other. One machine, one clock: Redis' time is this process's time.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import time
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import orjson
import uvloop
from websockets.asyncio.client import ClientConnection, connect

from ticker.storage.connection import Redis
from ticker.storage.connection import connect as connect_redis
from ticker.storage.keys import Keys
from ticker.storage.scripts import command

SETTLED = 8.0
"""Seconds of waiting before the first publish: a server that starts moves its memory to huge pages
after three (``ticker.runtime.settled_memory``), and the publishes of that moment wait for it."""
SLOWLOG_MAX = 512
"""Commands that are searched for the commit: workers send a hundred in one go at times."""
WARM_UP = 10
"""Publishes that are not counted: connections and scripts are warm after them."""


@dataclass(frozen=True, slots=True)
class Published:
    """Moments of one publish, in seconds of this machine's clock."""

    sent: float
    received: float
    answered: float


@dataclass(frozen=True, slots=True)
class Hops:
    """Milliseconds that one publish spent in each hop."""

    request: float
    commit: float
    durable: float
    deliver: float
    answer: float


class Editor:
    """A kept-open HTTP connection that publishes, and a WebSocket that shows it.

    The request is written by hand: what an HTTP library costs is not measured.
    """

    target = "/v1/ws?edition=en&backlog=0"
    """Where the WebSocket is; its first message says that it is open."""
    answer = b"HTTP/1.1 201 "

    def __init__(self, url: str, key: str) -> None:
        self._url = url
        self._place = urlsplit(url)
        self._key = key
        self._number = 0

    def request(self, number: int) -> bytes:
        """Return the request that publishes item ``number``."""
        headline = f"Ferry {number} leaves on time"
        body = orjson.dumps({"headline": headline, "edition": "en", "force": True})
        return (
            f"POST /v1/items HTTP/1.1\r\nHost: {self._place.netloc}\r\n"
            f"Authorization: Bearer {self._key}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        ).encode() + body

    async def open(self) -> None:
        """Connect both."""
        place = self._place
        self._reader, self._writer = await asyncio.open_connection(place.hostname, place.port)
        address = self._url.replace("http", "ws", 1) + self.target
        self._ws: ClientConnection = await connect(address, compression=None)
        await self._ws.recv()

    async def close(self) -> None:
        """Close both."""
        await self._ws.close()
        self._writer.close()

    async def publish(self) -> Published:
        """Publish one item and wait for its frame and for the answer."""
        self._number += 1
        request = self.request(self._number)
        answered = asyncio.create_task(self._answer())
        await asyncio.sleep(0)  # it reads from now on
        sent = time.time()
        self._writer.write(request)
        while b'"type":"item"' not in await self._ws.recv(decode=False):
            pass
        received = time.time()
        return Published(sent, received, await answered)

    async def _answer(self) -> float:
        answer = await self._reader.readuntil(b"\r\n\r\n")
        at = time.time()
        assert answer.startswith(self.answer), answer
        length = int(answer.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        await self._reader.readexactly(length)
        return at


class Watch:
    """The commands that Redis ran for each publish. Only for a server that nobody else uses."""

    def __init__(self, url: str, keys: Keys) -> None:
        self._redis: Redis = connect_redis(url, blocking=True)
        self._keys = keys
        self.commits: asyncio.Queue[float] = asyncio.Queue()
        self.in_lane: asyncio.Queue[float] = asyncio.Queue()
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Begin to watch."""
        await command(self._redis, "CONFIG", "SET", "slowlog-log-slower-than", 0)
        await command(self._redis, "CONFIG", "SET", "slowlog-max-len", SLOWLOG_MAX)
        self._tasks = [asyncio.create_task(self._monitor()), asyncio.create_task(self._tail())]
        await asyncio.sleep(0.2)

    async def stop(self) -> None:
        """Stop, and put the server's settings back."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await command(self._redis, "CONFIG", "SET", "slowlog-log-slower-than", 10_000)
        await self._redis.aclose()

    async def script_ms(self) -> float:
        """Return how long Redis ran the newest commit script."""
        for entry in await self._redis.slowlog_get(SLOWLOG_MAX):
            if self._is_commit(entry["command"].decode(errors="replace")):
                return float(entry["duration"]) / 1000
        raise AssertionError("no commit in the slow log")

    def _is_commit(self, text: str) -> bool:
        return "EVALSHA" in text.upper() and ":idem:" in text

    async def _monitor(self) -> None:
        async with self._redis.monitor() as monitor:
            async for seen in monitor.listen():
                if seen["client_type"] != "lua" and self._is_commit(seen["command"]):
                    self.commits.put_nowait(float(seen["time"]))

    async def _tail(self) -> None:
        position = "$"
        while True:
            reply: Any = await command(
                self._redis, "XREAD", "BLOCK", 5_000, "STREAMS", self._keys.live, position
            )
            if reply:
                now = time.time()
                for id, record in reply[0][1]:
                    position = id
                    if b"e" in record:
                        self.in_lane.put_nowait(now)


async def measure(editor: Editor, count: int, pause: float) -> list[float]:
    """Return milliseconds from POST to frame of ``count`` publishes, in order."""
    await editor.open()
    times: list[float] = []
    for number in range(count + WARM_UP):
        done = await editor.publish()
        if number >= WARM_UP:
            times.append((done.received - done.sent) * 1000)
        await asyncio.sleep(pause)
    await editor.close()
    return times


async def measure_hops(
    url: str, key: str, redis_url: str, namespace: str, count: int, pause: float
) -> list[Hops]:
    """Return the hops of ``count`` publishes, in order."""
    editor, watch = Editor(url, key), Watch(redis_url, Keys(namespace))
    await editor.open()
    await watch.start()
    found: list[Hops] = []
    for number in range(count + WARM_UP):
        done = await editor.publish()
        async with asyncio.timeout(5):
            began, in_lane = await watch.commits.get(), await watch.in_lane.get()
        script = await watch.script_ms()
        if number >= WARM_UP:
            found.append(
                Hops(
                    (began - done.sent) * 1000,
                    script,
                    (in_lane - began) * 1000 - script,
                    (done.received - in_lane) * 1000,
                    (done.answered - done.received) * 1000,
                )
            )
        await asyncio.sleep(pause)
    await watch.stop()
    await editor.close()
    return found


def show(name: str, times: list[float]) -> None:
    """Print one line of figures."""
    ordered = sorted(times)
    p50, p99 = statistics.median(ordered), ordered[max(0, int(len(ordered) * 0.99) - 1)]
    print(f"{name}: p50 {p50:.2f} ms, p99 {p99:.2f} ms, longest {ordered[-1]:.2f} ms")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--url", default="http://127.0.0.1:8000")
    parser.add_argument("--data", type=Path, default=Path(".ticker"))
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--pause", type=float, default=0.01)
    parser.add_argument("--redis-url", help="also measure the hops, with this Redis")
    parser.add_argument("--namespace", default="ticker")
    args = parser.parse_args()
    key = (args.data / "key").read_text().strip()
    time.sleep(SETTLED)
    times = uvloop.run(measure(Editor(args.url, key), args.count, args.pause))
    show(f"{len(times)} publishes", times)
    if args.redis_url:
        watched = measure_hops(
            args.url, key, args.redis_url, args.namespace, args.count // 2, args.pause
        )
        hops = uvloop.run(watched)
        for field in fields(Hops):
            show(f"  {field.name:8}", [getattr(one, field.name) for one in hops])


if __name__ == "__main__":
    main()

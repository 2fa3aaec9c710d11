"""A newsroom of real processes: one server, one worker, on a Redis that the test provides.

Processes may be killed and started again at any time; the port stays the same.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any, Literal

import httpx

from tests.support.answers import check_status
from tests.support.ports import free_port
from tests.support.ticker_up import PATIENCE
from ticker.client import ItemEvent, Snapshot, Ticker
from ticker.config import Settings
from ticker.storage.connection import connect
from ticker.storage.editor_keys import create
from ticker.storage.keys import Keys

Part = Literal["serve", "work"]
START_SECONDS = 90.0
STOP_SECONDS = 30.0


class NewsroomProcess:
    """Start it with ``running``. ``url`` and ``key`` are what an editor has."""

    def __init__(self, redis_url: str, folder: Path, **environment: str) -> None:
        self.redis_url = redis_url
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        metrics_port = free_port()
        self.metrics_url = f"http://127.0.0.1:{metrics_port}/metrics"
        """The server's metrics."""
        self.key = ""
        self._folder = folder
        settings_file = folder / "none.toml"
        settings_file.touch()
        self._environment = {
            **os.environ,
            **PATIENCE,
            "TICKER_REDIS_URL": redis_url,
            "TICKER_PORT": str(self.port),
            "TICKER_CONFIG": str(settings_file),
            "TICKER_LANE_HEARTBEAT": "0.5",
            "TICKER_DRAIN_TIME": "0.5",
            "PYTHONDEVMODE": "",
            **{f"TICKER_{name.upper()}": value for name, value in environment.items()},
        }
        self._metrics_port = str(metrics_port)
        self._parts: dict[str, subprocess.Popen[bytes]] = {}
        self.http = httpx.AsyncClient(base_url=self.url, timeout=30)

    def pid(self, name: str) -> int:
        """Return the process id of a running part."""
        return self._parts[name].pid

    def children(self) -> set[int]:
        """Return the process ids of the server's own processes that live."""
        pid = self.pid("serve")
        listed = Path(f"/proc/{pid}/task/{pid}/children").read_text()
        return set(map(int, listed.split()))

    def start(
        self,
        part: Part,
        name: str | None = None,
        arguments: Sequence[str] = (),
        nofile: str = "",
        **environment: str,
    ) -> None:
        """Start a server or a worker; ``name`` tells several of a kind apart.

        ``nofile`` is its limit of open files, if it is not this process's own.
        """
        limited = [] if not nofile else ["prlimit", f"--nofile={nofile}:{nofile}"]
        name = name or part
        if name == "serve":
            environment = {"TICKER_METRICS_PORT": self._metrics_port} | environment
        log = (self._folder / f"{name}.log").open("ab")
        with log:
            self._parts[name] = subprocess.Popen(
                [*limited, sys.executable, "-m", "ticker", part, *arguments],
                env=self._environment | environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
            )

    def kill(self, name: str, sig: signal.Signals = signal.SIGKILL) -> None:
        """Send ``sig`` to a part and wait until it is gone."""
        process = self._parts.pop(name)
        process.send_signal(sig)
        process.wait(STOP_SECONDS)

    def log(self, name: str) -> str:
        """Return what a part has said."""
        return (self._folder / f"{name}.log").read_text()

    async def ready(self) -> float:
        """Wait until events really travel; return how many seconds it took."""
        begun = time.monotonic()
        last = "nothing answers"
        while time.monotonic() - begun < START_SECONDS:
            with contextlib.suppress(httpx.TransportError):
                response = await self.http.get("/readyz")
                if response.status_code == 200:
                    return time.monotonic() - begun
                last = response.text
            await asyncio.sleep(0.05)
        logs = "\n".join(f"--- {path.name}\n{path.read_text()[-3000:]}" for path in self._logs())
        raise AssertionError(f"not ready after {START_SECONDS} s: {last}\n{logs}")

    def _logs(self) -> list[Path]:
        return sorted(self._folder.glob("*.log"))

    async def publish(self, headline: str, *, key: str | None = None, **fields: Any) -> Any:
        """Publish as an editor does; return the answer's JSON. Raises on a refusal."""
        headers = {"authorization": f"Bearer {self.key}"}
        if key is not None:
            headers["idempotency-key"] = key
        draft = {"headline": headline, "edition": "en", **fields}
        response = await self.http.post("/v1/items", json=draft, headers=headers)
        check_status(response)
        return response.json()

    async def act(self, id: str, act: str, **fields: Any) -> Any:
        """``retract``, ``pin``, ``approve`` or ``change`` an item, say; return the answer."""
        headers = {"authorization": f"Bearer {self.key}"}
        if act == "approve":
            shown = await self.http.get(f"/v1/items/{id}", headers=headers)
            headers["if-match"] = shown.headers["etag"]
        if act == "change":
            response = await self.http.patch(f"/v1/items/{id}", json=fields, headers=headers)
        else:
            path = f"/v1/items/{id}/{act}"
            response = await self.http.post(path, json=fields, headers=headers)
        check_status(response)
        return response.json()

    async def close(self) -> None:
        """Stop everything that still runs."""
        await self.http.aclose()
        for process in self._parts.values():
            process.terminate()
        for process in self._parts.values():
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@contextlib.asynccontextmanager
async def running(
    redis_url: str, folder: Path, /, *arguments: str, **environment: str
) -> AsyncIterator[NewsroomProcess]:
    """Run a server and a worker on ``redis_url``, with an editor's key; ready when it begins."""
    newsroom = NewsroomProcess(redis_url, folder, **environment)
    redis = connect(redis_url)
    newsroom.key, _ = await create(redis, Keys(Settings().namespace), "desk")
    await redis.aclose()
    newsroom.start("work")
    newsroom.start("serve", arguments=arguments)
    try:
        await newsroom.ready()
        yield newsroom
    finally:
        await newsroom.close()


async def prepared(newsroom: NewsroomProcess, items: int, nofile: str = "") -> None:
    """Start ``newsroom`` in this event loop, for tests in others, with so many live items.

    ``nofile`` is the limit of the server's open files.
    """
    redis = connect(newsroom.redis_url)
    newsroom.key, _ = await create(redis, Keys(Settings().namespace), "desk")
    await redis.aclose()
    newsroom.start("work")
    newsroom.start("serve", nofile=nofile)
    await newsroom.ready()
    for number in range(items):
        line = f"Before all that {number}"
        done = await newsroom.publish(line, summary="Ferry timetable. " * 20)
        if number == items - 1:
            await _reach_readers(newsroom.url, done["item"]["id"])
    await newsroom.http.aclose()


async def _reach_readers(url: str, id: str) -> None:
    """Wait until readers get an item: an editor may have the answer before the gateway has it."""
    async with asyncio.timeout(START_SECONDS), Ticker(url) as feed:
        async for event in feed:
            items = event.items if isinstance(event, Snapshot) else ()
            if isinstance(event, ItemEvent):
                items = (event.item,)
            if any(item.id == id for item in items):
                return

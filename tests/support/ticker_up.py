"""`ticker up` as a real process: what starts it, and what a test asks of it."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import httpx

from tests.support.answers import check_status
from tests.support.waiting import wait_until
from ticker.one_port.gateway_side import GRACE, WAIT
from ticker.runtime.data_directory import read_run

START_SECONDS = 90.0
"""A busy machine takes long; a defect shows at once, as the end of the process."""
PATIENCE = {"TICKER_DURABILITY_TIMEOUT": "20"}
"""Where others write to the same disk, a commit is synced later than the usual seconds allow."""


def up_command(data: Path, port: int = 0, *arguments: str) -> tuple[str, ...]:
    """Return the command that runs `ticker up` on ``data``; port 0 is a free one."""
    fixed = ("up", "--data", str(data), "--port", str(port))
    return (sys.executable, "-m", "ticker", *fixed, *arguments)


def up_environment(**settings: str) -> dict[str, str]:
    """Return the environment of this process without its own settings, and with ``settings``."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("TICKER_")}
    return own | PATIENCE | settings


class TickerUp:
    """A running `ticker up`. ``run`` is what its run.json said when it became ready."""

    def __init__(self, process: asyncio.subprocess.Process, data: Path) -> None:
        self.process = process
        self.data = data
        self.run: dict[str, Any] = {}

    @property
    def url(self) -> str:
        return str(self.run["url"])

    @property
    def pids(self) -> list[int]:
        now = read_run(self.data) or self.run
        return [pid for pid in now["children"].values() if pid is not None]

    def pid(self, child: str) -> int | None:
        """Return the process id of a child, or None while it is down."""
        found: int | None = (read_run(self.data) or self.run)["children"][child]
        return found

    async def ready(self) -> None:
        async with asyncio.timeout(START_SECONDS):
            while True:
                assert self.process.returncode is None, await self.output()
                run = read_run(self.data)
                if run and run["ready"] and run["pid"] == self.process.pid:
                    break
                await asyncio.sleep(0.02)
        self.run = run

    async def output(self) -> str:
        """Return what it wrote, when it has ended."""
        assert self.process.stdout is not None
        return (await self.process.stdout.read()).decode()

    async def stop(self, number: signal.Signals = signal.SIGINT) -> int:
        """Send the signal, wait for the end and return the exit code."""
        self.process.send_signal(number)
        return await asyncio.wait_for(self.process.wait(), 30)

    async def publish(self, headline: str) -> dict[str, Any]:
        """Publish, and wait until the web process has read it: a moment after the gateway."""
        key = (self.data / "key").read_text().strip()
        async with httpx.AsyncClient(base_url=self.url, timeout=20) as http:
            answer = await http.post(
                "/v1/items",
                json={"headline": headline, "edition": "en"},
                headers={"Authorization": f"Bearer {key}"},
            )
            check_status(answer)
            result: dict[str, Any] = answer.json()
            # Without ``all`` the gateway would answer.
            query = {"after": result["cursor"], "all": "false"}
            await wait_until(
                lambda: http.get("/v1/items", params=query),
                lambda found: found.is_success and found.json()["reason"] != "ahead",
            )
        return result

    async def publish_meanwhile(self, headline: str) -> dict[str, Any]:
        """Publish while the web process is restarted: the request waits for the new one.

        It is refused if that takes long, as on a busy machine, and is then made again.
        """
        begun = time.monotonic()
        try:
            return await self.publish(headline)
        except httpx.HTTPStatusError as error:
            if error.response.status_code != 503 or time.monotonic() - begun < WAIT - GRACE:
                raise
        async with httpx.AsyncClient(base_url=self.url) as http:
            await wait_until(lambda: http.get("/readyz"), lambda found: found.is_success)
        return await self.publish(headline)

    async def items(self, **query: str) -> dict[str, Any]:
        async with httpx.AsyncClient(base_url=self.url, timeout=20) as http:
            answer = await http.get("/v1/items", params=query)
        check_status(answer)
        result: dict[str, Any] = answer.json()
        return result


@asynccontextmanager
async def started(data: Path, *arguments: str, **environment: str) -> AsyncIterator[TickerUp]:
    """Start `ticker up` on a free port, in an empty directory; kill it at the end if need be."""
    with tempfile.TemporaryDirectory() as empty:
        process = await asyncio.create_subprocess_exec(
            *up_command(data, 0, *arguments),
            cwd=empty,
            env=up_environment(**environment),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        up = TickerUp(process, data)
        try:
            yield up
        finally:
            if process.returncode is None:
                with suppress(ProcessLookupError):
                    process.kill()
            await process.communicate()


@asynccontextmanager
async def running(data: Path, *arguments: str, **environment: str) -> AsyncIterator[TickerUp]:
    """``started``, and ready."""
    async with started(data, *arguments, **environment) as up:
        await up.ready()
        yield up


def is_running(pid: int) -> bool:
    """Return whether the process ``pid`` lives (a zombie does not)."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{pid}/stat")
    if not stat.parent.parent.joinpath("self").exists():
        return True  # no /proc (macOS)
    with suppress(FileNotFoundError, ProcessLookupError):  # it ends while it is read
        return stat.read_text().rpartition(")")[2].split()[0] != "Z"
    return False


async def gone(*pids: int) -> None:
    """Return when none of the processes lives; TimeoutError after 10 seconds."""
    await wait_until(lambda: not any(map(is_running, pids)))

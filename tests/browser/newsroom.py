"""A newsroom in its own processes, which can be killed and restarted with the same data."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import json
import re
import signal
import subprocess
from pathlib import Path
from typing import Any

import httpx

from tests.support.ports import free_port
from tests.support.ticker_up import up_command, up_environment
from tests.support.waiting import wait_until, wait_until_sync
from ticker.runtime.data_directory import read_run

START_SECONDS = 90
FEEDS_HERE = {"TICKER_OUTBOUND_PRIVATE_NETWORKS": '["127.0.0.0/8"]'}
"""The feeds of the wire desk are on this machine."""


class Newsroom:
    """`ticker up` with one data directory and one port."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None
        self._log = data.with_suffix(".log")

    @property
    def key(self) -> str:
        """Return the editor key that `ticker up` has made."""
        return (self.data / "key").read_text().strip()

    @property
    def metrics_url(self) -> str:
        """Return the address of the metrics of the running newsroom."""
        run = read_run(self.data)
        assert run is not None
        return str(run["metrics_url"])

    def start(self) -> None:
        command = up_command(self.data, self.port)
        environment = up_environment() | FEEDS_HERE
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, env=environment)
        wait_until_sync(self._ready, seconds=START_SECONDS)

    def _ready(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, self._log.read_text()
        try:
            return httpx.get(f"{self.url}/readyz", timeout=2).status_code == 200
        except httpx.TransportError:
            return False  # not listening yet

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(timeout=60)
            self._process = None

    def kill(self) -> None:
        """Kill all its processes. The kernel ends the children of a killed `ticker up`."""
        self.stop(signal.SIGKILL)

    def publish(self, headline: str, edition: str = "en", **draft: Any) -> dict[str, Any]:
        return self._send("POST", "", {"headline": headline, "edition": edition} | draft)

    def upload(self, picture: bytes, alt: str) -> str:
        """Store a JPEG picture, and return its id."""
        answer = httpx.post(
            f"{self.url}/v1/media",
            params={"alt": alt},
            content=picture,
            headers={"Authorization": f"Bearer {self.key}", "Content-Type": "image/jpeg"},
            timeout=30,
        )
        assert answer.is_success, answer.text
        return str(answer.json()["id"])

    def change(self, item: dict[str, Any], **fields: Any) -> dict[str, Any]:
        return self._send("PATCH", f"/{item['id']}", fields)

    def retract(self, item: dict[str, Any], reason: str = "not true") -> dict[str, Any]:
        return self._send("POST", f"/{item['id']}/retract", {"reason": reason})

    def expire(self, item: dict[str, Any]) -> dict[str, Any]:
        return self._send("POST", f"/{item['id']}/expire", {})

    def pin(self, item: dict[str, Any]) -> dict[str, Any]:
        return self._send("POST", f"/{item['id']}/pin", {})

    def get(self, path: str, text: str = "", status: int = 200) -> str:
        """Return the response body of ``path`` once it has this status and contains ``text``.

        An item that is published is in the lane; each process reads it from there a moment later.
        """
        return wait_until_sync(
            lambda: httpx.get(f"{self.url}{path}", timeout=20),
            lambda found: found.status_code == status and text in found.text,
        ).text

    def connections(self) -> int:
        """Return the number of live connections of the gateway."""
        text = httpx.get(self.metrics_url, timeout=20).text
        found = re.findall(r"^ticker_connections\{.*\} (\d+)", text, re.MULTILINE)
        return sum(int(float(number)) for number in found)

    async def have_connections(self, count: int) -> None:
        """Wait until the gateway has ``count`` connections.

        With 0 at the begin of a test, the pages of the test before have been closed.
        """
        await wait_until(lambda: asyncio.to_thread(self.connections), lambda found: found == count)

    def _send(self, method: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Make a change. When it returns, every page that is opened has the change.

        The web process reads the lane a moment after the gateway; asked for what comes after the
        change, it reads first.
        """
        server = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        with contextlib.closing(server):
            headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
            server.request(method, f"/v1/items{path}", json.dumps(body), headers)
            answer = server.getresponse()
            told = json.loads(answer.read())
            assert answer.status < 300, told

            def read() -> bool:
                # Without ``all`` the gateway would answer.
                server.request("GET", f"/v1/items?after={told['cursor']}&all=false")
                answer = server.getresponse()
                page = json.loads(answer.read())
                return answer.status == 200 and page["reason"] != "ahead"

            if told["cursor"] is not None:
                wait_until_sync(read)
        item: dict[str, Any] = told["item"]
        return item

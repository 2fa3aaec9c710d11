"""Ticker: ``ticker serve`` as it is shipped, on a Valkey whose lane is written to directly."""

from __future__ import annotations

import json
import os
import sys
import time
import urllib.error
import urllib.request
from typing import Any, ClassVar
from urllib.parse import urlencode

import ticker
from benchmarks.payload import TAG
from benchmarks.peers.base import HOST, START, Peer, Transport, free_port
from benchmarks.valkey import Valkey
from ticker.domain.event import heartbeat_record
from ticker.storage.keys import Keys

READY = 20
"""Answers in a row for each gateway but the first: any of them may answer."""


class Ticker(Peer):
    """A server with one gateway, or with ``gateways`` of them.

    ``settings`` are TICKER_* variables in lower case, without the prefix.
    """

    name = "ticker"
    title = "ticker"
    transports: ClassVar[tuple[Transport, ...]] = ("ws", "sse")

    def __init__(
        self, transport: Transport = "ws", gateways: int = 1, **settings: str | int | float
    ) -> None:
        super().__init__(transport)
        self.processes = gateways
        self.valkey: Valkey
        self._settings = {"log_level": "warning", "drain_time": 0, **settings}
        self._keys = Keys("ticker")

    @classmethod
    def version(cls) -> str:
        return ticker.__version__

    def start(self) -> None:
        self.valkey = Valkey()
        environment = {f"TICKER_{n.upper()}": str(v) for n, v in self._settings.items()}
        command = [sys.executable, "-m", "ticker", "serve", "--port", str(self.port)]
        if self.processes > 1:
            command += ["--workers", str(self.processes)]
        address = {"TICKER_REDIS_URL": self.valkey.url, "TICKER_CONFIG": os.devnull}
        self._metrics_port = free_port()
        metrics = {"TICKER_METRICS_PORT": str(self._metrics_port)}
        self.spawn(command, **environment, **address, **metrics)
        end = time.monotonic() + START
        answers = 0
        while True:  # it listens before it has read the lane
            try:
                self.get("/v1/items?limit=1")
                answers += 1
                if answers > READY * (self.processes - 1):
                    return
            except (urllib.error.URLError, OSError) as error:
                if time.monotonic() > end:
                    raise RuntimeError(f"ticker is not ready: {error}\n{self.log}") from error
                answers = 0
                time.sleep(0.05)

    def get(self, target: str) -> Any:
        """Return the JSON that the server answers. Raises URLError."""
        url = f"http://{HOST}:{self.port}{target}"
        with urllib.request.urlopen(url, timeout=5) as answer:
            return json.loads(answer.read())

    def cursor(self) -> str:
        """Return where the lane stands."""
        return str(self.get("/v1/items?limit=1")["cursor"])

    def metric(self, name: str) -> float:
        """Return one figure of the gateway's metrics: a name, with its labels if it has any.

        Raises LookupError.
        """
        family, _, labels = name.partition("{")
        sample = f'ticker_{family}{{process="gateway"' + (f",{labels}" if labels else "}")
        url = f"http://{HOST}:{self._metrics_port}/metrics"
        with urllib.request.urlopen(url, timeout=5) as answer:
            for line in answer.read().decode().splitlines():
                if line.startswith(f"{sample} "):
                    return float(line.rpartition(" ")[2])
        raise LookupError(name)

    def settle(self, events: int) -> None:
        """Wait until the gateway has taken in ``events`` events since it started."""
        end = time.monotonic() + START
        while self.metric("events_total") < events:
            if time.monotonic() > end:
                raise RuntimeError(f"ticker has not taken in {events} events\n{self.log}")
            time.sleep(0.05)

    def publish(self, count: int = 1) -> None:
        commands: list[tuple[bytes | str | int, ...]] = []
        for _ in range(count):
            id = self.events.next()
            commands.append(("XADD", self._keys.live, str(id), b"e", self.events.record(id)))
        self.valkey.send(commands)

    def beat(self) -> None:
        """Send the newsroom's heartbeat, as a worker does every three seconds."""
        id = self.events.next()
        entry = heartbeat_record(time.time_ns() // 1_000_000)
        self.valkey.send([("XADD", self._keys.live, str(id), b"h", entry[b"h"])])

    def target(self, *tags: str, after: str | None = None) -> str:
        """Return what a reader asks for; it sees every event also with other ``tags``."""
        query = {"tag": ",".join((TAG, *tags)), "backlog": "0"}
        if after is not None:
            query["after"] = after
        return f"/v1/{'ws' if self.transport == 'ws' else 'events'}?{urlencode(query)}"

    def stop(self) -> None:
        super().stop()
        if hasattr(self, "valkey"):
            self.valkey.stop()

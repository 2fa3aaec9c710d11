"""Latency of HTTP publish → WebSocket client in Centrifugo, as ``benchmarks.latency`` measures it.

    python -m benchmarks.latency_centrifugo --count 300

It runs with its Redis engine, history and recovery, on a Valkey of the configuration that ``ticker
up`` has: each publish is on the disk before it is answered. Run it in turn with
``benchmarks.latency``, and compare the two: times of different hours say little. A message is the
390 bytes of the other benchmarks.
"""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import tempfile
import time
from pathlib import Path

import uvloop

from benchmarks.latency import SETTLED, Editor, measure, show
from benchmarks.payload import Events
from benchmarks.peers.base import HOST, Missing
from benchmarks.peers.centrifugo import Centrifugo, config, publish_request, subscribe_target
from ticker.runtime.die_with_parent import die_with_parent
from ticker.runtime.embedded_store import prepare, wait_ready


class CentrifugoEditor(Editor):
    """Publishes over Centrifugo's HTTP interface."""

    target = subscribe_target()
    answer = b"HTTP/1.1 200 "

    def __init__(self, url: str) -> None:
        super().__init__(url, key="")
        self._events = Events()

    def request(self, number: int) -> bytes:
        """Return the request that publishes one more item."""
        return publish_request(self._events.message(self._events.next()))


class Server(Centrifugo):
    """Centrifugo on a Redis."""

    def __init__(self, redis_url: str) -> None:
        super().__init__()
        self._redis_url = redis_url

    def start(self) -> None:
        """Start it, on any core."""
        path = Path(self.directory.name, "config.json")
        path.write_bytes(
            config(self.port, {"type": "redis", "redis": {"address": self._redis_url}})
        )
        self._process = subprocess.Popen(
            ["centrifugo", "-c", str(path)], preexec_fn=die_with_parent()
        )
        self._publisher = self.wait_for(self.port)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--pause", type=float, default=0.01)
    args = parser.parse_args()
    try:
        Centrifugo.check()
    except Missing as error:
        raise SystemExit(str(error)) from None
    with tempfile.TemporaryDirectory(prefix="bench-latency-", dir="/tmp") as directory:
        valkey = prepare(Path(directory))
        store = subprocess.Popen(valkey.command, preexec_fn=die_with_parent())
        server = Server(valkey.url)
        try:
            asyncio.run(wait_ready(valkey, lambda: store.poll() is None))
            server.start()
            time.sleep(SETTLED)
            editor = CentrifugoEditor(f"http://{HOST}:{server.port}")
            show(f"{args.count} publishes", uvloop.run(measure(editor, args.count, args.pause)))
        finally:
            server.stop()
            store.kill()
            store.wait()


if __name__ == "__main__":
    main()

"""Centrifugo: one process with its memory engine, history and recovery, published to over HTTP."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import quote

import httpx
import orjson

from benchmarks import machine
from benchmarks.peers.base import HOST, HttpPeer, Missing, Transport

CHANNEL = "lane"
KEY = "bench"


def config(port: int, engine: dict[str, Any] | None = None) -> bytes:
    """Return the configuration of a server that anybody may read; without ``engine`` in memory."""
    return orjson.dumps(
        {
            "http_server": {"address": HOST, "port": str(port)},
            "http_api": {"key": KEY},
            "uni_websocket": {"enabled": True},
            "client": {"allow_anonymous_connect_without_token": True, "allowed_origins": ["*"]},
            "channel": {
                "without_namespace": {
                    "history_size": 10_000,
                    "history_ttl": "1h",
                    "allow_subscribe_for_client": True,
                    "allow_subscribe_for_anonymous": True,
                    "force_recovery": True,
                }
            },
            "engine": engine or {"type": "memory"},
            "log": {"level": "error"},
        }
    )


def publish_request(data: bytes) -> bytes:
    """Return the request that publishes ``data``, which is JSON."""
    body = b'{"channel":"%b","data":%b}' % (CHANNEL.encode(), data)
    return (
        b"POST /api/publish HTTP/1.1\r\nHost: bench\r\nX-API-Key: %b\r\n"
        b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%b"
        % (KEY.encode(), len(body), body)
    )


def subscribe_target(**position: object) -> str:
    """Return where a reader connects that only reads; ``position`` is where it goes on."""
    subscription = {"recover": True, **position} if position else {}
    connect = orjson.dumps({"subs": {CHANNEL: subscription}}).decode()
    return f"/connection/uni_websocket?cf_connect={quote(connect)}"


class Centrifugo(HttpPeer):
    """The server in Go of the same name."""

    name = "centrifugo"
    title = "Centrifugo"
    transports: ClassVar[tuple[Transport, ...]] = ("ws",)

    @classmethod
    def check(cls) -> None:
        if shutil.which("centrifugo") is None:
            raise Missing(
                "centrifugo is not in the PATH (github.com/centrifugal/centrifugo/releases)"
            )

    @classmethod
    def version(cls) -> str:
        found = machine.output("centrifugo", "version") or "unknown"
        return found.strip().removeprefix("Centrifugo ")

    def start(self) -> None:
        path = Path(self.directory.name, "config.json")
        path.write_bytes(config(self.port))
        self.spawn(["centrifugo", "-c", str(path)])
        self._publisher = self.wait_for(self.port)

    def request(self, message: bytes) -> bytes:
        """Return the request that publishes ``message``."""
        return publish_request(message)

    def target(self, *, after: int | None = None) -> str:
        """Return where readers connect; with ``after`` they first get what came after it."""
        if after is None:
            return subscribe_target()
        return subscribe_target(offset=after, epoch=self._history()["epoch"])

    def top(self) -> int:
        """Return the newest message's offset."""
        return int(self._history()["offset"])

    def _history(self) -> dict[str, Any]:
        answer = httpx.post(
            f"http://{HOST}:{self.port}/api/history",
            headers={"X-API-Key": KEY},
            json={"channel": CHANNEL, "limit": 0},
        )
        found: dict[str, Any] = answer.raise_for_status().json()["result"]
        return found

"""A gateway and a web process that share a port, both in this process, with real sockets."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import uvicorn

from tests.gateway.gateway_server import START_SECONDS, GatewayServer, gateway_server
from tests.support.clock import FakeClock
from tests.support.waiting import wait_until
from ticker.config import Settings
from ticker.gateway.app_state import AppState, SharedPort
from ticker.gateway.gateway import Gateway
from ticker.one_port.web_side import listening_socket
from ticker.server.web_protocols import NoWebSocket, WebHttpProtocol
from ticker.server.web_server import WebServer


class Web:
    """A web process whose application answers with method, path, client and body."""

    def __init__(self, folder: Path) -> None:
        self.path = str(folder / "web")
        self.clock = FakeClock()
        self.read_model = Gateway(Settings(), None, self.clock)  # type: ignore[arg-type]  # no tail
        self.answering = asyncio.Event()
        self.answering.set()
        """Cleared, it holds the responses back."""
        self.asked: list[str] = []
        self._listening = listening_socket(self.path)
        self.server: WebServer | None = None
        self._running: asyncio.Task[None] | None = None

    async def start(self) -> None:
        server = self.server = WebServer(self._configure, self._listening)
        server.capture_signals = contextlib.nullcontext  # type: ignore[method-assign,assignment]
        self._running = asyncio.create_task(server.serve(sockets=[]))
        await wait_until(lambda: server.started, seconds=START_SECONDS)

    async def stop(self) -> None:
        if self.server is not None and self._running is not None:
            self.server.should_exit = True
            await self._running
            self.server = None

    async def close(self) -> None:
        await self.stop()
        self._listening.close()

    def _configure(self, shared_port: SharedPort | None) -> uvicorn.Config:
        async def app(scope: Any, receive: Any, send: Any) -> None:
            if scope["type"] == "lifespan":
                await receive()
                scope["state"] |= AppState(gateway=self.read_model, shared_port=shared_port)
                await send({"type": "lifespan.startup.complete"})
                await receive()
                await send({"type": "lifespan.shutdown.complete"})
                return
            body = b""
            while (message := await receive()).get("more_body"):
                body += message["body"]
            body += message.get("body", b"")
            self.asked.append(f"{scope['method']} {scope['path']}")
            await self.answering.wait()
            client = "" if scope["client"] is None else scope["client"][0]
            text = f"web {scope['method']} {scope['path']} {client} ".encode() + body
            length = (b"content-length", b"%d" % len(text))
            await send({"type": "http.response.start", "status": 200, "headers": [length]})
            await send({"type": "http.response.body", "body": text})

        return uvicorn.Config(
            app,
            http=WebHttpProtocol,
            ws=NoWebSocket,
            lifespan="on",
            log_level="warning",
            proxy_headers=False,
            timeout_graceful_shutdown=5,
        )


@contextlib.asynccontextmanager
async def one_port(folder: Path, **settings: Any) -> AsyncIterator[tuple[GatewayServer, Web]]:
    """Run both; the web process takes connections when it begins."""
    web = Web(folder)
    try:
        async with gateway_server(web_path=web.path, **settings) as gateway:
            await web.start()
            await connected(gateway)
            yield gateway, web
    finally:
        await web.close()


async def connected(gateway: GatewayServer) -> None:
    """Wait until the gateway hands connections over."""
    await wait_until(lambda: gateway.web is not None and gateway.web.ready)

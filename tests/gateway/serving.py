"""The gateway's protocol classes on a real uvicorn and real sockets; the test feeds the hub."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import uvicorn

from tests.support.in_memory import EPOCH, InMemoryNewsroom
from tests.support.waiting import wait_until
from ticker.config import Settings
from ticker.gateway.connection_router import ConnectionRouter
from ticker.gateway.gateway import Gateway
from ticker.gateway.websocket import WebSocketProtocol
from ticker.stream.replay import Lane

START_SECONDS = 10.0


class Raw:
    """A plain TCP connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    def send(self, *data: bytes) -> Raw:
        self._writer.write(b"".join(data))
        return self

    async def until(self, mark: bytes) -> bytes:
        return await asyncio.wait_for(self._reader.readuntil(mark), 5)

    async def rest(self) -> bytes:
        return await asyncio.wait_for(self._reader.read(), 8)

    async def event(self) -> dict[str, str]:
        """Return the fields of the next server-sent event that is no heartbeat."""
        while True:
            block = (await self.until(b"\n\n")).decode().strip()
            fields = dict(line.split(": ", 1) for line in block.split("\n"))
            if fields.get("event") != "heartbeat":
                return fields


class Serving:
    """A running gateway: ``port`` to connect to, ``hub`` to feed, ``news`` to make events."""

    def __init__(self, gateway: Gateway, server: uvicorn.Server, port: int) -> None:
        self.gateway = gateway
        self.hub = gateway.hub
        self.news = InMemoryNewsroom()
        self.server = server
        self.port = port

    @property
    def listening(self) -> Any:
        """The listening socket; what is set on it holds for connections to come."""
        listening = self.server.servers[0].sockets[0]
        return getattr(listening, "_sock", listening)

    def url(self, query: str = "", path: str = "/v1/ws") -> str:
        return f"ws://127.0.0.1:{self.port}{path}?{query}"

    @contextlib.asynccontextmanager
    async def raw(self, *data: bytes) -> AsyncIterator[Raw]:
        """Open a plain connection and send ``data``."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            yield Raw(reader, writer).send(*data)
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()


@contextlib.asynccontextmanager
async def serving(**settings: Any) -> AsyncIterator[Serving]:
    """Serve until the block ends. The tail does not run: nothing here needs a store."""
    chosen = Settings(**({"drain_time": 0.2} | settings))
    gateway = Gateway(chosen, None)  # type: ignore[arg-type]  # only the tail would use it
    gateway.hub.lane = Lane(chosen.replay_window, EPOCH)
    gateway.tail.loaded = True

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await receive()
            scope["state"]["gateway"] = gateway
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await send({"type": "lifespan.shutdown.complete"})
            return
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"hello"})

    config = uvicorn.Config(
        app,
        http=ConnectionRouter,
        ws=WebSocketProtocol,
        host="127.0.0.1",
        port=0,
        lifespan="on",
        log_level="warning",
        timeout_graceful_shutdown=5,
    )
    server = uvicorn.Server(config)
    server.capture_signals = contextlib.nullcontext  # type: ignore[method-assign,assignment]
    running = asyncio.create_task(server.serve())
    ticking = asyncio.create_task(gateway._tick())
    try:
        await wait_until(lambda: server.started, seconds=START_SECONDS)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield Serving(gateway, server, port)
    finally:
        server.should_exit = True
        await running
        ticking.cancel()
        await asyncio.gather(ticking, return_exceptions=True)

"""A gateway on a real uvicorn and real sockets; the test feeds the hub."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from typing import Any

import uvicorn

import tests.support.quick_uvicorn  # noqa: F401 - for its effect
from tests.support.clock import FakeClock
from tests.support.in_memory import EPOCH, InMemoryNewsroom
from tests.support.waiting import wait_until
from ticker.config import Settings
from ticker.gateway.app_state import AppState, SharedPort
from ticker.gateway.connection_router import ConnectionRouter
from ticker.gateway.gateway import Gateway
from ticker.gateway.http_protocol import HttpProtocol
from ticker.gateway.websocket import WebSocketProtocol
from ticker.one_port.gateway_side import WebProcess
from ticker.one_port.request_owner import Owner
from ticker.stream.replay import Lane

START_SECONDS = 30.0


class RawConnection:
    """A plain TCP connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    def send(self, *data: bytes) -> RawConnection:
        self._writer.write(b"".join(data))
        return self

    def end(self) -> RawConnection:
        """Shut the writing side down, as ``nc -N`` does."""
        self._writer.write_eof()
        return self

    async def read_until(self, mark: bytes) -> bytes:
        return await asyncio.wait_for(self._reader.readuntil(mark), 30)

    async def rest(self) -> bytes:
        return await asyncio.wait_for(self._reader.read(), 30)

    async def event(self) -> dict[str, str]:
        """Return the fields of the next server-sent event that is not a heartbeat."""
        while True:
            block = (await self.read_until(b"\n\n")).decode().strip()
            fields = dict(line.split(": ", 1) for line in block.split("\n"))
            if fields.get("event") != "heartbeat":
                return fields


class GatewayServer:
    """A running gateway: ``port`` to connect to, ``hub`` to feed, ``news`` to make events."""

    def __init__(
        self,
        gateway: Gateway,
        server: uvicorn.Server,
        port: int,
        clock: FakeClock,
        web: WebProcess | None = None,
        asked: Sequence[Any] = (),
    ) -> None:
        self.web = web
        self.asked = asked
        """The scope of each request that the application has got."""
        self.gateway = gateway
        self.hub = gateway.hub
        self.news = InMemoryNewsroom()
        self.server = server
        self.port = port
        self.clock = clock

    @property
    def http(self) -> list[HttpProtocol]:
        """The connections that the HTTP parser serves."""
        connections = self.server.server_state.connections
        return [one for one in connections if isinstance(one, HttpProtocol)]

    @property
    def partial(self) -> bool:
        """Tell whether a part of a request has arrived."""
        connections = self.server.server_state.connections
        return bool(self.http) or any(
            isinstance(one, ConnectionRouter) and one.received for one in connections
        )

    @property
    def listening(self) -> Any:
        """The listening socket; later connections inherit its options."""
        listening = self.server.servers[0].sockets[0]
        return getattr(listening, "_sock", listening)

    def url(self, query: str = "", path: str = "/v1/ws") -> str:
        return f"ws://127.0.0.1:{self.port}{path}?{query}"

    @contextlib.asynccontextmanager
    async def raw(self, *data: bytes) -> AsyncIterator[RawConnection]:
        """Open a plain connection and send ``data``."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            yield RawConnection(reader, writer).send(*data)
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()


@contextlib.asynccontextmanager
async def gateway_server(
    web_path: str | None = None,
    http: Any = ConnectionRouter,
    ws: Any = WebSocketProtocol,
    reads: bool = False,
    **settings: Any,
) -> AsyncIterator[GatewayServer]:
    """Serve until the block ends, on a fake clock. The tail does not run: it needs a store.

    ``http`` and ``ws`` are uvicorn's protocol classes. With ``reads`` the application reads a
    request's body before it answers.

    ``web_path`` is where a web process listens that shares the port.
    """
    clock = FakeClock()
    chosen = Settings(**({"drain_time": 0.2} | settings))
    gateway = Gateway(chosen, None, clock)  # type: ignore[arg-type]  # used by the tail only
    gateway.hub.lane = Lane(chosen.replay_window, EPOCH)
    gateway.tail.loaded = True

    web: WebProcess | None = None
    if web_path is not None:

        def returned(seconds: float) -> asyncio.Protocol:
            state = server.lifespan.state
            return ConnectionRouter(config, server.server_state, state, seconds=seconds)

        web = WebProcess(web_path, clock, returned)

    asked: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await receive()
            shared_port = None if web is None else SharedPort(Owner.GATEWAY, web.pass_on)
            scope["state"] |= AppState(gateway=gateway, shared_port=shared_port)
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await send({"type": "lifespan.shutdown.complete"})
            return
        asked.append(scope)
        more = reads
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            more = message["more_body"]
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"hello"})

    config = uvicorn.Config(
        app,
        http=http,
        ws=ws,
        host="127.0.0.1",
        port=0,
        lifespan="on",
        log_level="warning",
        proxy_headers=False,
        timeout_graceful_shutdown=5,
    )
    server = uvicorn.Server(config)
    server.capture_signals = contextlib.nullcontext  # type: ignore[method-assign,assignment]
    running = asyncio.create_task(server.serve())
    ticking = [asyncio.create_task(gateway.run_clock())]
    if web is not None:
        ticking.append(asyncio.create_task(web.run()))
    try:
        await wait_until(lambda: server.started, seconds=START_SECONDS)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield GatewayServer(gateway, server, port, clock, web, asked)
    finally:
        server.should_exit = True
        await running
        for task in ticking:
            task.cancel()
        await asyncio.gather(*ticking, return_exceptions=True)

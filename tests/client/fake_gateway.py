"""A WebSocket server on a real port that plays scripts, one for each connection.

A script may misbehave: close without a frame, send garbage, stay silent. After the last script the
server refuses connections with 503.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any, TypeAlias
from urllib.parse import parse_qsl, urlsplit

import orjson
from websockets.asyncio.server import ServerConnection, serve
from websockets.http11 import Request, Response


class Connection:
    """One connection, on the server's side."""

    def __init__(self, socket: ServerConnection) -> None:
        self.socket = socket

    async def send(self, *messages: dict[str, Any]) -> None:
        for message in messages:
            await self.socket.send(orjson.dumps(message).decode())

    async def close(self, code: int, reason: str = "") -> None:
        await self.socket.close(code, reason)

    def cut(self) -> None:
        """Drop the connection without a close frame, as a network failure does."""
        self.socket.transport.abort()

    async def hold(self) -> None:
        """Stay silent until the client disconnects."""
        await self.socket.wait_closed()


Script: TypeAlias = Callable[[Connection], Awaitable[None]]


class FakeGateway:
    """Plays ``scripts`` in turn and records the query of every attempt, also of refused ones."""

    def __init__(self, scripts: list[Script | HTTPStatus]) -> None:
        self._scripts = scripts
        self.queries: list[dict[str, str]] = []
        self.url = ""

    async def play(self, socket: ServerConnection) -> None:
        script = self._scripts[len(self.queries) - 1]
        assert not isinstance(script, HTTPStatus)
        await script(Connection(socket))

    def admit(self, socket: ServerConnection, request: Request) -> Response | None:
        self.queries.append(dict(parse_qsl(urlsplit(request.path).query)))
        number = len(self.queries) - 1
        last = HTTPStatus.SERVICE_UNAVAILABLE
        script = self._scripts[number] if number < len(self._scripts) else last
        return socket.respond(script, "not now\n") if isinstance(script, HTTPStatus) else None


@asynccontextmanager
async def scripted(*scripts: Script | HTTPStatus) -> AsyncIterator[FakeGateway]:
    """Serve ``scripts`` in turn on a free port of this machine."""
    gateway = FakeGateway(list(scripts))
    async with serve(
        gateway.play,
        "127.0.0.1",
        0,
        process_request=gateway.admit,
        compression=None,
        close_timeout=1,
    ) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        gateway.url = f"http://127.0.0.1:{port}"
        yield gateway

"""A WebSocket server on a real port that plays a script, one act a connection.

It is faulty where a script says so: that is its use. After the last act it refuses with 503.
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


class Line:
    """One connection, seen from the server."""

    def __init__(self, socket: ServerConnection) -> None:
        self.socket = socket

    async def send(self, *messages: dict[str, Any]) -> None:
        for message in messages:
            await self.socket.send(orjson.dumps(message).decode())

    async def close(self, code: int, reason: str = "") -> None:
        await self.socket.close(code, reason)

    def cut(self) -> None:
        """Drop the connection without a close frame, like a pulled plug."""
        self.socket.transport.abort()

    async def hold(self) -> None:
        """Stay silent until the client goes."""
        await self.socket.wait_closed()


Act: TypeAlias = Callable[[Line], Awaitable[None]]


class Peer:
    """What a script has seen: the query of every attempt, refused ones included."""

    def __init__(self, acts: list[Act | HTTPStatus]) -> None:
        self._acts = acts
        self.queries: list[dict[str, str]] = []
        self.url = ""

    async def play(self, socket: ServerConnection) -> None:
        act = self._acts[len(self.queries) - 1]
        assert not isinstance(act, HTTPStatus)
        await act(Line(socket))

    def admit(self, socket: ServerConnection, request: Request) -> Response | None:
        self.queries.append(dict(parse_qsl(urlsplit(request.path).query)))
        number = len(self.queries) - 1
        act = self._acts[number] if number < len(self._acts) else HTTPStatus.SERVICE_UNAVAILABLE
        return socket.respond(act, "not now\n") if isinstance(act, HTTPStatus) else None


@asynccontextmanager
async def scripted(*acts: Act | HTTPStatus) -> AsyncIterator[Peer]:
    """Serve ``acts`` in turn on a free port of this machine."""
    peer = Peer(list(acts))
    async with serve(
        peer.play, "127.0.0.1", 0, process_request=peer.admit, compression=None, close_timeout=1
    ) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        peer.url = f"http://127.0.0.1:{port}"
        yield peer

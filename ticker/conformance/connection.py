"""Connections of the conformance cases: messages of a WebSocket, blocks of an event stream."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit

import httpx
import orjson
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from ticker.client.feed_connection import MAX_MESSAGE, websocket_url

PATIENCE = 5.0
"""Seconds that an answer may take."""


class Wrong(Exception):
    """The server does not follow the protocol; the text says what it did."""


class Socket:
    """A WebSocket whose messages are JSON objects."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection

    @property
    def subprotocol(self) -> str | None:
        """The subprotocol that the server has chosen."""
        return self._connection.subprotocol

    async def send(self, message: dict[str, Any] | str | bytes) -> None:
        """Send a message; an object as JSON text."""
        if isinstance(message, dict):
            await self._connection.send(orjson.dumps(message), text=True)
        else:
            await self._connection.send(message)

    async def receive(self, *kinds: str) -> dict[str, Any]:
        """Return the next message of one of ``kinds``, of any kind by default. Raises Wrong."""
        try:
            async with asyncio.timeout(PATIENCE):
                while True:
                    message = orjson.loads(await self._connection.recv())
                    if not kinds or message.get("type") in kinds:
                        return dict(message)
        except TimeoutError:
            raise Wrong(f"no {' or '.join(kinds) or 'message'} within {PATIENCE:.0f} s") from None
        except ConnectionClosed as closed:
            code = None if closed.rcvd is None else closed.rcvd.code
            raise Wrong(f"closed with {code} instead of {' or '.join(kinds)}") from None

    async def ending(self) -> tuple[str, int | None]:
        """Return the code of the error, and the code of the close. Raises Wrong without a close."""
        name = ""
        try:
            async with asyncio.timeout(PATIENCE):
                while True:
                    message = orjson.loads(await self._connection.recv())
                    if message.get("type") == "error":
                        name = str(message["code"])
        except TimeoutError:
            raise Wrong("the connection stays open") from None
        except ConnectionClosed as closed:
            return name, None if closed.rcvd is None else closed.rcvd.code


class Server:
    """The server under test."""

    def __init__(self, url: str) -> None:
        """Raises BadAddress for a URL that is not valid."""
        self._websocket = websocket_url(url)
        parts = urlsplit(url)
        scheme = {"ws": "http", "wss": "https"}.get(parts.scheme, parts.scheme)
        self.base = f"{scheme}://{parts.netloc}{parts.path.rstrip('/')}"

    @contextlib.asynccontextmanager
    async def socket(self, query: str = "", **options: Any) -> AsyncIterator[Socket]:
        """Open a WebSocket with ``query``."""
        async with connect(
            f"{self._websocket}?{query}", max_size=MAX_MESSAGE, open_timeout=PATIENCE, **options
        ) as connection:
            yield Socket(connection)

    def ticker_v1(self) -> list[Subprotocol]:
        """Return the subprotocol as an option of ``socket``."""
        return [Subprotocol("ticker.v1")]

    async def get(self, path: str, **headers: str) -> httpx.Response:
        """Return the response to a GET."""
        async with httpx.AsyncClient(timeout=PATIENCE) as client:
            return await client.get(self.base + path, headers=headers)

    async def events(self, query: str = "", enough: int = 2, **headers: str) -> list[list[str]]:
        """Return the lines of the first ``enough`` blocks of an event stream. Raises Wrong."""
        blocks: list[list[str]] = [[]]
        async with (
            httpx.AsyncClient(timeout=PATIENCE) as client,
            client.stream("GET", f"{self.base}/v1/events?{query}", headers=headers) as answer,
        ):
            kind = answer.headers.get("content-type", "")
            if answer.status_code != 200 or not kind.startswith("text/event-stream"):
                raise Wrong(f"status {answer.status_code} with {kind or 'no type'}")
            async for line in answer.aiter_lines():
                if line:
                    blocks[-1].append(line)
                elif len(blocks) == enough:
                    return blocks
                else:
                    blocks.append([])
        raise Wrong("the stream ended")

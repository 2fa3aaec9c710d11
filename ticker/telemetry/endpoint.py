"""``GET /metrics`` on an address of its own, never on the port that readers reach.

A process on its own listens on ``metrics_host`` and ``metrics_port``. A process under a supervisor
listens on a unix socket (``metrics_socket``), and the supervisor answers for all (``gather``).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

log = logging.getLogger(__name__)

TYPE = b"text/plain; version=0.0.4; charset=utf-8"
HEAD_MAX = 8_192
"""Bytes of a request; more is answered with 431."""
TIMEOUT = 5.0
"""Seconds for a whole request and its answer."""
CONNECTIONS_MAX = 16
"""Requests at a time; a further connection is closed unanswered."""

Render: TypeAlias = Callable[[], Awaitable[bytes]]


@dataclass(frozen=True, slots=True)
class Address:
    """The address to listen on: ``socket``, else ``host`` and ``port``; none if both are None."""

    host: str
    port: int | None
    socket: Path | None = None


@contextlib.asynccontextmanager
async def serve_metrics(address: Address, render: Render) -> AsyncIterator[int | None]:
    """Answer with ``render()`` until the block ends; yield the port, None without one.

    An address that cannot be used is logged: metrics never keep the news from going out.
    """
    server = await _listen(address, _Endpoint(render))
    if server is None:
        yield None
        return
    port: int | None = None
    if address.socket is None:
        port = server.sockets[0].getsockname()[1]
        log.info("metrics: http://%s:%d/metrics", address.host, port)
    try:
        yield port
    finally:
        server.close()


async def _listen(address: Address, endpoint: _Endpoint) -> asyncio.Server | None:
    try:
        if address.socket is not None:
            return await asyncio.start_unix_server(endpoint.serve, address.socket, limit=HEAD_MAX)
        if address.port is not None:
            host, port = address.host, address.port
            return await asyncio.start_server(endpoint.serve, host, port, limit=HEAD_MAX)
    except OSError as error:
        where = address.socket or f"{address.host}:{address.port}"
        log.error("metrics: cannot listen on %s: %s", where, error.strerror or error)
    return None


class _Endpoint:
    def __init__(self, render: Render) -> None:
        self._render = render
        self._open = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one request and close."""
        if self._open >= CONNECTIONS_MAX:
            writer.close()
            return
        self._open += 1
        try:
            async with asyncio.timeout(TIMEOUT):
                writer.write(await self._answer(reader))
                await writer.drain()
        except (OSError, TimeoutError, asyncio.IncompleteReadError):
            pass  # the peer is gone, or never asked
        except asyncio.CancelledError:
            pass  # the process ends; asyncio's streams would log this task as failed
        finally:
            self._open -= 1
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader) -> bytes:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
        except asyncio.LimitOverrunError:
            return _response(b"431 Request Header Fields Too Large")
        method, _, rest = head.partition(b" ")
        path = rest.partition(b" ")[0].partition(b"?")[0]
        if method not in (b"GET", b"HEAD"):
            return _response(b"405 Method Not Allowed")
        if path != b"/metrics":
            return _response(b"404 Not Found")
        try:
            body = await self._render()
        except Exception:  # a bug in one metric is seen here, and in the scrape's status
            log.exception("metrics: a scrape failed")
            return _response(b"500 Internal Server Error")
        return _response(b"200 OK", body, head_only=method == b"HEAD")


def _response(status: bytes, body: bytes = b"", *, head_only: bool = False) -> bytes:
    head = b"HTTP/1.1 %b\r\ncontent-type: %b\r\ncontent-length: %d\r\nconnection: close\r\n\r\n" % (
        status,
        TYPE,
        len(body),
    )
    return head if head_only else head + body


async def scrape(path: Path) -> bytes | None:
    """Return the metrics of the process that listens on ``path``, None without an answer."""
    try:
        async with asyncio.timeout(TIMEOUT / 2):
            reader, writer = await asyncio.open_unix_connection(path)
            try:
                writer.write(b"GET /metrics HTTP/1.1\r\nhost: localhost\r\n\r\n")
                head, _, body = (await reader.read(-1)).partition(b"\r\n\r\n")
            finally:
                writer.close()
    except (OSError, TimeoutError):
        return None
    return body if head.startswith(b"HTTP/1.1 200 ") else None

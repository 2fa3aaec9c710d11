"""Requests for feeds without a library for HTTP, whose import takes longer than a download."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Mapping
from contextlib import asynccontextmanager
from typing import TypeVar
from urllib.parse import quote, urlsplit

from ticker.cli.imports.web_get import Limits, Reply
from ticker.client.errors import connection_error_text
from ticker.client.http_connection import NOT_HTTP, PATH, HttpConnection, Server, tls_context
from ticker.client.http_message import Message, Response, ResponseTooLarge
from ticker.imports.drafts import Unreadable

T = TypeVar("T")


@asynccontextmanager
async def plain_get(
    url: str, headers: Mapping[str, str], limits: Limits, address: str | None = None
) -> AsyncIterator[Reply]:
    """Send a GET and yield its answer, as ``web_get.Get`` says."""
    try:
        site = urlsplit(url)
        server = Server.of(site)
    except ValueError:  # also of a port that is no number, and of a name that is none
        raise Unreadable("it is not an http or https address") from None
    target = quote(site.path or "/", safe=PATH)
    target += f"?{quote(site.query, safe=PATH + '?')}" if site.query else ""
    sent = {**headers, "Accept": "*/*", "Connection": "close"}
    tls = tls_context() if server.secure else None
    connection = await _within(limits.pause, HttpConnection.open(server, tls, address))
    message = Message(Response(url), None)
    try:
        head = server.request_head("GET", target, sent).encode("latin-1", "replace")
        await _within(limits.pause, connection.send(head))
        while not message.head:
            await _more(connection, message, limits)
        response = message.response
        yield Reply(
            response.status,
            response.reason,
            response.headers,
            message.cookies,
            connection.peer,
            _pieces(connection, message, limits),
        )
    finally:
        await connection.close()


async def _pieces(
    connection: HttpConnection, message: Message, limits: Limits
) -> AsyncIterator[bytes]:
    """Yield the body as it comes."""
    while True:
        if piece := message.take():
            yield piece
        if message.complete:
            return
        await _more(connection, message, limits)


async def _more(connection: HttpConnection, message: Message, limits: Limits) -> None:
    """Read what comes next. Raises Unreadable."""
    data = await _within(limits.pause, connection.read())
    try:
        message.feed(data)
    except ResponseTooLarge as error:
        raise Unreadable(str(error)) from None
    except EOFError:
        raise Unreadable("the connection is closed before the end of the answer") from None
    except NOT_HTTP:
        raise Unreadable("the answer is not valid HTTP") from None


async def _within(pause: float, work: Awaitable[T]) -> T:
    """Return what ``work`` does. Raises Unreadable if it fails, or lasts ``pause`` seconds."""
    limit = asyncio.timeout(pause)
    try:
        async with limit:
            return await work
    except OSError as error:
        if limit.expired():  # the system also has such an error, for a connection that it gave up
            raise Unreadable(f"the server sends nothing for {pause:g} s") from None
        raise Unreadable(connection_error_text(error)) from error

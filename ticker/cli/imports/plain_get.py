"""Requests for feeds without a library for HTTP, whose import takes longer than a download."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Mapping
from contextlib import asynccontextmanager
from typing import TypeVar
from urllib.parse import quote, urlsplit

from ticker.cli.imports.web_get import Limits, Reply
from ticker.client.errors import connection_error_text
from ticker.client.http_message import Message, Response
from ticker.client.plain_http import HEAD_START, NOT_HTTP, PATH, READ, close, tls_context
from ticker.imports.drafts import Unreadable

T = TypeVar("T")


@asynccontextmanager
async def plain_get(
    url: str, headers: Mapping[str, str], limits: Limits, address: str | None = None
) -> AsyncIterator[Reply]:
    """Send a GET and yield its answer, as ``web_get.Get`` says."""
    try:
        site = urlsplit(url)
        host, secure = site.hostname or "", site.scheme == "https"
        name = host if ":" in host else host.encode("idna").decode()
        port = site.port or (443 if secure else 80)
        if site.scheme not in ("http", "https") or not name:
            raise ValueError
    except ValueError:  # also of a port that is no number, and of a name that is none
        raise Unreadable("it is not an http or https address") from None
    shown = f"[{name}]" if ":" in name else name
    target = quote(site.path or "/", safe=PATH)
    target += f"?{quote(site.query, safe=PATH + '?')}" if site.query else ""
    lines = [f"GET {target} HTTP/1.1", f"Host: {shown}{f':{site.port}' if site.port else ''}"]
    lines += [f"{one}: {value}" for one, value in headers.items()]
    request = "\r\n".join([*lines, "Accept: */*", "Connection: close", "", ""])
    try:
        reader, writer = await _within(
            limits.pause,
            asyncio.open_connection(
                address or name,
                port,
                ssl=tls_context() if secure else None,
                server_hostname=name if secure else None,
                limit=READ,
                happy_eyeballs_delay=None if address else HEAD_START,
            ),
        )
    except OSError as error:
        raise Unreadable(connection_error_text(error)) from error
    message = Message(Response(url), None)
    try:
        writer.write(request.encode("latin-1", "replace"))
        while not message.head:
            await _more(reader, message, limits)
        response = message.response
        yield Reply(
            response.status,
            response.reason,
            response.headers,
            message.cookies,
            str(writer.get_extra_info("peername")[0]),
            _pieces(reader, message, limits),
        )
    finally:
        await close(writer)


async def _pieces(
    reader: asyncio.StreamReader, message: Message, limits: Limits
) -> AsyncIterator[bytes]:
    """Yield the body as it comes."""
    while True:
        if piece := message.take():
            yield piece
        if message.complete:
            return
        await _more(reader, message, limits)


async def _more(reader: asyncio.StreamReader, message: Message, limits: Limits) -> None:
    """Read what comes next. Raises Unreadable."""
    try:
        message.feed(await _within(limits.pause, reader.read(READ)))
    except EOFError as error:
        lost = "closed" in str(error)
        said = "the connection is closed before the end of the answer"
        raise Unreadable(said if lost else str(error)) from None
    except NOT_HTTP:
        raise Unreadable("the answer is not valid HTTP") from None
    except OSError as error:
        raise Unreadable(connection_error_text(error)) from error


async def _within(pause: float, work: Awaitable[T]) -> T:
    """Return what ``work`` does. Raises Unreadable after ``pause`` seconds."""
    limit = asyncio.timeout(pause)
    try:
        async with limit:
            return await work
    except TimeoutError:  # also of the system, for a connection that it gave up
        if not limit.expired():
            raise
        raise Unreadable(f"the server sends nothing for {pause:g} s") from None

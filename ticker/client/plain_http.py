"""Plain HTTP/1.1 for the editors' client: a request and its response, on connections that it keeps.

httpx does the same and much more, and its import takes a third of the time of a short command. The
client uses it where more is needed: through a proxy, or with a transport of the caller's.
"""

from __future__ import annotations

import asyncio
import os
import re
import ssl
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol
from urllib.parse import quote, urlencode, urlsplit

import httptools

from ticker import __version__
from ticker.client.errors import BadAddress, Unreachable, connection_error_text, refusal
from ticker.client.http_connection import NOT_HTTP, PATH, HttpConnection, Server, tls_context
from ticker.client.http_message import Message, Response

RESPONSE_MAX = 64 * 1024 * 1024
"""Bytes of a response; a longer one is an error."""
IDLE_MAX = 4
"""Connections that are kept for further requests."""
EXPECT_FROM = 1024 * 1024
"""Bytes of a body that is sent only when the server has agreed (``Expect: 100-continue``, RFC 9110
§10.1.1): a server that refuses it closes the connection, and its reason would be lost."""
AGREED_WITHIN = 1.0
"""Seconds that a server has for this; one that does not know of it says nothing."""
PROXIES = ("http_proxy", "https_proxy", "all_proxy")
_HEADER_VALUE = re.compile(r"[\t\x20-\x7e\x80-\uffff]*")


class Http(Protocol):
    """Sends requests to one server."""

    async def send(
        self,
        method: str,
        path: str,
        *,
        params: Sequence[tuple[str, str]] = (),
        content: bytes = b"",
        headers: Mapping[str, str],
        until: bytes = b"",
    ) -> Response:
        """Send a request and return its response. Raises Unreachable, BadAddress.

        With ``until``, the response ends as soon as its content has these bytes.
        """

    async def aclose(self) -> None:
        """Close the connections."""


def system_proxies() -> Mapping[str, str]:
    """Return the proxies in the settings of macOS or Windows, which httpx uses too."""
    if sys.platform not in ("darwin", "win32"):
        return {}
    from urllib.request import getproxies  # slow to import

    return getproxies()


def needs_httpx(
    url: str,
    environment: Mapping[str, str] = os.environ,
    system: Callable[[], Mapping[str, str]] = system_proxies,
) -> bool:
    """Return whether requests to ``url`` may need what this module cannot do."""
    names = {name.lower() for name, value in environment.items() if value}
    return not names.isdisjoint(PROXIES) or "@" in url or not system().keys() <= {"no"}


class PlainHttp:
    """Requests to the server at ``url``. ``timeout``: seconds for a request and its response."""

    def __init__(self, url: str, timeout: float) -> None:
        """Raises BadAddress."""
        self._url = url
        self._timeout = timeout
        try:
            site = urlsplit(url)
            self._server = Server.of(site)
        except ValueError:  # also of a port that is no number, and of a name that is none
            raise BadAddress(url) from None
        self._prefix = quote(site.path.rstrip("/"), safe=PATH)
        self._tls: ssl.SSLContext | None = None
        self._idle: list[HttpConnection] = []

    async def send(
        self,
        method: str,
        path: str,
        *,
        params: Sequence[tuple[str, str]] = (),
        content: bytes = b"",
        headers: Mapping[str, str],
        until: bytes = b"",
    ) -> Response:
        """Send a request and return its response. Raises Unreachable."""
        target = self._prefix + path + (f"?{urlencode(params)}" if params else "")
        request, body = self._head(method, target, headers, len(content)), content
        if len(content) < EXPECT_FROM:
            request, body = request + content, b""
        try:
            async with asyncio.timeout(self._timeout):
                while self._idle:
                    connection = self._idle.pop()
                    response = await self._exchange(
                        connection, request, body, target, until, reused=True
                    )
                    if response is not None:
                        return response
                connection = await self._connect()
                response = await self._exchange(
                    connection, request, body, target, until, reused=False
                )
        except (OSError, EOFError, *NOT_HTTP) as error:
            raise Unreachable(self._url, self._reason(error)) from error
        assert response is not None
        return response

    async def aclose(self) -> None:
        """Close the connections."""
        while self._idle:
            await self._idle.pop().close()

    async def _connect(self) -> HttpConnection:
        if self._server.secure and self._tls is None:
            self._tls = tls_context()
        return await HttpConnection.open(self._server, self._tls)

    async def _exchange(
        self,
        connection: HttpConnection,
        request: bytes,
        body: bytes,
        target: str,
        until: bytes,
        *,
        reused: bool,
    ) -> Response | None:
        """Return the response; None if a connection was closed that had been kept.

        ``body`` follows ``request`` when the server has agreed, or has said nothing.
        """
        message = Message(Response(f"{self._url}{target.removeprefix(self._prefix)}"), RESPONSE_MAX)
        kept = False
        try:
            await connection.send(request)
            if body and await _wanted(connection, message):
                await connection.send(body)
                body = b""
            while not message.complete:
                data = await connection.read()
                if not data and reused and not message.received:
                    return None
                message.feed(data)
                if until and message.has(until):
                    return message.response
            # The rest of a body that was refused is never sent, and the server may wait for it.
            kept = message.keep_alive and not body and len(self._idle) < IDLE_MAX
            return message.response
        except ConnectionError:
            if reused and not message.received:
                return None
            raise
        finally:
            if kept:
                self._idle.append(connection)
            else:
                await connection.close()

    def _head(self, method: str, target: str, headers: Mapping[str, str], length: int) -> bytes:
        for name, value in headers.items():
            if not _HEADER_VALUE.fullmatch(value):
                detail = f"{name} has characters that a header cannot have"
                raise refusal(400, {"title": "Malformed request", "detail": detail})
        sent = {"User-Agent": f"ticker/{__version__}", "Accept-Encoding": "identity", **headers}
        if length or method not in ("GET", "DELETE"):
            sent["Content-Length"] = str(length)
        if length >= EXPECT_FROM:
            sent["Expect"] = "100-continue"
        return self._server.request_head(method, target, sent).encode()

    def _reason(self, error: BaseException) -> str:
        if isinstance(error, TimeoutError):
            return f"no answer within {self._timeout:g} s"
        if isinstance(error, httptools.HttpParserUpgrade):
            return "the response changes to another protocol"
        if isinstance(error, httptools.HttpParserError):
            return f"the response is not HTTP: {error}"
        return connection_error_text(error)


async def _wanted(connection: HttpConnection, message: Message) -> bool:
    """Read what the server says to the head of a request; return whether to send the body."""
    limit = asyncio.timeout(AGREED_WITHIN)
    try:
        async with limit:
            while not (message.agreed or message.head):
                data = await connection.read()
                if not data:
                    return False  # the caller reads the end once more
                message.feed(data)
    except TimeoutError:
        if not limit.expired():
            raise
        return True
    return message.agreed and not message.head

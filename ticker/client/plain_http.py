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
from contextlib import suppress
from typing import Protocol
from urllib.parse import SplitResult, quote, urlencode, urlsplit

import httptools

from ticker import __version__
from ticker.client.errors import BadAddress, Unreachable, connection_error_text, refusal
from ticker.client.http_message import Message, Response

RESPONSE_MAX = 64 * 1024 * 1024
"""Bytes of a response; a longer one is an error."""
READ = 256 * 1024
IDLE_MAX = 4
"""Connections that are kept for further requests."""
HEAD_START = 0.25
"""Seconds after which the next address of a name is tried beside the first (RFC 8305 §5), so that
a route that is dead, often that of IPv6, does not use up the time of the whole attempt."""
EXPECT_FROM = 1024 * 1024
"""Bytes of a body that is sent only when the server has agreed (``Expect: 100-continue``, RFC 9110
§10.1.1): a server that refuses it closes the connection, and its reason would be lost."""
AGREED_WITHIN = 1.0
"""Seconds that a server has for this; one that does not know of it says nothing."""
PATH = "/%:@!$&'()*+,;=~"
"""Characters of a path that stay as they are (RFC 3986 §3.3), and ``%`` of what is quoted."""
PROXIES = ("http_proxy", "https_proxy", "all_proxy")
NOT_HTTP = (httptools.HttpParserError, httptools.HttpParserUpgrade)
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
            site: SplitResult = urlsplit(url)
            host, port = site.hostname, site.port
            self._secure = site.scheme == "https"
            if site.scheme not in ("http", "https") or not host:
                raise ValueError
            name = host if ":" in host else host.encode("idna").decode()
        except ValueError:  # also of a port that is no number, and of a name that is none
            raise BadAddress(url) from None
        self._host = host
        self._port = port or (443 if self._secure else 80)
        shown = f"[{name}]" if ":" in name else name
        self._authority = shown if port is None else f"{shown}:{port}"
        self._prefix = quote(site.path.rstrip("/"), safe=PATH)
        self._tls: ssl.SSLContext | None = None
        self._idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

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
                        *connection, request, body, target, until, reused=True
                    )
                    if response is not None:
                        return response
                connection = await self._connect()
                response = await self._exchange(
                    *connection, request, body, target, until, reused=False
                )
        except (OSError, EOFError, *NOT_HTTP) as error:
            raise Unreachable(self._url, self._reason(error)) from error
        assert response is not None
        return response

    async def aclose(self) -> None:
        """Close the connections."""
        while self._idle:
            await close(self._idle.pop()[1])

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._secure and self._tls is None:
            self._tls = tls_context()
        # uvloop tries one address after the other, and takes no such argument.
        loop = asyncio.get_running_loop()
        race = (
            {"happy_eyeballs_delay": HEAD_START} if isinstance(loop, asyncio.BaseEventLoop) else {}
        )
        return await asyncio.open_connection(
            self._host, self._port, ssl=self._tls, limit=READ, **race
        )

    async def _exchange(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
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
            writer.write(request)
            await writer.drain()
            if body and await _wanted(reader, message):
                writer.write(body)
                body = b""
                await writer.drain()
            while not message.complete:
                data = await reader.read(READ)
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
                self._idle.append((reader, writer))
            else:
                await close(writer)

    def _head(self, method: str, target: str, headers: Mapping[str, str], length: int) -> bytes:
        lines = [f"{method} {target} HTTP/1.1", f"Host: {self._authority}"]
        lines += [f"User-Agent: ticker/{__version__}", "Accept-Encoding: identity"]
        for name, value in headers.items():
            if not _HEADER_VALUE.fullmatch(value):
                detail = f"{name} has characters that a header cannot have"
                raise refusal(400, {"title": "Malformed request", "detail": detail})
            lines.append(f"{name}: {value}")
        if length or method not in ("GET", "DELETE"):
            lines.append(f"Content-Length: {length}")
        if length >= EXPECT_FROM:
            lines.append("Expect: 100-continue")
        return ("\r\n".join(lines) + "\r\n\r\n").encode()

    def _reason(self, error: BaseException) -> str:
        if isinstance(error, TimeoutError):
            return f"no answer within {self._timeout:g} s"
        if isinstance(error, httptools.HttpParserUpgrade):
            return "the response changes to another protocol"
        if isinstance(error, httptools.HttpParserError):
            return f"the response is not HTTP: {error}"
        return connection_error_text(error)


async def _wanted(reader: asyncio.StreamReader, message: Message) -> bool:
    """Read what the server says to the head of a request; return whether to send the body."""
    limit = asyncio.timeout(AGREED_WITHIN)
    try:
        async with limit:
            while not (message.agreed or message.head):
                data = await reader.read(READ)
                if not data:
                    return False  # the caller reads the end once more
                message.feed(data)
    except TimeoutError:
        if not limit.expired():
            raise
        return True
    return message.agreed and not message.head


async def close(writer: asyncio.StreamWriter) -> None:
    """Close a connection at once, without a word to the server."""
    writer.transport.abort()
    with suppress(OSError):
        await writer.wait_closed()


def tls_context() -> ssl.SSLContext:
    """Return a context with the authorities that httpx uses too: certifi's, or the given ones."""
    if os.environ.get("SSL_CERT_FILE") or os.environ.get("SSL_CERT_DIR"):
        return ssl.create_default_context()
    import certifi

    return ssl.create_default_context(cafile=certifi.where())

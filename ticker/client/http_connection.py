"""The server that an address names, and a connection of HTTP/1.1 to it."""

from __future__ import annotations

import asyncio
import os
import ssl
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import SplitResult

import httptools

READ = 256 * 1024
HEAD_START = 0.25
"""Seconds after which the next address of a name is tried beside the first (RFC 8305 §5), so that
a route that is dead, often that of IPv6, does not use up the time of the whole attempt."""
PATH = "/%:@!$&'()*+,;=~"
"""Characters of a path that stay as they are (RFC 3986 §3.3), and ``%`` of what is quoted."""
NOT_HTTP = (httptools.HttpParserError, httptools.HttpParserUpgrade)


@dataclass(frozen=True, slots=True)
class Server:
    """The server of an address: ``host`` in ASCII, and ``authority`` as the header Host has it."""

    host: str
    port: int
    secure: bool
    authority: str

    @classmethod
    def of(cls, site: SplitResult) -> Server:
        """Return the server of ``site``. Raises ValueError if it is not of http or https."""
        host, port, secure = site.hostname, site.port, site.scheme == "https"
        if site.scheme not in ("http", "https") or not host:
            raise ValueError("not an http or https address")
        name = host if ":" in host else host.encode("idna").decode()
        shown = f"[{name}]" if ":" in name else name
        authority = shown if port is None else f"{shown}:{port}"
        return cls(name, port or (443 if secure else 80), secure, authority)

    def request_head(self, method: str, target: str, headers: Mapping[str, str]) -> str:
        """Return what a request for ``target`` begins with, up to its body."""
        lines = [f"{method} {target} HTTP/1.1", f"Host: {self.authority}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        return "\r\n".join([*lines, "", ""])


class HttpConnection:
    """An open connection. Its methods raise OSError."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def open(
        cls, server: Server, tls: ssl.SSLContext | None, address: str | None = None
    ) -> HttpConnection:
        """Return a connection to ``server``, at ``address`` if there is one. Raises OSError."""
        # uvloop tries one address after the other, and takes no such argument.
        races = address is None and isinstance(asyncio.get_running_loop(), asyncio.BaseEventLoop)
        streams = await asyncio.open_connection(
            address or server.host,
            server.port,
            ssl=tls,
            server_hostname=server.host if tls else None,
            limit=READ,
            **({"happy_eyeballs_delay": HEAD_START} if races else {}),
        )
        return cls(*streams)

    @property
    def peer(self) -> str:
        """The address that the connection leads to."""
        return str(self._writer.get_extra_info("peername")[0])

    async def send(self, data: bytes) -> None:
        """Send ``data``; return when most of it is on its way."""
        self._writer.write(data)
        await self._writer.drain()

    async def read(self) -> bytes:
        """Return what comes next; nothing is the end."""
        return await self._reader.read(READ)

    async def close(self) -> None:
        """Close the connection at once, without a word to the server."""
        self._writer.transport.abort()
        with suppress(OSError):
            await self._writer.wait_closed()


def tls_context() -> ssl.SSLContext:
    """Return a context with the authorities that httpx uses too: certifi's, or the given ones."""
    if os.environ.get("SSL_CERT_FILE") or os.environ.get("SSL_CERT_DIR"):
        return ssl.create_default_context()
    import certifi

    return ssl.create_default_context(cafile=certifi.where())

"""Address of a feed, and the request for it."""

from __future__ import annotations

import asyncio
import socket
import ssl
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from ticker.bench.parsers import Transport, request
from ticker.client.errors import BadAddress, Unreachable

CONNECT_TIMEOUT = 10.0
"""Seconds for a connection and its welcome."""
PATHS: dict[Transport, str] = {"ws": "/v1/ws", "sse": "/v1/events"}


@dataclass(frozen=True, slots=True)
class Target:
    """Address of the feed. ``address`` is resolved once, before anything is measured."""

    address: str
    port: int
    host: str
    """The Host header."""
    tls: ssl.SSLContext | None
    server_name: str
    transport: Transport
    path: str
    """With its query, which ``after`` is added to."""

    def request(self, after: str | None) -> bytes:
        """Return the request for the feed, to resume behind ``after`` if it is given."""
        more = "" if after is None else "&" + urlencode({"after": after})
        return request(self.transport, self.host, self.path + more)


async def find(url: str, transport: Transport, query: dict[str, str]) -> Target:
    """Return the feed of the newsroom at ``url``. Raises BadAddress, or Unreachable."""
    host, port = host_and_port(url)
    parts = urlsplit(url)
    try:
        address = await resolve(host, port)
    except OSError as error:
        raise Unreachable(url, error.strerror or str(error)) from error
    return Target(
        address=address,
        port=port,
        host=parts.netloc.rpartition("@")[2],
        tls=ssl.create_default_context() if parts.scheme == "https" else None,
        server_name=host,
        transport=transport,
        path=f"{parts.path.rstrip('/')}{PATHS[transport]}?{urlencode(query)}",
    )


def host_and_port(url: str) -> tuple[str, int]:
    """Return the host and port of ``url``. Raises BadAddress if it is no HTTP address."""
    try:
        parts = urlsplit(url)
        port = parts.port or {"http": 80, "https": 443}[parts.scheme]
    except (KeyError, ValueError):
        raise BadAddress(url) from None
    if not parts.hostname:
        raise BadAddress(url)
    return parts.hostname, port


async def resolve(host: str, port: int) -> str:
    """Return an address of ``host`` that answers on ``port``. Raises OSError if none does."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    trouble: OSError = OSError(f"{host} has no address")
    for _, _, _, _, where in found:
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT):
                _, writer = await asyncio.open_connection(str(where[0]), port)
            writer.close()
            return str(where[0])
        except TimeoutError:
            trouble = OSError(f"no answer within {CONNECT_TIMEOUT:.0f} s")
        except OSError as error:
            trouble = error
    raise trouble

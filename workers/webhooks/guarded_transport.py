"""Connections to addresses that strangers chose: judged at the moment of connecting.

``webhooks.retry_policy.reachable`` judges each address of the resolved name, and the connection is
made to that very address: a name that resolves to another address a moment later changes nothing.
TLS still verifies the name.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterable

import httpcore
from httpcore import SOCKET_OPTION, AsyncNetworkBackend, AsyncNetworkStream

from ticker.net.ssrf_guard import Network
from ticker.webhooks.retry_policy import reachable

ADDRESSES_MAX = 3
"""Addresses of one name that are tried."""


class Forbidden(Exception):
    """No address of that name is one that requests may go to."""


class GuardedBackend(AsyncNetworkBackend):
    """Connects for ``scheme`` (http or https) to what is public, or in one of ``allow``."""

    def __init__(self, scheme: str, allow: Iterable[Network]) -> None:
        self._scheme = scheme
        self._allow = tuple(allow)
        self._inner = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[SOCKET_OPTION] | None = None,
    ) -> AsyncNetworkStream:
        """Return a connection. Raises Forbidden, or what httpcore raises."""
        error: Exception = Forbidden(self._refusal(host))
        for address in await self._addresses(host, port):
            try:
                return await self._inner.connect_tcp(
                    address, port, timeout, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as failed:
                error = failed
        raise error

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,
        socket_options: Iterable[SOCKET_OPTION] | None = None,
    ) -> AsyncNetworkStream:
        """Refuse: no endpoint is a file."""
        raise Forbidden("unix sockets are not reached")

    async def sleep(self, seconds: float) -> None:
        """Wait, for httpcore."""
        await self._inner.sleep(seconds)

    async def _addresses(self, host: str, port: int) -> list[str]:
        try:
            found = await asyncio.get_running_loop().getaddrinfo(
                host, port, type=socket.SOCK_STREAM
            )
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError(f"{host} cannot be resolved: {error}") from error
        addresses = [str(sockaddr[0]) for *_, sockaddr in found]
        chosen = [one for one in addresses if reachable(one, self._scheme, self._allow)]
        if not chosen:
            raise Forbidden(self._refusal(f"{host} ({', '.join(dict.fromkeys(addresses))})"))
        return list(dict.fromkeys(chosen))[:ADDRESSES_MAX]

    def _refusal(self, what: str) -> str:
        if self._scheme == "http":
            return f"{what} is not in outbound_private_networks; http is allowed only there"
        return f"{what} is not a public address, and not in outbound_private_networks"

"""Connections to Redis or Valkey: bounded in number, in time and in tries."""

from __future__ import annotations

import asyncio
import builtins
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar
from urllib.parse import urlsplit

from redis.asyncio import BlockingConnectionPool, ConnectionPool, Redis
from redis.asyncio.connection import AbstractConnection, SSLConnection
from redis.asyncio.retry import Retry
from redis.asyncio.sentinel import Sentinel, SentinelConnectionPool
from redis.backoff import ExponentialBackoff
from redis.exceptions import (
    ConnectionError,
    NoScriptError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisError,
    ResponseError,
    TimeoutError,
)

from ticker.domain.errors import Unavailable
from ticker.storage.address import StoreAddress, TlsConnection

__all__ = ["NoScriptError", "Redis", "RedisError", "ResponseError", "connect", "translate"]

TIMEOUT = 5.0
"""Seconds that one answer may take, besides what a command waits for on purpose."""
BLOCK_MAX = 10.0
"""Longest wait of a blocking read, in seconds; its connection allows this much more."""
CONNECTIONS = 64
"""Connections per client object; the next caller waits for one, at most ``TIMEOUT``."""

# A server that says one of these is there, but cannot serve now: a failover, a full disk.
_TEMPORARY = (
    "READONLY",
    "LOADING",
    "MASTERDOWN",
    "CLUSTERDOWN",
    "NOREPLICAS",
    "MISCONF",
    "TRYAGAIN",
    "BUSY",
    "UNBLOCKED",
)


def connect(
    address: StoreAddress | str,
    *,
    blocking: bool = False,
    wait: float = 0.0,
    database: int | None = None,
) -> Redis:
    """Return a client for ``address``; it connects when first used, and again after every loss.

    ``redis://``, ``rediss://``, ``unix://`` and ``redis+sentinel://host:port,host:port/service/db``
    are understood (``rediss+sentinel://``: TLS to the sentinels too). Replies are bytes. A call
    takes at most about ``TIMEOUT`` seconds, plus ``wait`` (for WAIT and WAITAOF), plus
    ``BLOCK_MAX`` if ``blocking``. Close it with ``aclose()``. Raises ValueError for a URL that is
    none of these, and for a file that cannot be used.
    """
    if isinstance(address, str):
        address = StoreAddress(address)
    address.check()
    url, login = address.split()
    options: dict[str, Any] = {
        "socket_timeout": TIMEOUT + wait + (BLOCK_MAX if blocking else 0.0),
        "socket_connect_timeout": 2.0,
        # Of connecting only. Callers repeat a command that was sent, where that is safe.
        "retry": Retry(ExponentialBackoff(cap=0.2, base=0.02), 2),
        "lib_name": None,  # saves two commands per connection
        "lib_version": None,
        **login,
        **address.tls_options(),
    }
    if database is not None:
        options["db"] = database
    if address.has_sentinel:
        return _sentinel(url, address, options)
    if address.scheme != "unix":
        options["socket_keepalive"] = True
    pool = BlockingConnectionPool.from_url(
        url, max_connections=CONNECTIONS, timeout=TIMEOUT, **options
    )
    return Redis.from_pool(_cancellable(pool))


@contextmanager
def translate(what: str = "the store") -> Iterator[None]:
    """Turn "Redis is away, failing over, loading or full" into Unavailable in this block.

    Errors that say our own command is wrong pass through: they are bugs.
    """
    try:
        yield
    except (ConnectionError, TimeoutError, ReadOnlyError, OutOfMemoryError, OSError) as error:
        raise Unavailable(f"{what} does not answer: {error or type(error).__name__}") from error
    except ResponseError as error:
        if str(error).startswith(_TEMPORARY):
            raise Unavailable(f"{what} cannot serve now: {error}") from error
        raise


class _Cancellable(AbstractConnection):
    """A connection on which a task can be cancelled at any moment.

    redis-py sends through ``asyncio.wait_for``, which up to Python 3.11 swallows a cancellation
    that arrives as the sending ends (python/cpython#86296): the task goes on, and whoever waits for
    its end waits forever. This also saves the task that wait_for makes for every command.
    """

    __slots__ = ()

    @property
    def lost(self) -> bool:
        """Tell whether the peer has closed the connection, without asking it."""
        return self._reader is None or self._reader.at_eof()

    async def send_packed_command(
        self, command: bytes | str | Iterable[bytes], check_health: bool = True
    ) -> None:
        if not self.is_connected:
            await self.connect()  # type: ignore[no-untyped-call]
        if isinstance(command, str):
            command = command.encode()
        try:
            async with asyncio.timeout(self.socket_timeout):
                writer = self._writer
                if writer is None:
                    raise ConnectionError("the connection was closed")
                writer.writelines([command] if isinstance(command, bytes) else command)
                await writer.drain()
        except builtins.TimeoutError:
            await self.disconnect(nowait=True)
            raise TimeoutError("timeout while sending") from None
        except (OSError, RuntimeError) as error:
            # RuntimeError is uvloop's word for a transport that was closed a moment ago.
            await self.disconnect(nowait=True)
            raise ConnectionError(f"error while sending: {error}") from error
        except BaseException:  # also a cancellation: a half-sent command cannot be taken back
            await self.disconnect(nowait=True)
            raise


P = TypeVar("P", bound=ConnectionPool)


def _cancellable(pool: P) -> P:
    """Return ``pool``, whose future connections are of its own class and cancellable."""
    known = pool.connection_class
    tls = (TlsConnection,) if issubclass(known, SSLConnection) else ()
    pool.connection_class = type(known.__name__, (_Cancellable, *tls, known), {})
    return pool


class _SentinelPool(SentinelConnectionPool, BlockingConnectionPool):
    """Bounded like the others; redis-py's own fails at the bound instead of waiting."""


class _SentinelRedis(Redis):
    """A client of whichever server the sentinels call the master."""

    sentinels: list[Redis]

    async def aclose(self, close_connection_pool: bool | None = None) -> None:
        """Close the connections to the master and to the sentinels."""
        await super().aclose(close_connection_pool)
        for client in self.sentinels:
            await client.aclose()


def _sentinel(url: str, address: StoreAddress, options: dict[str, Any]) -> Redis:
    parts = urlsplit(url)
    service, _, database = parts.path.strip("/").partition("/")
    hosts: list[tuple[str, int]] = []
    for one in parts.netloc.split(","):
        host, colon, port = one.rpartition(":")
        hosts.append((host.strip("[]"), int(port)) if colon else (one, 26_379))
    if not service or not all(host for host, _ in hosts):
        raise ValueError("a Sentinel URL is redis+sentinel://host:port,host:port/service/db")
    options.setdefault("db", int(database or 0))
    encrypted = {"ssl": True} if address.has_tls else {}
    of_sentinels: dict[str, Any] = {
        "socket_timeout": 1.0,
        "socket_connect_timeout": 1.0,
        **encrypted,
        **address.tls_options(),
        **address.sentinel_login(),
    }
    known = Sentinel(hosts, sentinel_kwargs=of_sentinels)  # type: ignore[no-untyped-call]
    for sentinel in known.sentinels:
        _cancellable(sentinel.connection_pool)
    client: _SentinelRedis = known.master_for(
        service,
        redis_class=_SentinelRedis,
        connection_pool_class=_SentinelPool,
        max_connections=CONNECTIONS,
        timeout=TIMEOUT,
        **encrypted,
        **options,
    )
    _cancellable(client.connection_pool)
    client.sentinels = known.sentinels
    return client

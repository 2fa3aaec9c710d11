"""Connections to Redis or Valkey: bounded in number, in time and in tries."""

from __future__ import annotations

import socket
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff
from redis.exceptions import NoScriptError, RedisError, ResponseError

from ticker.storage.address import StoreAddress, TlsConnection
from ticker.storage.cluster import SlotWatch
from ticker.storage.pool import StorePool, with_store_connections
from ticker.storage.replies import meaning
from ticker.storage.sentinel import (
    FIRST_ANSWER_WITHIN,
    PrimaryWatch,
    SentinelConnection,
    SentinelPool,
    SentinelRedis,
    SentinelTlsConnection,
    parse_hosts,
)
from ticker.storage.sentinel_replica import ReplicaWatch

__all__ = ["NoScriptError", "Redis", "RedisError", "ResponseError", "connect", "translate"]

TIMEOUT = 3.0
"""Seconds that one answer may take, besides what a command waits for on purpose."""
CONNECT_TIMEOUT = 1.0
"""Seconds that a connection may take to be made."""
BLOCK_MAX = 5.0
"""Longest wait of a blocking read, in seconds; its connection allows this much more."""
CONNECTIONS = 64
"""Connections per client object; the next caller waits for one, at most ``TIMEOUT``."""
_KEEPALIVE = {"TCP_KEEPIDLE": 5, "TCP_KEEPINTVL": 2, "TCP_KEEPCNT": 3, "TCP_USER_TIMEOUT": 10_000}
"""A peer whose machine has vanished is noticed after about ten seconds, whatever waits for it."""


def connect(
    address: StoreAddress | str,
    *,
    blocking: bool = False,
    wait: float = 0.0,
    database: int | None = None,
    replica: bool = False,
) -> Redis:
    """Return a client for ``address``; it connects when first used, and again after every loss.

    ``redis://``, ``rediss://``, ``unix://``, ``redis+sentinel://host:port,host:port/service/db``
    and ``redis+cluster://host:port,host:port`` are understood (``rediss+…://``: TLS to sentinels
    and all nodes). Replies are bytes. A call takes at most about ``TIMEOUT`` seconds, plus ``wait``
    (for WAIT and WAITAOF), plus ``BLOCK_MAX`` if ``blocking``. A server that is
    a replica is refused unless ``replica`` allows it; of sentinels, that asks for one of the
    replicas that they name. Close it with ``aclose()``. Raises ValueError for a URL that is none of
    these, and for a file that cannot be used.
    """
    if isinstance(address, str):
        address = StoreAddress(address)
    address.check()
    url, login = address.split()
    options: dict[str, Any] = {
        "socket_timeout": TIMEOUT + wait + (BLOCK_MAX if blocking else 0.0),
        "socket_connect_timeout": CONNECT_TIMEOUT,
        # Of connecting only. Callers repeat a command that was sent, where that is safe.
        "retry": Retry(ExponentialBackoff(cap=0.2, base=0.02), 1),
        "lib_name": None,  # saves two commands per connection
        "lib_version": None,
        **login,
        **address.tls_options(),
    }
    if address.scheme != "unix":
        options["socket_keepalive"] = True
        options["socket_keepalive_options"] = {
            getattr(socket, name): value
            for name, value in _KEEPALIVE.items()
            if hasattr(socket, name)
        }
    if database is not None:
        options["db"] = database
    if address.has_sentinel or address.has_cluster:
        return _watched(url, address, options, replica=replica)
    pool: StorePool = StorePool.from_url(
        url, max_connections=CONNECTIONS, timeout=TIMEOUT, **options
    )
    pool.primary_only = not replica
    redis = Redis.from_pool(with_store_connections(pool))
    try:
        pool.connection_class(**pool.connection_kwargs)
    except TypeError:  # of redis-py, at the first command otherwise
        raise ValueError("the URL has an option after ? that is unknown") from None
    return redis


def has_sentinel(redis: Redis) -> bool:
    """Tell whether sentinels say where the server of ``redis`` is."""
    return isinstance(redis.connection_pool, SentinelPool)


class translate:  # reads like a function, as contextlib's classes do
    """Turn the errors of ``replies`` into StoreError in this block.

    Errors that say our own command is wrong pass through: they are bugs.
    """

    __slots__ = ("_what",)

    def __init__(self, what: str = "the store") -> None:
        self._what = what

    def __enter__(self) -> None:
        pass

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if isinstance(error, RedisError | OSError):
            found = meaning(error, self._what)
            if found is not None:
                raise found from error


def _watched(url: str, address: StoreAddress, options: dict[str, Any], *, replica: bool) -> Redis:
    """Return a client of a primary that sentinels or the nodes of a cluster name.

    With ``replica``, it is a client of a replica that sentinels name.
    """
    parts = urlsplit(url)
    service, _, database = parts.path.strip("/").partition("/")
    if not parts.netloc:
        raise ValueError("the URL names no host")
    if address.has_sentinel and not service:
        raise ValueError("a Sentinel URL is redis+sentinel://host:port,host:port/service/db")
    if address.has_cluster and parts.path.strip("/"):
        raise ValueError("a Cluster URL is redis+cluster://host:port,host:port; it has database 0")
    options.setdefault("db", int(database or 0))
    options["retry"] = Retry(ExponentialBackoff(cap=0.2, base=0.02), 0)  # ask the watch first
    asking: dict[str, Any] = {
        "socket_timeout": FIRST_ANSWER_WITHIN,
        "socket_connect_timeout": FIRST_ANSWER_WITHIN,
        "max_connections": 2,
        "lib_name": None,
        "lib_version": None,
        "ssl": address.has_tls,
        **address.tls_options(),
        **(address.sentinel_login() if address.has_sentinel else address.split()[1]),
    }

    def ask(place: tuple[str, int]) -> Redis:
        client = Redis(host=place[0], port=place[1], **asking)
        if address.has_tls:
            client.connection_pool.connection_class = TlsConnection
        return client

    pool = SentinelPool(
        connection_class=SentinelTlsConnection if address.has_tls else SentinelConnection,
        max_connections=CONNECTIONS,
        timeout=int(TIMEOUT),
        **options,
    )
    hosts = parse_hosts(parts.netloc, 6_379 if address.has_cluster else 26_379)
    pool.primary_only = not replica
    if address.has_cluster:
        pool.watch = SlotWatch(hosts, address.tag, ask, pool.cut)
    else:
        watch = ReplicaWatch if replica else PrimaryWatch
        pool.watch = watch([ask(place) for place in hosts], service, pool.cut)
    return SentinelRedis.from_pool(with_store_connections(pool))

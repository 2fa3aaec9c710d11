"""Connections to PostgreSQL. Whatever fails is Unavailable, and says no address."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import psycopg
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool, PoolTimeout, TooManyRequests

from ticker.domain.errors import Unavailable

log = logging.getLogger(__name__)

WAITING_MAX = 64
"""Questions that wait for a connection, for ``WAIT`` seconds; further ones get 503."""
WAIT = 1.0
CONNECT_TIMEOUT = 3
LOST = {
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}
"""A server that is silent for some ten seconds is given up: a firewall or a failed host sends no
end of the connection."""


class Pool:
    """Connections that are made when they are needed. Errors are Unavailable."""

    def __init__(self, url: str, password_file: Path | None, options: str, size: int) -> None:
        async def connect(*_: object, **given: Any) -> AsyncConnection:
            if password_file is not None:
                given["password"] = _read(password_file)
            return await AsyncConnection.connect(url, **given)

        self._pool = AsyncConnectionPool(
            url,
            connection_class=_connecting(connect),
            kwargs={
                "autocommit": True,
                # A plan for each search: how common its words are decides.
                "prepare_threshold": None,
                "connect_timeout": CONNECT_TIMEOUT,
                **LOST,
                "options": options,
            },
            min_size=0,
            max_size=size,
            open=False,
            timeout=WAIT,
            max_waiting=WAITING_MAX,
            reconnect_timeout=WAIT,
            check=AsyncConnectionPool.check_connection,
        )
        self._open = False

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[AsyncConnection]:
        """Lend a connection. Raises Unavailable."""
        try:
            if not self._open:
                self._open = True
                await self._pool.open()
            async with self._pool.connection() as connection:
                yield connection
        except (PoolTimeout, TooManyRequests):
            raise Unavailable("the archive cannot be reached, or is busy", retry_after=1) from None
        except psycopg.errors.QueryCanceled:
            raise too_long() from None
        except psycopg.errors.UndefinedTable:
            raise Unavailable("there is no archive yet; a worker makes it", retry_after=5) from None
        except psycopg.errors.UndefinedColumn:
            raise Unavailable("the archive is being upgraded", retry_after=5) from None
        except psycopg.Error as error:
            log.warning("archive: %s", type(error).__name__)
            raise Unavailable("the archive cannot answer now", retry_after=1) from None

    async def aclose(self) -> None:
        await self._pool.close()


def too_long() -> Unavailable:
    """Return the error of a question that has had its time."""
    return Unavailable("the search takes too long; ask for less", retry_after=5)


def _read(file: Path) -> str:
    """Return the password in a file, which is small and local."""
    try:
        return file.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise psycopg.OperationalError(f"cannot read {file}: {error.strerror}") from None


def _connecting(connect: Any) -> type[AsyncConnection]:
    """Return a class of connections that are made by ``connect``."""
    return type("Connection", (AsyncConnection,), {"connect": staticmethod(connect)})

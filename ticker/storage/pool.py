"""The connection pool: bounded, and left at once when its server no longer serves.

A reply that says "not I" (``replies.Reaction.RECONNECT``), or sentinels that name another primary,
close every connection of the pool: the next one is made to the server of now.
"""

from __future__ import annotations

import asyncio
import builtins
from collections.abc import Iterable
from itertools import chain
from typing import Any, TypeVar

from redis._parsers.hiredis import NOT_ENOUGH_DATA
from redis.asyncio import BlockingConnectionPool
from redis.asyncio.connection import AbstractConnection, SSLConnection
from redis.exceptions import (
    AuthenticationError,
    ConnectionError,
    ReadOnlyError,
    RedisError,
    ResponseError,
    TimeoutError,
)

from ticker.storage.address import TlsConnection
from ticker.storage.replies import Reaction, code_of, reaction
from ticker.telemetry.retrieved import retrieve

HANDSHAKE = 1.5
"""Seconds for a new connection to log in and to say what the server is. A server that accepts the
connection and then says nothing hangs."""
READ_SIZE = 65_536
"""Bytes that one read takes at most."""
_HELLO = b"*1\r\n$5\r\nHELLO\r\n"


class StoreConnection(AbstractConnection):
    """A mixin for redis-py's connections: cancellable, and the pool learns of every failure.

    redis-py sends through ``asyncio.wait_for``, which up to Python 3.11 swallows a cancellation
    that arrives as the sending ends (python/cpython#86296): the task goes on, and whoever waits for
    its end waits forever. This also saves the task that wait_for makes for every command.
    """

    __slots__ = ()

    pool: StorePool
    stale = False
    """Whether the server of this connection no longer serves."""
    _greeted: object = None
    _connecting: asyncio.Timeout | None = None
    _refusal: RedisError | None = None
    """What the server replied to this connection's login, if that ends all connections."""
    _late = False
    """Whether an exchange has taken too long."""

    @property
    def lost(self) -> bool:
        """Tell whether the connection cannot be used any more, without asking the peer."""
        return self.stale or self._reader is None or self._reader.at_eof()

    def cut(self) -> None:
        """End the connection at once: a task that waits for a reply gets a ConnectionError."""
        self.stale = True
        if self._writer is not None:
            self._writer.transport.abort()
        if self._connecting is not None:  # to a machine that drops packets it takes a second
            self._connecting.reschedule(0.0)
            self._connecting = None

    async def connect(self) -> None:
        """Connect. Raises ConnectionError, TimeoutError, or what the server replied."""
        if self.stale:
            await self.disconnect(nowait=True)
            self.stale = False
        try:
            async with asyncio.timeout(None) as self._connecting:
                await super().connect()  # type: ignore[no-untyped-call]
        except builtins.TimeoutError:  # this connection was cut, perhaps for its own login
            if self._refusal is not None:
                raise self._refusal from None
            raise ConnectionError("another server has taken over while connecting") from None
        except ConnectionError as error:
            if isinstance(error.__cause__, RedisError):  # wrapped where a socket is a unix one
                raise error.__cause__ from None
            raise
        finally:
            self._connecting = self._refusal = None

    async def on_connect(self) -> None:
        """Log in, and make sure that the server is the primary where one is needed."""
        if self._writer is not None:
            # asyncio keeps there how a connection has ended. Nobody waits for that, and a garbage
            # collection may find it before the stream's protocol, which retrieves it otherwise.
            closed = getattr(self._writer.transport.get_protocol(), "_closed", None)
            if isinstance(closed, asyncio.Future):
                closed.add_done_callback(retrieve)
        try:
            async with asyncio.timeout(HANDSHAKE):
                await super().on_connect()
                if self.pool.primary_only and self._greeted is not self._writer:
                    await self._refuse_replica()
                    self._greeted = self._writer  # for a unix socket this is called twice
        except builtins.TimeoutError:
            raise TimeoutError("the server accepts connections and does not answer") from None

    async def _refuse_replica(self) -> None:
        # HELLO may be sent by every user; ROLE and INFO need a permission.
        try:
            await self.send_packed_command([_HELLO], check_health=False)
            reply: Any = await self.read_response()
        except AuthenticationError:
            raise
        except ResponseError:
            return  # a proxy that does not know HELLO
        fields = dict(zip(reply[::2], reply[1::2], strict=True))
        if fields.get(b"role") in (b"replica", b"slave"):
            raise ReadOnlyError("the server at this address is a replica")

    async def send_packed_command(
        self, command: bytes | str | Iterable[bytes], check_health: bool = True
    ) -> None:
        """Send; raises ConnectionError or TimeoutError."""
        if not self.is_connected:
            await self.connect()
        if isinstance(command, str):
            command = command.encode()
        try:
            writer = self._writer
            if writer is None:
                raise ConnectionError("the connection was closed")
            writer.writelines([command] if isinstance(command, bytes) else command)
            if writer.transport.get_write_buffer_size():  # seldom: most commands are small
                async with asyncio.timeout(self.socket_timeout):
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

    async def exchange(
        self, commands: bytes, replies: int, within: float | None = None
    ) -> list[Any]:
        """Send packed ``commands`` in one piece; return their replies, errors among them.

        ``within`` is the seconds for all replies; without it each may take ``socket_timeout``.
        Raises ConnectionError, TimeoutError, and an error reply of a server that no longer serves;
        then the connection is closed. It does what ``send_packed_command`` and ``read_response``
        do, in a third of the calls: all items and readers wait for it.
        """
        await self.send_packed_command(commands)
        timer: asyncio.TimerHandle | None = None
        self._late = False
        found: list[Any] = []
        try:
            parser: Any = self._parser._reader  # type: ignore[attr-defined]  # hiredis' own
            limit = self.socket_timeout if within is None else within
            for _ in range(replies):
                reply = parser.gets()
                while reply is NOT_ENOUGH_DATA:
                    if timer is None and limit is not None:
                        timer = asyncio.get_running_loop().call_later(limit, self._end_late)
                    data = b"" if self._reader is None else await self._reader.read(READ_SIZE)
                    if not data:
                        raise self._ended()
                    parser.feed(data)
                    reply = parser.gets()
                if timer is not None and within is None:
                    timer.cancel()
                    timer = None
                # It loads, wants a login, or serves no more: no further reply is worth waiting for.
                if isinstance(reply, ConnectionError) or _ends_all(reply):
                    raise reply
                found.append(reply)
        except RedisError as error:
            await self.disconnect(nowait=True)
            self._notice(error)
            raise
        except OSError as error:
            await self.disconnect(nowait=True)
            failure = ConnectionError(f"error while reading: {error}")
            self._notice(failure)
            raise failure from error
        except BaseException:  # a reply may still be under way: nobody else may read it
            await self.disconnect(nowait=True)
            raise
        finally:
            if timer is not None:
                timer.cancel()
        return found

    def _end_late(self) -> None:
        self._late = True
        self.cut()  # also if the reply comes in this very turn: nobody may use what is aborted

    def _ended(self) -> RedisError:
        if self._late:
            return TimeoutError("timeout while reading")
        return ConnectionError("the server closed the connection")

    async def read_response(self, *args: Any, **options: Any) -> Any:
        """Return the next reply, and tell the pool of an error that concerns it."""
        try:
            return await super().read_response(*args, **options)
        except RedisError as error:
            self._notice(error)
            raise

    def _notice(self, error: RedisError) -> None:
        """Tell the pool of an error that concerns its other connections too."""
        if _ends_all(error):
            if self._connecting is not None:
                self._refusal = error
            self.pool.cut()
        elif code_of(error) is None and not isinstance(error, ResponseError):
            self.pool.drop_idle()  # they lead to the same server


def _ends_all(reply: object) -> bool:
    """Return whether the reply says that its server serves no more."""
    return isinstance(reply, RedisError) and reaction(reply) is Reaction.RECONNECT


class StorePool(BlockingConnectionPool):
    """A bounded pool: at the bound the next caller waits for a connection."""

    primary_only = True
    """Whether a connection to a replica is refused."""

    def make_connection(self) -> AbstractConnection:
        """Return a new connection that knows its pool."""
        connection = super().make_connection()  # type: ignore[no-untyped-call]
        connection.pool = self
        return connection  # type: ignore[no-any-return]

    def cut(self) -> None:
        """End all connections, those in use included: their server no longer serves."""
        for connection in chain(
            tuple(self._available_connections), tuple(self._in_use_connections)
        ):
            connection.cut()  # type: ignore[attr-defined]

    def drop_idle(self) -> None:
        """End the idle connections: one beside them has failed."""
        for connection in self._available_connections:
            connection.cut()  # type: ignore[attr-defined]

    async def ensure_connection(self, connection: AbstractConnection) -> None:
        """Connect, also anew if the connection was cut while it was idle."""
        if connection.is_connected and connection.lost:  # type: ignore[attr-defined]
            await connection.disconnect(nowait=True)
        await super().ensure_connection(connection)


P = TypeVar("P", bound=StorePool)


def with_store_connections(pool: P) -> P:
    """Return ``pool``, whose future connections are of its own class and ``StoreConnection``."""
    known = pool.connection_class
    plain_tls = issubclass(known, SSLConnection) and not issubclass(known, TlsConnection)
    tls = (TlsConnection,) if plain_tls else ()
    pool.connection_class = type(known.__name__, (StoreConnection, *tls, known), {})
    return pool
